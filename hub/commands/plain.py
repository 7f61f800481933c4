"""Devices of no convention: JSON on `devices/<id>/command`, answered on `devices/<id>/command/answer`.

The command has its `id` and the topic of the answer in it; an answer has the `id`, and `ok` or `error`.
"""

from collections.abc import Mapping

import orjson

from hub.commands.command import Command
from hub.commands.wire import Answer, Control, Outgoing, Sending, members
from hub.decoders.base import Knowledge
from hub.events import Scalar
from hub.topics import from_level


class PlainWire:
    """Name and value are the device's own."""

    def encode(self, command: Command, knowledge: Knowledge, *, now_ms: int) -> Sending:  # noqa: ARG002 - topics are fixed
        """See Wire."""
        topic = f"devices/{from_level(command.device)}/command"
        answer_topic = f"{topic}/answer"
        asked = {"id": command.id, "name": command.name, "value": command.value, "answer": answer_topic}

        def read(payload: bytes) -> Answer | None:
            found = members(payload)
            if found.get("id") != command.id:
                return None
            ok = found.get("ok", "error" not in found) is True
            return Answer(ok=ok, said={name: said for name, said in found.items() if name != "id"})

        return Sending([Outgoing(topic, orjson.dumps(asked))], {answer_topic: read})

    def controls(self, data: Mapping[str, Scalar]) -> list[Control]:  # noqa: ARG002 - names are the device's own
        """None: names are the device's own."""
        return []
