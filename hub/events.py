"""Events, batches and positions: what is on the log, encoded once at ingest and decoded once where it is read."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import orjson

from hub.errors import InvalidPosition

Scalar = float | int | str | bool
"""What a key of telemetry can be."""

TELEMETRY_PREFIX = "telemetry/"

Packet = tuple[int, int]
"""Packet id and digest of an MQTT message: what a log entry keeps to recognise it when the broker sends it again."""

_POSITION = re.compile(r"([0-9A-Za-z]{1,32})-(0|[1-9][0-9]{0,18})")


@dataclass(frozen=True, slots=True)
class Position:
    """A place on the log: `offset` counts batches without gaps within an `epoch`, one life of the log.

    Its string is opaque to clients and the same on every wire: WebSocket `since`, SSE `Last-Event-ID`, REST `?since=`.
    """

    epoch: str
    offset: int

    def __str__(self) -> str:
        return f"{self.epoch}-{self.offset}"

    @classmethod
    def parse(cls, text: str) -> "Position":
        """The position of its string; raises InvalidPosition."""
        found = _POSITION.fullmatch(text)
        if found is None:
            raise InvalidPosition(f"{text[:80]!r} is not a position.")
        return cls(found[1], int(found[2]))


NOWHERE = Position("none", 0)
"""A position of no log: nothing can be recovered from it."""


@dataclass(slots=True, eq=False)
class Batch:
    """Whatever has arrived, in order: the unit of every hop.

    `body` is the events' JSON joined by commas; event i has topic `topics[i]`, `times[i]` (ms since the epoch) and
    `lengths[i]` bytes of the body. `source` is the MQTT client id that took `packets`. `position` is None until the
    batch is on the log.
    """

    topics: Sequence[str]
    times: Sequence[int]
    lengths: Sequence[int]
    body: bytes
    source: str = ""
    packets: Sequence[Packet] = ()
    position: Position | None = None
    _pieces: list[bytes] | None = field(default=None, repr=False)

    @classmethod
    def of(
        cls,
        topics: Sequence[str],
        times: Sequence[int],
        pieces: list[bytes],
        *,
        source: str = "",
        packets: Sequence[Packet] = (),
    ) -> "Batch":
        """A batch of encoded events (see `encode_event`)."""
        lengths = [len(piece) for piece in pieces]
        return cls(topics, times, lengths, b",".join(pieces), source, packets, None, pieces)

    def pieces(self) -> list[bytes]:
        """Each event's JSON, in order."""
        if self._pieces is None:
            start, pieces, body = 0, [], self.body
            for length in self.lengths:
                pieces.append(body[start : start + length])
                start += length + 1
            self._pieces = pieces
        return self._pieces

    def encode(self) -> bytes:
        """The bytes of a log entry: one line of JSON, then the body as it is."""
        head = {"topics": self.topics, "times": self.times, "lengths": self.lengths}
        if self.source:
            head["source"] = self.source
            head["packets"] = self.packets
        return orjson.dumps(head) + b"\n" + self.body

    @classmethod
    def decode(cls, entry: bytes, position: Position) -> "Batch":
        """The batch of a log entry's bytes."""
        head, _, body = entry.partition(b"\n")
        fields = orjson.loads(head)
        packets = [(packet_id, digest) for packet_id, digest in fields.get("packets", ())]
        return cls(
            fields["topics"], fields["times"], fields["lengths"], body, fields.get("source", ""), packets, position
        )


@lru_cache(maxsize=65536)
def _prefix(topic: str) -> bytes:
    return b'{"topic":' + orjson.dumps(topic) + b',"time":'


def encode_event(topic: str, time: int, data: Mapping[str, object], received: int | None = None) -> bytes:
    """The JSON of one event, as browsers get it; `received` (ms) is given where `time` is the device's clock."""
    if received is None:
        return b'%b%d,"data":%b}' % (_prefix(topic), time, orjson.dumps(data))
    return b'%b%d,"received":%d,"data":%b}' % (_prefix(topic), time, received, orjson.dumps(data))


def head_of(topic: str) -> bytes:
    """What the JSON of every event of a topic begins with, up to its time."""
    return _prefix(topic)


def encode_behind(head: bytes, time: int, data: bytes) -> bytes:
    """The JSON of one event whose head (see `head_of`) and data are encoded already."""
    return b'%b%d,"data":%b}' % (head, time, data)


def decode_event(piece: bytes) -> dict[str, object]:
    """The event of its JSON bytes."""
    event: dict[str, object] = orjson.loads(piece)
    return event
