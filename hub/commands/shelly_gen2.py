"""Shelly, second generation and later: JSON-RPC on `<prefix>/rpc`, answered on `<src>/rpc` with the same id."""

import re
from collections.abc import Mapping
from typing import Any

import orjson

from hub.commands.command import Command
from hub.commands.wire import Answer, Control, Outgoing, Sending, Uncommandable, members
from hub.decoders.base import Knowledge
from hub.events import Scalar
from hub.topics import from_level

SOURCE = "hub"
"""Who calls, as devices see it; answers come on `hub/rpc`."""
_COMPONENT = re.compile(r"(switch|light|cover):(\d+)(?:\.[a-z_]+)?")
_OUTPUT = re.compile(r"((?:switch|light):\d+)\.output")
_MOVES = {"open": "Cover.Open", "close": "Cover.Close", "stop": "Cover.Stop"}


class ShellyGen2Wire:
    """A name is a method (`Switch.Set`, the value its parameters) or a component (`switch:0`, `cover:0`)."""

    def encode(self, command: Command, knowledge: Knowledge, *, now_ms: int) -> Sending:  # noqa: ARG002 - no clock
        """See Wire."""
        method, params = _call(command.name, command.value)
        call: dict[str, Any] = {"id": command.id, "src": SOURCE, "method": method}
        if params is not None:
            call["params"] = params

        def read(payload: bytes) -> Answer | None:
            found = members(payload)
            if found.get("id") != command.id:
                return None
            refused = "error" in found
            return Answer(ok=not refused, said=found["error"] if refused else found.get("result"))

        topic = f"{from_level(command.device)}/rpc"
        return Sending([Outgoing(topic, orjson.dumps(call))], {f"{SOURCE}/rpc": read})

    def controls(self, data: Mapping[str, Scalar]) -> list[Control]:
        """Switches and lights."""
        return [Control(found[1], key, "switch") for key in data if (found := _OUTPUT.fullmatch(key))]


def _call(name: str, value: Any) -> tuple[str, Any]:
    found = _COMPONENT.fullmatch(name)
    if found is None:
        if value is not None and not isinstance(value, dict):
            raise Uncommandable(f"the parameters of {name[:40]!r} are an object")
        return name, value
    kind, number = found[1], int(found[2])
    if isinstance(value, dict):
        params = {"id": number, **value}
        return ("Cover.GoToPosition" if kind == "cover" else f"{kind.capitalize()}.Set"), params
    if kind == "cover":
        return _move(number, value)
    if value == "toggle":
        return f"{kind.capitalize()}.Toggle", {"id": number}
    if kind == "light" and isinstance(value, int | float) and not isinstance(value, bool):
        return "Light.Set", {"id": number, "on": value > 0, "brightness": value}
    on = {"on": True, "off": False}.get(str(value).lower(), value)
    if not isinstance(on, bool):
        raise Uncommandable(f"{kind}:{number} takes true, false or toggle")
    return f"{kind.capitalize()}.Set", {"id": number, "on": on}


def _move(number: int, value: object) -> tuple[str, Any]:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return "Cover.GoToPosition", {"id": number, "pos": value}
    method = _MOVES.get(str(value).lower())
    if method is None:
        raise Uncommandable("a cover takes open, close, stop or a position")
    return method, {"id": number}
