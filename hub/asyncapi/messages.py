"""Messages of the document: a schema, a title, and the golden frames as examples."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hub.asyncapi.client_frames import CLIENT_FRAMES
from hub.asyncapi.devices import DEVICE_CHANNELS
from hub.asyncapi.schema import Schema, ref
from hub.asyncapi.server_frames import REPLIES, SERVER_FRAMES
from hub.errors import CLOSE_INVALID_TOKEN, CLOSE_SHUTDOWN
from hub.protocol import close

ANY_DEVICE = "anyDevice"

Golden = Sequence[Mapping[str, Any]]
"""The cases of tests/golden/frames.json."""


def frame_schema(message: str) -> str:
    """What the schema of a message is called in the document."""
    return f"{message[0].upper()}{message[1:]}Frame"


def frames() -> dict[str, Schema]:
    """Every frame of the protocol, by the name of its message."""
    replies = {reply_to(verb): schema for verb, schema in REPLIES.items()}
    return {**CLIENT_FRAMES, **replies, **SENT}


def reply_to(verb: str) -> str:
    """The name of the message that answers a verb."""
    return f"{verb}Reply"


SENT = {("typingNotice" if kind == "typing" else kind): schema for kind, schema in SERVER_FRAMES.items()}
"""What the hub sends beside replies; `typing` is also a client's verb."""


def golden_message(case: Mapping[str, Any]) -> str | None:
    """The name of the message that a golden case is an example of; None where it is one that is refused."""
    frame = case.get("frame")
    if frame is None:
        return None
    kind: str = frame["type"]
    if case["direction"] == "client":
        return kind
    if kind != "reply":
        return "typingNotice" if kind == "typing" else kind
    if not frame["ok"]:
        return "refusal"
    return reply_to(str(case["name"]).removeprefix("reply: ").partition(",")[0])


_CLOSES = [json.loads(close(code, code.message).payload) for code in (CLOSE_SHUTDOWN, CLOSE_INVALID_TOKEN)]
_OTHERS = {"close": [{"name": f"close: {shown['name']}", "payload": shown} for shown in _CLOSES]}
"""Of what is no frame of the WebSocket, which has a close code of its own."""


def frame_messages(golden: Golden) -> dict[str, Schema]:
    """Every message of the protocol."""
    found: dict[str, Schema] = {}
    for name, schema in frames().items():
        examples = [{"name": case["name"], "payload": case["frame"]} for case in golden if golden_message(case) == name]
        examples += _OTHERS.get(name, [])
        found[name] = {
            "name": name,
            "title": title(name),
            "summary": schema["description"],
            "contentType": "application/json",
            "payload": ref(frame_schema(name)),
            "examples": examples,
        }
    return found


def device_messages() -> Iterator[tuple[str, Schema]]:
    """What devices say, one message a channel."""
    for name, channel in DEVICE_CHANNELS.items():
        topic, data = channel.event
        summary = f"On {channel.topic} becomes an event on {topic} with {dict(data)}."
        yield (
            name,
            {
                "name": name,
                "title": title(name),
                "summary": channel.description,
                "contentType": channel.content_type,
                "payload": channel.schema,
                "examples": [{"name": channel.topic, "summary": summary, "payload": channel.payload}],
            },
        )

    yield (
        ANY_DEVICE,
        {
            "name": ANY_DEVICE,
            "title": title(ANY_DEVICE),
            "summary": "A payload of any convention: text, JSON, or bytes that its decoder knows.",
            "payload": {"description": "Bytes."},
            "examples": [{"name": "shellies/plug/relay/0/power", "payload": "12.5"}],
        },
    )


def title(name: str) -> str:
    """The name as words: `subscribeReply` is `Subscribe reply`."""
    words = "".join(f" {char.lower()}" if char.isupper() else char for char in name)
    return words[0].upper() + words[1:]
