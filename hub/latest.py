"""Latest: the newest event of each topic, what a snapshot is made of; pure, and on the hot path of every node."""

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, cast

from hub.auth import READ_PREFIX
from hub.events import Batch, Position, Scalar, decode_event, encode_event
from hub.rooms import newest_change
from hub.topics import FilterIndex

CHAT_TAIL = 100
"""Messages of a room that a snapshot has."""

MAX_TOPICS = 200_000
"""Topics kept; past it the one that was silent for longest goes (nearly: see `_make_room`)."""

EVERYTHING = ("#", f"{READ_PREFIX}#")
"""Filters that select every topic that is kept; `#` alone leaves out those that begin with `$`."""

MAX_RAW_TOPICS = 1_000
MAX_RAW_BYTES = 16 * 1024 * 1024
"""What is kept of raw/…: anyone may send such messages, up to a MiB each; past it the oldest go."""

MAX_KEYS = 1_000
"""Keys of one device; past it those that it sent first go."""

_WAITING = 8
"""Events of a topic that wait, encoded, until they are merged: decoding at every event would cost three times more."""

_LOOKS = 8
"""Topics looked at to make room for one."""


class Latest:
    """The newest event of each topic: telemetry merged by key, the tail of each chat room, raw/… within limits.

    command/… and presence/… are not kept: steps, joins and leaves are history, not a state. `position` is that of the
    last batch applied; `evicted_topics`, `evicted_raw` and `evicted_keys` count what went because of a limit.
    """

    def __init__(self, *, max_topics: int = MAX_TOPICS) -> None:
        self.position: Position | None = None
        self.evicted_topics = 0
        self.evicted_raw = 0
        self.evicted_keys = 0
        self._max_topics = max_topics
        # Both in the order of change (see _make_room); a slot is what is settled, then what waits.
        self._slots: OrderedDict[str, list[bytes]] = OrderedDict()
        self._raw: OrderedDict[str, bytes] = OrderedDict()
        self._raw_bytes = 0
        self._roots: dict[str, dict[str, None]] = {}

    def __len__(self) -> int:
        return len(self._slots) + len(self._raw)

    def apply(self, batch: Batch) -> None:
        """Take a batch of the log, in its order; one at or before `position` in the same epoch changes nothing."""
        position, last = batch.position, self.position
        if position is not None:
            if last is not None and last.epoch == position.epoch and position.offset <= last.offset:
                return
            self.position = position
        self._put(zip(batch.topics, batch.pieces(), strict=True))

    def restore(self, pieces: Iterable[bytes], position: Position | None = None) -> None:
        """Take encoded events, oldest first, as a store gave them; they hold everything up to `position`."""
        self._put((cast("str", decode_event(piece)["topic"]), piece) for piece in pieces)
        self.position = position or self.position

    def get(self, topic: str) -> bytes | None:
        """The newest event of a topic, encoded (telemetry: all keys; chat: the last message); None if there is none."""
        pieces = self.pieces(topic)
        return pieces[-1] if pieces else None

    def pieces(self, topic: str) -> list[bytes]:
        """What a snapshot has of a topic: one encoded event, of a chat room its tail in order, or nothing."""
        slot = self._slots.get(topic)
        if slot is None:
            return [self._raw[topic]] if topic in self._raw else []
        if len(slot) > 1:
            self._settle(topic, slot)
        return slot.copy()

    def snapshot(self, filters: Sequence[str]) -> list[bytes]:
        """The latest events, encoded, of all topics that valid filters select: each topic once, a room in its order."""
        found: list[bytes] = []
        for topic in self._select(filters):
            found += self.pieces(topic)
        return found

    def topics(self, filters: Sequence[str]) -> list[str]:
        """All topics that valid filters select, each once."""
        return list(self._select(filters))

    def _put(self, events: Iterable[tuple[str, bytes]]) -> None:
        slots = self._slots
        for topic, piece in events:
            slot = slots.get(topic)
            if slot is None:
                self._meet(topic, piece)
            else:
                slot.append(piece)
                if len(slot) > _WAITING:
                    self._settle(topic, slot)

    def _meet(self, topic: str, piece: bytes) -> None:
        root = topic.partition("/")[0]
        if root in {"command", "presence"}:
            return
        if root == "raw":
            self._keep_raw(topic, piece)
        else:
            if len(self._slots) >= self._max_topics:
                self._make_room()
            self._slots[topic] = [piece]
        self._roots.setdefault(root, {})[topic] = None

    def _keep_raw(self, topic: str, piece: bytes) -> None:
        raw = self._raw
        self._raw_bytes += len(piece) - len(raw.pop(topic, b""))
        raw[topic] = piece
        while len(raw) > 1 and (len(raw) > MAX_RAW_TOPICS or self._raw_bytes > MAX_RAW_BYTES):
            oldest, gone = raw.popitem(last=False)
            self._raw_bytes -= len(gone)
            self.evicted_raw += 1
            self._leave(oldest)

    def _make_room(self) -> None:
        # A second chance instead of a move at every event, which would cost as much as all the rest: a topic goes to
        # the back when it is settled, so one that is in front with nothing waiting was silent since.
        for _ in range(_LOOKS):
            topic, slot = next(iter(self._slots.items()))
            if len(slot) == 1:
                break
            self._settle(topic, slot)
        topic, _ = self._slots.popitem(last=False)
        self.evicted_topics += 1
        self._leave(topic)

    def _leave(self, topic: str) -> None:
        root = topic.partition("/")[0]
        topics = self._roots[root]
        del topics[topic]
        if not topics:
            del self._roots[root]

    def _settle(self, topic: str, slot: list[bytes]) -> None:
        if topic.startswith("telemetry/"):
            slot[:] = [self._merge(topic, slot)]
        elif topic.startswith("chat/"):
            # What a store gave may overlap with what the log gives again: the same bytes are the same message.
            slot[:] = list(dict.fromkeys(slot))[-CHAT_TAIL:]
        elif topic.startswith("room/"):
            slot[:] = [newest_change(slot)]
        else:
            del slot[:-1]
        self._slots.move_to_end(topic)

    def _merge(self, topic: str, slot: list[bytes]) -> bytes:
        merged: dict[str, Scalar] = {}
        newest = None
        for piece in slot:
            event: dict[str, Any] = decode_event(piece)
            time, values = event["time"], event["data"]
            if newest is None or time >= newest:
                newest = time
                merged.update(values)
            else:
                merged = values | merged
        surplus = len(merged) - MAX_KEYS
        if surplus > 0:
            self.evicted_keys += surplus
            merged = dict(list(merged.items())[surplus:])
        return encode_event(topic, newest or 0, merged)

    def _select(self, filters: Sequence[str]) -> dict[str, None]:
        found: dict[str, None] = {}
        rest: FilterIndex[None] = FilterIndex()
        roots: set[str] = set()
        for topic_filter in dict.fromkeys(filters):
            stem = topic_filter[:-1]
            if "+" in stem or "#" in stem:
                rest.add(topic_filter, None)
                roots.add(topic_filter.partition("/")[0])
            elif topic_filter[-1] in "+#":
                found.update(dict.fromkeys(self._below(stem, deep=topic_filter[-1] == "#")))
            elif topic_filter in self._slots or topic_filter in self._raw:
                found[topic_filter] = None
        found.update(dict.fromkeys(topic for root in roots for topic in self._under(root) if rest.match(topic)))
        return found

    def _under(self, root: str) -> Iterator[str]:
        if root != "+":
            yield from self._roots.get(root, ())
            return
        for name, topics in self._roots.items():
            if not name.startswith("$"):
                yield from topics

    def _below(self, stem: str, *, deep: bool) -> Iterator[str]:
        # Filters such as telemetry/+ and telemetry/#, which nearly all are: no need to split each topic.
        root = stem.partition("/")[0] if stem else "+"
        slashes = stem.count("/")
        for topic in self._under(root):
            if topic.startswith(stem) and (deep or topic.count("/") == slashes):
                yield topic
        if deep and stem[:-1] in self:
            yield stem[:-1]

    def __contains__(self, topic: str) -> bool:
        return topic in self._slots or topic in self._raw
