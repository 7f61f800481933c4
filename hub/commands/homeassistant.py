"""Home Assistant's discovery: the `command_topic` that a device has declared for an entity, whoever's device it is."""

from collections.abc import Iterator, Mapping
from typing import cast

from hub.commands.command import Command
from hub.commands.wire import Control, Outgoing, Sending, Uncommandable, text
from hub.decoders.base import Knowledge
from hub.decoders.declared import FAMILY, Config
from hub.events import Scalar


class HomeAssistantWire:
    """A name is the key of the entity's state, or the command topic itself; one that is declared alone needs neither.

    True and false are sent as ON and OFF, the convention's defaults; devices with other words are told them as text.
    """

    def encode(self, command: Command, knowledge: Knowledge, *, now_ms: int) -> Sending:  # noqa: ARG002 - no clock
        """See Wire."""
        configs = list(_configs(command.device, knowledge))
        topics = [topic for config in configs for topic in config["commands"]]
        if command.name in topics:
            return _sending(command.name, command)
        named = [config["commands"][0] for config in configs if command.name in _keys(config)]
        found = list(dict.fromkeys(named or topics))
        if len(found) != 1:
            told = ", ".join(sorted(found)[:5]) or "no command topic"
            raise Uncommandable(f"{command.name[:40]!r} is no entity that takes commands; it has declared {told}")
        return _sending(found[0], command)

    def controls(self, data: Mapping[str, Scalar]) -> list[Control]:  # noqa: ARG002 - discovery tells, not telemetry
        """None: only discovery tells what can be set."""
        return []


def command_topics(device: str, knowledge: Knowledge) -> list[str]:
    """The command topics that discovery has declared for a device."""
    return [topic for config in _configs(device, knowledge) for topic in config["commands"]]


def _configs(device: str, knowledge: Knowledge) -> Iterator[Config]:
    configs = cast("dict[str, Config]", knowledge.of(FAMILY).get("configs", {}))
    return (config for config in configs.values() if config["device"] == device and config["commands"])


def _keys(config: Config) -> set[str]:
    return {name for state in config["states"] for name in (state["key"], state["name"]) if name}


def _sending(topic: str, command: Command) -> Sending:
    return Sending([Outgoing(topic, text(command.value))], {})
