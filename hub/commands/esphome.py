"""ESPHome: text (JSON for lights) on `<prefix>/<component>/<object>/command`; the state topic shows the effect."""

from collections.abc import Mapping

from hub.commands.command import Command
from hub.commands.homeassistant import command_topics
from hub.commands.wire import Control, Outgoing, Sending, Uncommandable, level, text
from hub.decoders.base import Knowledge
from hub.events import Scalar
from hub.topics import from_level


class EspHomeWire:
    """A name is `<component>/<object>`, as in `switch/relay`; an object alone where discovery tells its component."""

    def encode(self, command: Command, knowledge: Knowledge, *, now_ms: int) -> Sending:  # noqa: ARG002 - no clock
        """See Wire."""
        name = level(command.name)
        topic = f"{from_level(command.device)}/{name}/command"
        if "/" not in name:
            end = f"/{name}/command"
            found = next((each for each in command_topics(command.device, knowledge) if each.endswith(end)), None)
            if found is None:
                raise Uncommandable(f"name it with its component, as in switch/{name}")
            topic = found
        return Sending([Outgoing(topic, text(command.value))], {})

    def controls(self, data: Mapping[str, Scalar]) -> list[Control]:  # noqa: ARG002 - keys do not tell the component
        """None: a key does not tell its component."""
        return []
