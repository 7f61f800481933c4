"""Homie: text on `<base>/<device>/<node>/<property>/set`, not retained; the property's own topic shows the effect."""

from collections.abc import Mapping

from hub.commands.command import Command
from hub.commands.wire import Control, Outgoing, Sending, Uncommandable, level, text
from hub.decoders.base import Knowledge
from hub.decoders.homie import DEFAULT_BASE
from hub.events import Scalar
from hub.topics import from_level

_PROPERTY_LEVELS = 2


class HomieWire:
    """A name is `<node>/<property>` or the key `<node>.<property>`; `version` 5 has its number in the topic."""

    def __init__(self, version: int) -> None:
        self._version = version

    def encode(self, command: Command, knowledge: Knowledge, *, now_ms: int) -> Sending:  # noqa: ARG002 - topics are fixed
        """See Wire. The base is `homie`: which other one a device is below is not kept."""
        path = level(command.name if "/" in command.name else command.name.replace(".", "/", 1))
        if path.count("/") != _PROPERTY_LEVELS - 1:
            raise Uncommandable("name it by node and property, as in relay/power")
        base = f"{DEFAULT_BASE}/5" if self._version == 5 else DEFAULT_BASE  # noqa: PLR2004 - the convention's number
        topic = f"{base}/{from_level(command.device)}/{path}/set"
        return Sending([Outgoing(topic, text(command.value, true="true", false="false"))], {})

    def controls(self, data: Mapping[str, Scalar]) -> list[Control]:  # noqa: ARG002 - only $settable tells
        """None: telemetry does not tell what is settable."""
        return []
