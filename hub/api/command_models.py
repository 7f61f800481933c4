"""Commands as the API takes and tells them (docs/commands.md)."""

from typing import Any

from pydantic import BaseModel, Field

from hub.api.answers import example

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
    twin: str | None = None
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
