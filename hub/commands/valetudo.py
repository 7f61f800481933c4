"""Valetudo: text on `valetudo/<id>/<Capability>/<property>/set`; the property's own topic shows the effect.

Commands without a value (`LocateCapability/locate`) take the word PERFORM. Versions of before 2021 have `command`,
`set_fan_speed` and `custom_command` instead.
"""

from collections.abc import Mapping

from hub.commands.command import Command
from hub.commands.wire import Control, Outgoing, Sending, level, text
from hub.decoders.base import Knowledge
from hub.events import Scalar
from hub.topics import from_level

_PERFORM = b"PERFORM"
_SWITCHES = "Capability.enabled"


class ValetudoWire:
    """A name is `<Capability>/<property>` or the key `<Capability>.<property>`; of old versions the last level."""

    def encode(self, command: Command, knowledge: Knowledge, *, now_ms: int) -> Sending:  # noqa: ARG002 - topics are fixed
        """See Wire."""
        name, value = level(command.name), command.value
        path = name if "/" in name else name.replace(".", "/")
        topic = f"valetudo/{from_level(command.device)}/{path}{'/set' if '/' in path else ''}"
        return Sending([Outgoing(topic, _PERFORM if value is None else text(value))], {})

    def controls(self, data: Mapping[str, Scalar]) -> list[Control]:
        """What can be enabled."""
        return [
            Control(key.replace(".", "/"), key, "switch", on="ON", off="OFF") for key in data if key.endswith(_SWITCHES)
        ]
