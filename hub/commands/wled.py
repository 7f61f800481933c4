"""WLED: brightness and ON, OFF, T (toggle) on `wled/<id>`, a colour on `…/col`, members of its JSON API on `…/api`.

It has no answer: `g` (brightness, 0 when off) and `c` (colour) show the effect.
"""

from collections.abc import Mapping
from typing import Any

import orjson

from hub.commands.command import Command
from hub.commands.wire import Control, Outgoing, Sending, text
from hub.decoders.base import Knowledge
from hub.events import Scalar
from hub.topics import from_level

_POWER = frozenset(("power", "state", "brightness", "g"))
_COLOR = frozenset(("color", "c", "col"))


class WledWire:
    """`power`, `brightness`, `color` (keys `g` and `c`); `api` with a call; other names are members of the API."""

    def encode(self, command: Command, knowledge: Knowledge, *, now_ms: int) -> Sending:  # noqa: ARG002 - topics are fixed
        """See Wire."""
        root, name, value = f"wled/{from_level(command.device)}", command.name, command.value
        if name in _POWER and not isinstance(value, dict):
            return Sending([Outgoing(root, _power(value))], {})
        if name in _COLOR:
            return Sending([Outgoing(f"{root}/col", text(value))], {})
        if name == "api" or isinstance(value, dict):
            call: Any = value if name == "api" or name in _POWER else {name: value}
            return Sending([Outgoing(f"{root}/api", text(call))], {})
        return Sending([Outgoing(f"{root}/api", orjson.dumps({name: value}))], {})

    def controls(self, data: Mapping[str, Scalar]) -> list[Control]:
        """Brightness."""
        return [Control("brightness", "g", "number")] if "g" in data else []


def _power(value: Any) -> bytes:
    if isinstance(value, str):
        return {"on": b"ON", "off": b"OFF", "toggle": b"T"}.get(value.lower(), value.encode("utf-8", "replace"))
    return text(value)
