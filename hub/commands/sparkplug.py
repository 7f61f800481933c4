"""Sparkplug B: an NCMD or DCMD with the metric by name, in the data type that the birth told (specification 3.0, 6.4).

QoS 0, as the specification wants it: `sent` then says only that the broker's socket took it.
"""

from collections.abc import Mapping

from hub.commands.command import Command
from hub.commands.wire import Control, Outgoing, Sending, Uncommandable
from hub.decoders.base import Knowledge
from hub.decoders.sparkplug_births import Births
from hub.decoders.sparkplug_metrics import BOOLEAN
from hub.decoders.sparkplug_wire import write_request
from hub.events import Scalar
from hub.topics import from_level

_INT64, _DOUBLE, _STRING = 4, 10, 12
_NODE_LEVELS, _DEVICE_LEVELS = 2, 3


class SparkplugWire:
    """A name is that of a metric, such as `Outputs/Relay 1` or `Node Control/Rebirth`."""

    def encode(self, command: Command, knowledge: Knowledge, *, now_ms: int) -> Sending:
        """See Wire."""
        name = from_level(command.device)
        levels = name.split("/")
        if len(levels) not in (_NODE_LEVELS, _DEVICE_LEVELS):
            raise Uncommandable("a host application takes no commands")
        value = command.value
        if not isinstance(value, bool | int | float | str):
            raise Uncommandable("the value of a metric is a number, a boolean or a text")
        birth = Births(knowledge.of("sparkplug_b")).of(name)
        told = birth["names"].get(command.name) if birth is not None else None
        try:
            payload = write_request(
                command.name, value, datatype=told[0] if told and told[0] else _type_of(value), now_ms=now_ms
            )
        except ValueError as error:
            raise Uncommandable(str(error)) from None
        group, node, *device = levels
        topic = "/".join(["spBv1.0", group, "DCMD" if device else "NCMD", node, *device])
        return Sending([Outgoing(topic, payload, qos=0)], {})

    def controls(self, data: Mapping[str, Scalar]) -> list[Control]:  # noqa: ARG002 - births do not tell either
        """None: nothing tells which metrics may be written."""
        return []


def _type_of(value: Scalar) -> int:
    return {bool: BOOLEAN, int: _INT64, float: _DOUBLE}.get(type(value), _STRING)
