"""ESPHome: text (JSON for lights) on `<prefix>/<component>/<object>/command`; the state topic shows the effect."""

from collections.abc import Mapping

from hub.commands.command import Command
from hub.commands.homeassistant import declared_sending, declared_setters
from hub.commands.wire import Control, Outgoing, Sending, Uncommandable, level, text
from hub.decoders.base import Knowledge
from hub.events import Scalar
from hub.topics import from_level


class EspHomeWire:
    """A name is `<component>/<object>`, as in `switch/relay`; an object alone where discovery tells its component."""

    def encode(self, command: Command, knowledge: Knowledge, *, now_ms: int) -> Sending:  # noqa: ARG002 - no clock
        """See Wire."""
        name = level(command.name)
        if "/" in name:
            return Sending([Outgoing(f"{from_level(command.device)}/{name}/command", text(command.value))], {})
        end = f"/{name}/command"
        declared = declared_setters(command.device, knowledge)
        found = next((each for each in declared if each["topic"].endswith(end)), None)
        if found is None:
            raise Uncommandable(f"name it with its component, as in switch/{name}")
        return declared_sending(found, command)

    def controls(self, data: Mapping[str, Scalar]) -> list[Control]:  # noqa: ARG002 - keys do not tell the component
        """None: a key does not tell its component."""
        return []
