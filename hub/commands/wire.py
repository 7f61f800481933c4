"""The wire seam: how a command of the hub becomes what a family of devices understands, and how its answer is told.

A wire is one family in one file: pure, without state and clock. What it has to know of a device (its topics, its
types) it looks up in the `Knowledge` that the family's decoder keeps.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Protocol

import orjson

from hub.commands.command import Command
from hub.decoders.base import Knowledge
from hub.events import Scalar


class Outgoing(NamedTuple):
    """One PUBLISH to a device."""

    topic: str
    payload: bytes
    qos: int = 1
    retain: bool = False


MAX_SAID_BYTES = 16_384


class Answer(NamedTuple):
    """What a device said to a command: whether it took it, and its words."""

    ok: bool
    said: Any

    @property
    def proof(self) -> Any:
        """Its words as evidence, which each later step carries; their size where they are too long for that."""
        try:
            size = len(orjson.dumps(self.said))
        except orjson.JSONEncodeError:
            return {"too_deep": True}
        return self.said if size <= MAX_SAID_BYTES else {"too_long_bytes": size}


Read = Callable[[bytes], Answer | None]
"""The answer in a message of an answer's topic; None where it is not about this command. Raises nothing."""


class Response(NamedTuple):
    """Where a device of MQTT 5 is asked to answer, and the data that mark its answer as the one to this command."""

    topic: str
    correlation: bytes
    read: Read


@dataclass(frozen=True, slots=True)
class Sending:
    """What is to be published, and where the answer comes: by topic, how it is read.

    `response` is asked for where broker and device speak MQTT 5.
    """

    outgoing: Sequence[Outgoing]
    answers: Mapping[str, Read]
    response: Response | None = None


class Control(NamedTuple):
    """Something of a device that can be set: command `name`, and telemetry `key` that then shows it.

    A switch has the values that switch it `on` and `off`, which telemetry shows too.
    """

    name: str
    key: str
    kind: Literal["switch", "number"]
    on: Scalar = True
    off: Scalar = False

    def shown(self) -> dict[str, object]:
        """As JSON."""
        told: dict[str, object] = {"name": self.name, "key": self.key, "kind": self.kind}
        return {**told, "on": self.on, "off": self.off} if self.kind == "switch" else told


class Uncommandable(Exception):
    """The device can't be told this; its text says why."""


class Wire(Protocol):
    """One family."""

    def encode(self, command: Command, knowledge: Knowledge, *, now_ms: int) -> Sending:
        """What to publish, and where the answer comes; raises Uncommandable."""
        ...

    def controls(self, data: Mapping[str, Scalar]) -> list[Control]:
        """What of a device with this telemetry can be set for sure."""
        ...


def text(value: object, *, true: str = "ON", false: str = "OFF") -> bytes:
    """A value as the text that families of plain payloads take; JSON of what is a list or an object."""
    match value:
        case None:
            return b""
        case bool():
            return (true if value else false).encode()
        case str():
            return value.encode("utf-8", "replace")
        case _:
            return orjson.dumps(value)


def level(name: str) -> str:
    """A command's name as a part of a topic; raises Uncommandable for one with wildcards or empty levels."""
    if any(character in name for character in "+#\0") or not all(name.split("/")):
        raise Uncommandable(f"{name[:40]!r} can't be a part of a topic")
    return name


def members(payload: bytes) -> dict[str, Any]:
    """The members of a JSON object; none of anything else."""
    try:
        found = orjson.loads(payload)
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}
