"""Commands to devices: `/api/devices/{device}/commands` and `/api/commands` (docs/commands.md)."""

from collections import Counter
from collections.abc import Mapping
from typing import Annotated, Any, Protocol

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, Field

from hub.api.answers import answer, example
from hub.api.deps import Asking, Here, LatestEvents, Where
from hub.auth import Identity, may, sees
from hub.commanding import Commands
from hub.commands import controls
from hub.commands.command import PREFIX, Command
from hub.commands.request import Decision
from hub.errors import (
    CONFLICT,
    INVALID_DATA,
    LIMIT_EXCEEDED,
    NOT_FOUND,
    PERMISSION_DENIED,
    TOO_MANY_REQUESTS,
    HubError,
    PermissionDenied,
)
from hub.events import decode_event
from hub.refusals import refusals
from hub.registry import record_of

DEFAULT_LIMIT = 50
MAX_LIMIT = 500
MAX_DEVICES = 1_000
"""Devices of one bulk."""
MAX_RATE = 100.0
DEFAULT_RATE = 10.0

_EXPECT = {"key": "POWER", "op": "eq", "value": "ON", "within_s": 5}
_ENTRY = {
    "id": "0m3k9x2pq1a7c",
    "device": "plug1",
    "state": "observed",
    "name": "POWER",
    "value": "ON",
    "by": "anna",
    "created": 1_732_412_345_123,
    "expires": 1_732_412_645_123,
    "version": 5,
    "time": 1_732_412_345_310,
    "sent": 1_732_412_345_130,
    "expect": _EXPECT,
    "evidence": {
        "sent": {"topic": "cmnd/plug1/POWER", "qos": 1},
        "answered": {"POWER": "ON"},
        "observed": {"position": "k3v9-1042", "time": 1_732_412_345_300, "key": "POWER", "value": "ON"},
    },
}
_CONTROL = {"name": "POWER", "key": "POWER", "kind": "switch", "on": "ON", "off": "OFF"}


class CommandOrder(BaseModel):
    """A command to give; its members are those of `command/<device>` in docs/commands.md."""

    model_config = example(name="POWER", value="ON", expect=_EXPECT)

    name: str
    value: Any = None
    expect: dict[str, Any] | None = None
    expires_s: float | None = None
    at: int | None = Field(None, description="when (ms since the epoch), if not now")
    idempotent: bool | None = None

    def asked(self) -> dict[str, Any]:
        """The members that were given, as they are asked for on `command/<device>`."""
        return {name: getattr(self, name) for name in CommandOrder.model_fields if name in self.model_fields_set}


class BulkOrder(CommandOrder):
    """A command to give to several devices: those that are named, and those with a tag."""

    model_config = example(tag="lights", name="POWER", value="OFF", rate=20)

    devices: list[str] = Field(default_factory=list, max_length=MAX_DEVICES)
    tag: str | None = None
    rate: float = Field(DEFAULT_RATE, gt=0, le=MAX_RATE, description="devices a second")


class CommandEntry(BaseModel):
    """A command as its last step tells it; times in ms since the epoch."""

    model_config = example(**_ENTRY)

    id: str
    device: str
    state: str
    name: str
    value: Any = None
    by: str
    created: int
    expires: int
    version: int
    time: int
    at: int | None = None
    sent: int | None = None
    expect: dict[str, Any] | None = None
    idempotent: bool | None = None
    approved_by: str | None = None
    bulk: str | None = None
    runner: str | None = None
    since: str | None = None
    reason: str | None = None
    evidence: dict[str, Any] | None = None


class CommandControl(BaseModel):
    """Something of the device that can be set: the command's name, and the key that then shows it."""

    model_config = example(**_CONTROL)

    name: str
    key: str
    kind: str
    on: Any = None
    off: Any = None


class CommandList(BaseModel):
    """Commands of a device, newest first; `next` is what to give as `before` for those of earlier."""

    model_config = example(commands=[_ENTRY], next="0m3k9x2pq1a7c", controls=[_CONTROL])

    commands: list[CommandEntry]
    next: str | None
    controls: list[CommandControl]


class CommandLife(BaseModel):
    """A command and the events of its steps, as far as they are recorded."""

    model_config = example(
        command=_ENTRY,
        steps=[{"topic": "command/plug1/0m3k9x2pq1a7c", "time": 1_732_412_345_310, "data": _ENTRY}],
    )

    command: CommandEntry
    steps: list[dict[str, Any]]


class BulkProgress(BaseModel):
    """How far a command to several devices has come: how many of its commands are in which state."""

    model_config = example(bulk="0m3k9x2pq1a7d", total=2, states={"observed": 1, "queued": 1}, commands=[_ENTRY])

    bulk: str
    total: int
    states: dict[str, int]
    commands: list[CommandEntry]


Device = Annotated[str, Path(description="The device's id.", examples=["plug1"])]
CommandId = Annotated[str, Path(description="The command's id.", examples=["0m3k9x2pq1a7c"])]


class Readable(Protocol):
    """A node, as far as its latest events go."""

    @property
    def latest(self) -> LatestEvents:
        """The latest event of each topic."""
        ...


def router(commands: Commands) -> APIRouter:
    """The routes below the API's prefix."""
    routes = APIRouter(tags=["commands"])
    _of_device(routes, commands)
    _of_all(routes, commands)
    _of_one(routes, commands)
    return routes


def _of_device(routes: APIRouter, commands: Commands) -> None:
    @routes.post(
        "/devices/{device}/commands",
        status_code=202,
        response_model=CommandEntry,
        summary="Give a command to a device",
        responses=refusals(INVALID_DATA, NOT_FOUND, PERMISSION_DENIED, LIMIT_EXCEEDED, TOO_MANY_REQUESTS),
    )
    async def give_command(
        device: Device, order: CommandOrder, *, here: Here, asking: Asking, where: Where
    ) -> Response:
        """Put a command on the log; its steps are events on `command/<device>/<id>`."""
        here.node.permit(asking, PREFIX + device, address=where)
        return answer((await commands.order(asking, device, order.asked())).shown(), status=202)

    @routes.get(
        "/devices/{device}/commands",
        response_model=CommandList,
        summary="List the commands of a device",
        responses=refusals(NOT_FOUND),
    )
    async def list_commands(
        device: Device,
        here: Here,
        asking: Asking,
        *,
        before: Annotated[str | None, Query(description="`next` of the answer before")] = None,
        limit: Annotated[int, Query(ge=1, le=MAX_LIMIT, description="commands in one answer")] = DEFAULT_LIMIT,
    ) -> Response:
        """Commands of a device, newest first, and what of it can be set."""
        _expect_seen(asking, device)
        found = await commands.of_device(device, before=before, limit=limit + 1)
        page = [command.shown() for command in found[:limit]]
        more = page[-1]["id"] if len(found) > limit else None
        return answer({"commands": page, "next": more, "controls": _controls(device, here.node)})


def _of_all(routes: APIRouter, commands: Commands) -> None:
    @routes.post(
        "/commands",
        status_code=202,
        response_model=BulkProgress,
        summary="Give a command to several devices",
        responses=refusals(INVALID_DATA, NOT_FOUND, PERMISSION_DENIED, LIMIT_EXCEEDED, TOO_MANY_REQUESTS),
    )
    async def give_commands(order: BulkOrder, here: Here, asking: Asking, where: Where) -> Response:
        """Give one command to each device, so many a second; one that may not be commanded refuses them all."""
        devices = dict.fromkeys([*order.devices, *_tagged(order.tag, here.node)])
        if not 0 < len(devices) <= MAX_DEVICES:
            raise HubError(f"{len(devices)} devices are meant; 1 to {MAX_DEVICES} may be.", code=INVALID_DATA)
        for number, device in enumerate(devices):
            # Counted as one thing that somebody does, and allowed for each device.
            _expect_allowed(asking, device) if number else here.node.permit(asking, PREFIX + device, address=where)
        given = await commands.order_all(asking, list(devices), order.asked(), rate=order.rate)
        return answer(_progress(given[0].bulk, given), status=202)

    @routes.get(
        "/commands", response_model=BulkProgress, summary="Read the progress of a bulk", responses=refusals(NOT_FOUND)
    )
    async def read_bulk(
        asking: Asking, bulk: Annotated[str, Query(description="its id", examples=["0m3k9x2pq1a7d"])]
    ) -> Response:
        """The commands that were given together, and how many of them are in which state."""
        found = [each for each in commands.of_bulk(bulk) if sees(asking.view, each.topic)]
        if not found:
            raise HubError(f"There is no bulk {bulk[:40]!r}.", code=NOT_FOUND)
        return answer(_progress(bulk, found))


def _of_one(routes: APIRouter, commands: Commands) -> None:
    @routes.get(
        "/commands/{command_id}",
        response_model=CommandLife,
        summary="Read a command",
        responses=refusals(NOT_FOUND),
    )
    async def read_command(command_id: CommandId, asking: Asking) -> Response:
        """A command with its steps."""
        command = await commands.find(command_id)
        _expect_seen(asking, command.device)
        return answer({"command": command.shown(), "steps": await commands.steps_of(command)})

    async def decide(command_id: str, here: Here, asking: Identity, where: str, *, approved: bool) -> Response:
        device = (await commands.find(command_id)).device
        here.node.permit(asking, PREFIX + device, address=where)
        command, _ = await commands.decide(asking, Decision(command_id, approved=approved), device=device)
        return answer(command.shown())

    refused = refusals(NOT_FOUND, CONFLICT, PERMISSION_DENIED, TOO_MANY_REQUESTS)

    @routes.post(
        "/commands/{command_id}/approve", response_model=CommandEntry, summary="Approve a command", responses=refused
    )
    async def approve_command(command_id: CommandId, here: Here, asking: Asking, where: Where) -> Response:
        """Let a command that waits for a second person be sent."""
        return await decide(command_id, here, asking, where, approved=True)

    @routes.post(
        "/commands/{command_id}/refuse", response_model=CommandEntry, summary="Refuse a command", responses=refused
    )
    async def refuse_command(command_id: CommandId, here: Here, asking: Asking, where: Where) -> Response:
        """Take a command back that is not sent yet."""
        return await decide(command_id, here, asking, where, approved=False)


def _progress(bulk: str, found: list[Command]) -> Mapping[str, object]:
    states = Counter(command.state.value for command in found)
    return {"bulk": bulk, "total": len(found), "states": states, "commands": [each.shown() for each in found]}


def _expect_seen(asking: Identity, device: str) -> None:
    if not sees(asking.view, f"{PREFIX}{device}/command"):
        raise HubError(f"There is no device {device!r}.", code=NOT_FOUND)


def _expect_allowed(asking: Identity, device: str) -> None:
    if not may(asking, "publish", PREFIX + device):
        raise PermissionDenied(f"You may not command {device!r}.")


def _tagged(tag: str | None, node: Readable) -> list[str]:
    if tag is None:
        return []
    pieces = [piece for piece in node.latest.snapshot(["registry/+"]) if tag in record_of(piece).tags]
    return sorted(str(decode_event(piece)["topic"]).removeprefix("registry/") for piece in pieces)


def _controls(device: str, node: Readable) -> list[dict[str, object]]:
    told, telemetry = (node.latest.get(f"{root}/{device}") for root in ("device", "telemetry"))
    family = {} if told is None else decode_event(told)["data"]
    data = {} if telemetry is None else decode_event(telemetry)["data"]
    if not isinstance(family, dict) or not isinstance(data, dict):
        return []
    return [control.shown() for control in controls(str(family.get("family", "")), data)]
