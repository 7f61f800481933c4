"""Commands to devices: `/api/devices/{device}/commands` and `/api/commands` (docs/commands.md)."""

from collections import Counter
from collections.abc import Mapping
from typing import Annotated, Protocol

from fastapi import APIRouter, Path, Query, Response

from hub.api.answers import answer
from hub.api.command_models import (
    MAX_DEVICES,
    BulkOrder,
    BulkProgress,
    CommandEntry,
    CommandLife,
    CommandList,
    CommandOrder,
)
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
