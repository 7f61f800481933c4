"""Latest: the newest event of each topic, what a snapshot is made of; pure, and on the hot path of every node."""

import re
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, cast

import orjson

from hub.auth import QUARANTINE_PREFIX, READ_PREFIX
from hub.events import Batch, Position, Scalar, decode_event, encode_event
from hub.registry import record_of
from hub.rooms import newest_change
from hub.topics import FilterIndex
from hub.twin import twin_of

VERSION = 1
"""Raised with each change of what the same events come to: what stores keep is then folded anew (docs/history.md)."""

CHAT_TAIL = 100
"""Messages of a room that a snapshot has."""

MAX_TOPICS = 200_000
"""Topics kept; past it the one that was silent for longest goes (nearly: see `_make_room`)."""

EVERYTHING = ("#", f"{READ_PREFIX}#", f"{QUARANTINE_PREFIX}#")
"""Filters that select every topic that is kept; `#` alone leaves out those that begin with `$`."""

OF_DEVICES = ("telemetry", "connectivity", "device", "twin", QUARANTINE_PREFIX[:-1])
"""First levels below which a device has one topic."""

MAX_RAW_TOPICS = 1_000
MAX_RAW_BYTES = 16 * 1024 * 1024
"""What is kept of raw/…: anyone may send such messages, up to a MiB each; past it the oldest go."""

MAX_KEYS = 1_000
"""Keys of one device; past it those that it sent first go."""

_WAITING = 8
"""Events of a topic that wait, encoded, until they are merged: decoding at every event would cost three times more."""

_LOOKS = 8
"""Topics looked at to make room for one."""

_MAX_FORMS = 4096
_MAX_FORM_KEYS = 64
"""More keys take longer to prepare a form for than it would ever save."""
_SCALAR = rb'(?:-?[0-9][0-9.eE+-]*|true|false|"[^"\\]*")'

Form = Callable[[bytes, int], object]
"""Whether an encoded event, from behind its topic on, has the hub's time and just certain keys in a certain order."""


class _Slot:
    """What is kept of a topic: `pieces` are what is settled, then what waits.

    Of telemetry whose newest event had all keys, `form` knows one with the same keys by its bytes, `time` is its time
    and `start` where it goes on behind its topic; `changed` tells that such a one came since the slot was settled.
    """

    __slots__ = ("changed", "form", "pieces", "start", "time")

    def __init__(self, piece: bytes) -> None:
        self.pieces = [piece]
        self.form: Form | None = None
        self.time = 0
        self.start = 0
        self.changed = False


class Latest:
    """The newest event of each topic: telemetry merged by key, the tail of each chat room, raw/… within limits.

    command/… and presence/… are not kept: steps, joins and leaves are history, not a state. `position` is that of the
    last batch applied; `evicted_topics`, `evicted_raw` and `evicted_keys` count what went because of a limit. Of the
    changes of a registry record or of a twin that were made at once the first counts; of a device that is forgotten all
    goes (`forgotten` topics), until it speaks again.
    """

    def __init__(self, *, max_topics: int = MAX_TOPICS) -> None:
        self.position: Position | None = None
        self.evicted_topics = 0
        self.evicted_raw = 0
        self.evicted_keys = 0
        self.forgotten = 0
        self._max_topics = max_topics
        # Both in the order of change (see _make_room).
        self._slots: OrderedDict[str, _Slot] = OrderedDict()
        self._forms: dict[tuple[str, ...], Form] = {}
        self._raw: OrderedDict[str, bytes] = OrderedDict()
        self._raw_bytes = 0
        # Silent for years and still true, so apart from what goes when it is silent.
        self._records: OrderedDict[str, bytes] = OrderedDict()
        self._roots: dict[str, dict[str, None]] = {}

    def __len__(self) -> int:
        return len(self._slots) + len(self._raw) + len(self._records)

    def apply(self, batch: Batch) -> None:
        """Take a batch of the log, in its order; one at or before `position` in the same epoch changes nothing."""
        position, last = batch.position, self.position
        if position is not None:
            if last is not None and last.epoch == position.epoch and position.offset <= last.offset:
                return
            self.position = position
        self._put(zip(batch.topics, batch.times, batch.pieces(), strict=True))

    def restore(self, pieces: Iterable[bytes], position: Position | None = None) -> None:
        """Take encoded events, oldest first, as a store gave them; they hold everything up to `position`."""
        events = ((decode_event(piece), piece) for piece in pieces)
        self._put((cast("str", event["topic"]), cast("int", event["time"]), piece) for event, piece in events)
        self.position = position or self.position

    def get(self, topic: str) -> bytes | None:
        """The newest event of a topic, encoded (telemetry: all keys; chat: the last message); None if there is none."""
        pieces = self.pieces(topic)
        return pieces[-1] if pieces else None

    def pieces(self, topic: str) -> list[bytes]:
        """What a snapshot has of a topic: one encoded event, of a chat room its tail in order, or nothing."""
        slot = self._slots.get(topic)
        if slot is None:
            others = self._records if topic in self._records else self._raw
            return [others[topic]] if topic in others else []
        if len(slot.pieces) > 1:
            self._settle(topic, slot)
        return slot.pieces.copy()

    def snapshot(self, filters: Sequence[str]) -> list[bytes]:
        """The latest events, encoded, of all topics that valid filters select: each topic once, a room in its order."""
        found: list[bytes] = []
        for topic in self._select(filters):
            found += self.pieces(topic)
        return found

    def topics(self, filters: Sequence[str]) -> list[str]:
        """All topics that valid filters select, each once."""
        return list(self._select(filters))

    def _put(self, events: Iterable[tuple[str, int, bytes]]) -> None:
        slots = self._slots
        for topic, time, piece in events:
            slot = slots.get(topic)
            if slot is None:
                self._meet(topic, piece)
                continue
            pieces = slot.pieces
            if slot.form is not None and time >= slot.time and len(pieces) == 1 and slot.form(piece, slot.start):
                # All keys anew, as nearly always: known without decoding, which would be most of the work here.
                pieces[0], slot.time, slot.changed = piece, time, True
                continue
            pieces.append(piece)
            if len(pieces) > _WAITING:
                self._settle(topic, slot)

    def _meet(self, topic: str, piece: bytes) -> None:
        root = topic.partition("/")[0]
        if root in {"command", "presence"}:
            return
        if root == "raw":
            self._keep_raw(topic, piece)
        elif root == "registry":
            self._keep_record(topic, piece)
        elif root == "twin":
            self._keep_twin(topic, piece)
        elif root == "mapping":
            # As few as hub.mappings.MAX_MAPPINGS, and true however silent.
            self._records[topic] = piece
        else:
            if len(self._slots) >= self._max_topics:
                self._make_room()
            self._slots[topic] = _Slot(piece)
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

    def _keep_record(self, topic: str, piece: bytes) -> None:
        record, known = record_of(piece), self._records.get(topic)
        if known is not None and record.version <= record_of(known).version:
            return
        self._records[topic] = piece
        if record.forgotten is not None:
            self._forget(topic.partition("/")[2], record.forgotten)
        self._bound_records()

    def _keep_twin(self, topic: str, piece: bytes) -> None:
        if twin_of(piece).follows(twin_of(self._records.get(topic))):
            self._records[topic] = piece
            self._bound_records()

    def _bound_records(self) -> None:
        if len(self._records) > self._max_topics:
            oldest, _ = self._records.popitem(last=False)
            self.evicted_topics += 1
            self._leave(oldest)

    def _forget(self, device: str, forgotten_ms: int) -> None:
        # By the description's time, which is the hub's: a device is described anew when it speaks again.
        description = self.get(f"device/{device}")
        for root in OF_DEVICES:
            topic = f"{root}/{device}"
            newest = description or self.get(topic)
            if (
                newest is not None
                and cast("int", decode_event(newest)["time"]) <= forgotten_ms
                and (topic in self._slots or topic in self._records)
            ):
                self._slots.pop(topic, None)
                self._records.pop(topic, None)
                self.forgotten += 1
                self._leave(topic)

    def _make_room(self) -> None:
        # A second chance instead of a move at every event, which would cost as much as all the rest: a topic goes to
        # the back when it is settled, so one that is in front with nothing waiting was silent since.
        for _ in range(_LOOKS):
            topic, slot = next(iter(self._slots.items()))
            if len(slot.pieces) == 1 and not slot.changed:
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

    def _settle(self, topic: str, slot: _Slot) -> None:
        pieces = slot.pieces
        if topic.startswith("telemetry/"):
            pieces[:] = [self._merge(topic, slot)]
        elif topic.startswith("chat/"):
            # What a store gave may overlap with what the log gives again: the same bytes are the same message.
            pieces[:] = list(dict.fromkeys(pieces))[-CHAT_TAIL:]
        elif topic.startswith("room/"):
            pieces[:] = [newest_change(pieces)]
        else:
            del pieces[:-1]
        slot.changed = False
        self._slots.move_to_end(topic)

    def _merge(self, topic: str, slot: _Slot) -> bytes:
        merged: dict[str, Scalar] = {}
        newest = None
        for piece in slot.pieces:
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
        settled = encode_event(topic, newest or 0, merged)
        # A form for what is sent whole only: a device that sends ever new keys must not have one made each time.
        whole = len(merged) <= _MAX_FORM_KEYS and list(values) == list(merged)
        slot.form, slot.time = self._form(tuple(merged)) if whole else None, newest or 0
        slot.start = settled.index(b',"time":')
        return settled

    def _form(self, keys: tuple[str, ...]) -> Form:
        """How events with these keys in this order look; what does not match may have them all the same."""
        form = self._forms.get(keys)
        if form is None:
            if len(self._forms) >= _MAX_FORMS:
                self._forms.clear()
            members = b",".join(re.escape(orjson.dumps(key)) + b":" + _SCALAR for key in keys)
            pattern = re.compile(rb',"time":[0-9]+,"data":\{' + members + rb"\}\}")
            form = self._forms[keys] = pattern.fullmatch
        return form

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
            elif topic_filter in self:
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
        return topic in self._slots or topic in self._raw or topic in self._records
