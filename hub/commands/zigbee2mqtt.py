"""Zigbee2MQTT: JSON on `<base>/<friendly name>/set`. It has no answer: the device's next state shows the effect."""

from collections.abc import Mapping
from typing import cast

import orjson

from hub.commands.command import Command
from hub.commands.wire import Control, Outgoing, Sending
from hub.decoders.base import Knowledge
from hub.decoders.zigbee2mqtt_network import DEFAULT_BASE, Networks
from hub.events import Scalar
from hub.topics import from_level

_NUMBERS = ("brightness", "color_temp", "position", "occupied_heating_setpoint")


class Zigbee2MqttWire:
    """A name is an attribute, `state`; with the name `set` the value is the whole object."""

    def encode(self, command: Command, knowledge: Knowledge, *, now_ms: int) -> Sending:  # noqa: ARG002 - no clock
        """See Wire."""
        value = command.value
        if isinstance(value, bool) and command.name.partition("_")[0] == "state":
            value = "ON" if value else "OFF"
        asked = value if command.name == "set" else {command.name: value}
        name = from_level(command.device)
        topic = f"{_base(name, knowledge.of('zigbee2mqtt'))}/{name}/set"
        return Sending([Outgoing(topic, orjson.dumps(asked))], {})

    def controls(self, data: Mapping[str, Scalar]) -> list[Control]:
        """Switches, and the numbers that all converters take by the same name."""
        found = [
            Control(key, key, "switch", on="ON", off="OFF")
            for key, value in data.items()
            if key.partition("_")[0] == "state" and value in ("ON", "OFF")
        ]
        return found + [Control(key, key, "number") for key in data if key in _NUMBERS]


def _base(name: str, knowledge: dict[str, object]) -> str:
    networks = Networks(knowledge)
    bases = cast("dict[str, object]", knowledge["bases"])
    return next((base for base in bases if networks.network(base).knows(name)), DEFAULT_BASE)
