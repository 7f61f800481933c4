"""OpenMQTTGateway: JSON on `<base>/<gateway>/commands/MQTTto<module>[/config]`; its messages show the effect.

`MQTTto433`, `MQTTtoIR` and so on send by radio; `MQTTtoBT/config` and `MQTTtoSYS/config` set and ask the gateway.
"""

from collections.abc import Mapping
from typing import cast

import orjson

from hub.commands.command import Command
from hub.commands.wire import Control, Outgoing, Sending, Uncommandable, level
from hub.decoders.base import Knowledge
from hub.events import Scalar
from hub.topics import from_level

_MODULE = "MQTTto"


class OpenMqttGatewayWire:
    """A name is `MQTTto433` or, shorter, `433`; with `/config` for the module's settings. The value is an object."""

    def encode(self, command: Command, knowledge: Knowledge, *, now_ms: int) -> Sending:  # noqa: ARG002 - no clock
        """See Wire. Only gateways are told anything; which ones there are, their messages have told."""
        gateways = cast("dict[str, int]", knowledge.of("openmqttgateway").get("gateways", {}))
        name = from_level(command.device)
        gateway = next((path for path in gateways if path.rpartition("/")[2] == name), None)
        if gateway is None:
            raise Uncommandable("a gateway hears it, and nobody can talk to it; command the gateway")
        if not isinstance(command.value, dict):
            raise Uncommandable("the value is an object")
        module = level(command.name)
        topic = f"{gateway}/commands/{module if module.startswith(_MODULE) else _MODULE + module}"
        return Sending([Outgoing(topic, orjson.dumps(command.value))], {})

    def controls(self, data: Mapping[str, Scalar]) -> list[Control]:  # noqa: ARG002 - modules have their own
        """None: what a gateway takes its modules know."""
        return []
