"""Shelly, first generation: `shellies/<id>/relay/0/command` with a word, `…/light/0/set` with JSON.

There is no answer: the device publishes the relay's state, which shows the effect.
"""

import re
from collections.abc import Mapping

from hub.commands.command import Command
from hub.commands.wire import Control, Outgoing, Sending, level, text
from hub.decoders.base import Knowledge
from hub.events import Scalar
from hub.topics import from_level

_RELAY = re.compile(r"relay\.(\d+)")


class ShellyGen1Wire:
    """Names are parts of the device: `relay/0`, `light/0`, `roller/0`; `announce` and `update` are its own words."""

    def encode(self, command: Command, knowledge: Knowledge, *, now_ms: int) -> Sending:  # noqa: ARG002 - topics are fixed
        """See Wire."""
        root = f"shellies/{from_level(command.device)}"
        part, value = level(command.name), command.value
        if "/" not in part:
            return Sending([Outgoing(f"{root}/command", part.encode())], {})
        if isinstance(value, dict):
            topic = f"{root}/{part}/set"
        elif part.startswith("roller/") and isinstance(value, int | float) and not isinstance(value, bool):
            topic = f"{root}/{part}/command/pos"
        else:
            topic = f"{root}/{part}/command"
        return Sending([Outgoing(topic, text(value, true="on", false="off"))], {})

    def controls(self, data: Mapping[str, Scalar]) -> list[Control]:
        """Relays."""
        numbers = (found[1] for key in data if (found := _RELAY.fullmatch(key)))
        return [Control(f"relay/{number}", f"relay.{number}", "switch", on="on", off="off") for number in numbers]
