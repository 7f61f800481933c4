"""Devices of no convention: JSON on `devices/<id>/command`, answered on `devices/<id>/command/answer`.

The command has its `id` and the topic of the answer in it; an answer has the `id`, and `ok` or `error`. A device of
MQTT 5 has the same topic as response topic: what it says there with the correlation data needs no `id`.
"""

from collections.abc import Mapping
from typing import Any

import orjson

from hub.commands.command import Command
from hub.commands.wire import Answer, Control, Outgoing, Response, Sending, members
from hub.decoders.base import Knowledge
from hub.events import Scalar
from hub.topics import from_level

MAX_TEXT_BYTES = 1000
"""Of an answer that is no JSON object so much is kept."""


class PlainWire:
    """Name and value are the device's own."""

    def encode(self, command: Command, knowledge: Knowledge, *, now_ms: int) -> Sending:  # noqa: ARG002 - topics are fixed
        """See Wire."""
        topic = f"devices/{from_level(command.device)}/command"
        answer_topic = f"{topic}/answer"
        asked = {"id": command.id, "name": command.name, "value": command.value, "answer": answer_topic}

        def read(payload: bytes) -> Answer | None:
            found = members(payload)
            return _answer(found) if found.get("id") == command.id else None

        response = Response(answer_topic, command.id.encode(), _respond)
        return Sending([Outgoing(topic, orjson.dumps(asked))], {answer_topic: read}, response)

    def controls(self, data: Mapping[str, Scalar]) -> list[Control]:  # noqa: ARG002 - names are the device's own
        """None: names are the device's own."""
        return []


def _answer(found: Mapping[str, Any]) -> Answer:
    ok = found.get("ok", "error" not in found) is True
    return Answer(ok=ok, said={name: said for name, said in found.items() if name != "id"})


def _respond(payload: bytes) -> Answer:
    """Any payload answers: of JSON objects `ok` or `error` counts, another is what the device has to say."""
    found = members(payload)
    return _answer(found) if found else Answer(ok=True, said=payload[:MAX_TEXT_BYTES].decode("utf-8", "replace"))
