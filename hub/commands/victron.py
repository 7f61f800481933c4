"""Victron Venus OS: `W/<portal>/<service>/<instance>/<path>` `{"value":…}`, never retained; `N/…` shows the effect."""

from collections.abc import Mapping

import orjson

from hub.commands.command import Command
from hub.commands.wire import Control, Outgoing, Sending, Uncommandable, level
from hub.decoders.base import Knowledge
from hub.events import Scalar
from hub.topics import from_level

_LEAST_LEVELS = 3


class VictronWire:
    """A name is `<service>/<instance>/<path>`, as in `vebus/257/Hub4/L1/AcPowerSetpoint`, or the key with its dots."""

    def encode(self, command: Command, knowledge: Knowledge, *, now_ms: int) -> Sending:  # noqa: ARG002 - topics are fixed
        """See Wire."""
        path = level(command.name if "/" in command.name else command.name.replace(".", "/"))
        if path.count("/") < _LEAST_LEVELS - 1:
            raise Uncommandable("name it by service, instance and path, as in vebus/257/Mode")
        topic = f"W/{from_level(command.device)}/{path}"
        return Sending([Outgoing(topic, orjson.dumps({"value": command.value}))], {})

    def controls(self, data: Mapping[str, Scalar]) -> list[Control]:  # noqa: ARG002 - paths do not tell what is writable
        """None: paths do not tell what is writable."""
        return []
