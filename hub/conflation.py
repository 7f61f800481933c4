"""Conflation: fewer events for who is slow or asked for fewer, of which no last value and no extreme is lost; pure."""

import math
from collections import OrderedDict
from collections.abc import Iterable
from heapq import heappop, heappush
from typing import Generic, NamedTuple, TypeVar

from hub.events import decode_event
from hub.merging import merge

M = TypeVar("M")

_TELEMETRY = b'{"topic":"telemetry/'
_TOPIC_END = b',"time":'
_CONFLATED = b',"conflated":{"count":'

_WAITING = 8
"""Events of a topic that wait, encoded, until they are merged: decoding at every event would cost far more."""

_REST_MS = 10_000.0
"""Longest time between two events of a topic that `max_rate` can ask for: older times of sending are forgotten."""

_SWEEP_TOPICS = 1_000


class Taken(NamedTuple):
    """Encoded events in order, and how many events of the log stand merged in the conflated ones among them."""

    pieces: list[bytes]
    conflated: int


class Backlog(NamedTuple):
    """What waits, for the reason that a client and the hub's log are given."""

    size_bytes: int
    events: int
    age_ms: float
    topic: str

    def __str__(self) -> str:
        oldest = f", the oldest for {self.age_ms:.0f} ms on {self.topic}" if self.events else ""
        return f"{self.size_bytes} bytes wait in {self.events} events{oldest}"


class _Entry(Generic[M]):
    """Events that go as one: either one of any topic, or telemetry of one topic."""

    __slots__ = ("arrived_ms", "due_ms", "kept", "key", "mark", "pieces", "size_bytes")

    def __init__(self, key: bytes, piece: bytes, *, arrived_ms: float, mark: M) -> None:
        self.key = key
        self.pieces = [piece]
        self.size_bytes = len(piece)
        self.kept = False
        self.arrived_ms = arrived_ms
        self.due_ms = math.inf
        self.mark = mark

    def add(self, piece: bytes) -> None:
        self.pieces.append(piece)
        self.size_bytes += len(piece)
        if len(self.pieces) > _WAITING:
            self.pieces = [merge(self.pieces).keep()]
            self.size_bytes = len(self.pieces[0])
            self.kept = True

    def settle(self) -> tuple[bytes, int]:
        """The event, and how many are merged in it: 0 where it is as it was on the log."""
        if len(self.pieces) > 1 or self.kept:
            merged = merge(self.pieces)
            return merged.encode(), merged.count
        (piece,) = self.pieces
        if self.key and _CONFLATED in piece:
            # It came merged, and nothing was added to it.
            return piece, merge(self.pieces).count
        return piece, 0


class Conflation(Generic[M]):
    """What waits for one slow session, or for the topics of one audience under `max_rate`.

    Telemetry is merged by topic while it waits; everything else stays whole and in its order. Takes events as
    `encode_event` made them. Times are of one clock that never goes back. `mark` is what the caller needs to know of
    the oldest event that waits: `since` gives it back. `merged` counts the events that went into others, `early` those
    sent before their time because over `limit_bytes` waited.
    """

    def __init__(self, *, limit_bytes: int) -> None:
        self.limit_bytes = limit_bytes
        self.size_bytes = 0
        self.merged = 0
        self.early = 0
        self._number = 0
        # In the order of arrival. By number, as a topic may have entries that are closed to what comes later.
        self._entries: OrderedDict[int, _Entry[M]] = OrderedDict()
        self._open: dict[bytes, int] = {}
        self._due: list[tuple[float, int]] = []
        self._sent_ms: dict[bytes, float] = {}
        self._sweep_at = _SWEEP_TOPICS

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def over(self) -> bool:
        """Whether more waits than may: a slow session is then closed."""
        return self.size_bytes > self.limit_bytes

    @property
    def since(self) -> M | None:
        """The mark of the oldest event that waits; None if none does."""
        return next(iter(self._entries.values())).mark if self._entries else None

    @property
    def due_ms(self) -> float | None:
        """When to `take`: the time the next event is due, in the past if it is already; None if none waits."""
        self._skip_stale()
        if not self._due:
            return None
        return -math.inf if self.over else self._due[0][0]

    def backlog(self, now_ms: float) -> Backlog:
        """What waits, and since when."""
        if not self._entries:
            return Backlog(0, 0, 0, "")
        oldest = next(iter(self._entries.values()))
        topic = str(decode_event(oldest.pieces[0])["topic"])
        return Backlog(self.size_bytes, len(self._entries), now_ms - oldest.arrived_ms, topic)

    def add_all(self, pieces: Iterable[bytes], *, now_ms: float, mark: M) -> None:
        """Take the events of a frame, all due at once."""
        for piece in pieces:
            self.add(piece, now_ms=now_ms, mark=mark)

    def add(self, piece: bytes, *, now_ms: float, mark: M, interval_ms: float | None = 0.0) -> None:
        """Take one event, due `interval_ms` after the last of its topic that was taken out.

        None: nothing may be merged into it later; what waits of its topic goes with it, now.
        """
        key = _key(piece)
        number = self._open.get(key) if key else None
        due_ms = now_ms
        if interval_ms and key in self._sent_ms:
            due_ms = max(now_ms, self._sent_ms[key] + interval_ms)
        if number is None:
            self._number += 1
            number = self._number
            entry = self._entries[number] = _Entry(key, piece, arrived_ms=now_ms, mark=mark)
            self.size_bytes += len(piece)
            if key:
                self._open[key] = number
        else:
            entry = self._entries[number]
            self.size_bytes -= entry.size_bytes
            entry.add(piece)
            self.size_bytes += entry.size_bytes
            self.merged += 1
        if due_ms < entry.due_ms:
            entry.due_ms = due_ms
            heappush(self._due, (due_ms, number))
        if interval_ms is None:
            self._open.pop(key, None)

    def take(self, now_ms: float, *, max_bytes: float = math.inf, everything: bool = False) -> Taken:
        """What is due, longest due first, joined at most `max_bytes` long or one event; the rest goes on waiting.

        With `everything`, what is not due yet comes too: for a session that goes over to another audience.
        """
        pieces: list[bytes] = []
        size = conflated = 0
        while self._next(now_ms, everything=everything):
            due_ms, number = self._due[0]
            entry = self._entries[number]
            piece, count = entry.settle()
            if pieces and size + len(piece) > max_bytes:
                break
            size += len(piece) + 1
            pieces.append(piece)
            conflated += count
            self._remove(number, now_ms)
            self.early += due_ms > now_ms and not everything
        return Taken(pieces, conflated)

    def _next(self, now_ms: float, *, everything: bool) -> bool:
        self._skip_stale()
        return bool(self._due) and (everything or self.over or self._due[0][0] <= now_ms)

    def _skip_stale(self) -> None:
        # An entry that became due earlier than it was is in the heap twice.
        due, entries = self._due, self._entries
        while due:
            due_ms, number = due[0]
            if number in entries and entries[number].due_ms == due_ms:
                return
            heappop(due)

    def _remove(self, number: int, now_ms: float) -> None:
        heappop(self._due)
        entry = self._entries.pop(number)
        self.size_bytes -= entry.size_bytes
        if entry.key:
            if self._open.get(entry.key) == number:
                del self._open[entry.key]
            self._sent_ms[entry.key] = now_ms
            if len(self._sent_ms) > self._sweep_at:
                self._sweep(now_ms)

    def _sweep(self, now_ms: float) -> None:
        self._sent_ms = {key: at for key, at in self._sent_ms.items() if at > now_ms - _REST_MS}
        self._sweep_at = max(_SWEEP_TOPICS, 2 * len(self._sent_ms))


def _key(piece: bytes) -> bytes:
    """What names the topic of a telemetry event, without decoding it; empty for all others."""
    return piece[: piece.index(_TOPIC_END)] if piece.startswith(_TELEMETRY) else b""
