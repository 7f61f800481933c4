"""ThingsBoard's gateway API: a call on `v1/gateway/rpc`, answered there with the same id.

The device API names no device: there the connection is the device, so nothing can be addressed to one.
"""

from collections.abc import Mapping

import orjson

from hub.commands.command import Command
from hub.commands.wire import Answer, Control, Outgoing, Sending, members
from hub.decoders.base import Knowledge
from hub.events import Scalar
from hub.topics import from_level

TOPIC = "v1/gateway/rpc"


class ThingsBoardWire:
    """A name is a method, the value its parameters."""

    def encode(self, command: Command, knowledge: Knowledge, *, now_ms: int) -> Sending:  # noqa: ARG002 - topics are fixed
        """See Wire."""
        name, number = from_level(command.device), int(command.id, 36) % 2**31
        params = {} if command.value is None else command.value
        call = {"device": name, "data": {"id": number, "method": command.name, "params": params}}

        def read(payload: bytes) -> Answer | None:
            found = members(payload)
            data = found.get("data")
            if found.get("device") != name or found.get("id") != number:
                # The call itself comes by on the same topic; its id is inside of `data`.
                return None
            refused = isinstance(data, dict) and (data.get("success") is False or "error" in data)
            return Answer(ok=not refused, said=data)

        return Sending([Outgoing(TOPIC, orjson.dumps(call))], {TOPIC: read})

    def controls(self, data: Mapping[str, Scalar]) -> list[Control]:  # noqa: ARG002 - methods are the device's own
        """None: methods are the device's own."""
        return []
