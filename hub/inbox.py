"""The inbox: what the hub did not understand, grouped by the shape of its topic, with samples; pure and bounded."""

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from hub.raw_event import RAW_PREFIX, UNFIT_TOPIC
from hub.topic_shape import MAX_SHAPES, Shapes

MAX_SAMPLES = 20
"""Messages kept of a shape; past it the oldest goes."""
MAX_FAMILIES = 8
"""Families named in an entry."""
UNFIT = ""
"""The shape of topics that the hub can't carry: over 1,024 bytes, over 64 levels, with control characters."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A message as it was kept: the beginning of its payload, the size of all of it, when it was received."""

    topic: str
    time_ms: int
    payload: bytes
    size_bytes: int
    refusal: str
    reason: str
    family: str | None
    fit: bool = True
    """Whether the hub can carry its topic; of one that it can't, `topic` is the beginning."""

    @property
    def whole(self) -> bool:
        """Whether the payload is there to its end."""
        return len(self.payload) == self.size_bytes

    @property
    def text(self) -> str:
        """The payload for people; bytes that are no UTF-8 escaped."""
        return self.payload.decode("utf-8", "backslashreplace")

    @classmethod
    def of(cls, event: Mapping[str, Any]) -> "Sample | None":
        """The message that an event on raw/… is about; None for an event that lacks its parts."""
        data, topic = event["data"], str(event["topic"])
        named = topic.removeprefix(RAW_PREFIX)
        try:
            payload = bytes.fromhex(data["payload_hex"]) if "payload_hex" in data else data["payload"].encode()
            return cls(
                str(data.get("topic", named)),
                int(event["time"]),
                payload,
                int(data["bytes"]),
                str(data["refusal"]),
                str(data["reason"]),
                data.get("family"),
                topic != UNFIT_TOPIC or str(data.get("topic", named)).lstrip("/") == named,
            )
        except (KeyError, TypeError, ValueError, AttributeError):
            return None


@dataclass(slots=True)
class Entry:
    """A topic shape: how many messages, why they were refused and by which families' decoders, and the newest."""

    shape: str
    first_ms: int
    last_ms: int
    count: int = 0
    refusals: dict[str, int] = field(default_factory=dict)
    families: dict[str, int] = field(default_factory=dict)
    reason: str = ""
    samples: deque[Sample] = field(default_factory=lambda: deque(maxlen=MAX_SAMPLES))

    def add(self, sample: Sample) -> None:
        """Count a message and keep it."""
        self.count += 1
        self.refusals[sample.refusal] = self.refusals.get(sample.refusal, 0) + 1
        family = sample.family
        if family is not None and (family in self.families or len(self.families) < MAX_FAMILIES):
            self.families[family] = self.families.get(family, 0) + 1
        self.first_ms = min(self.first_ms, sample.time_ms)
        self.last_ms = max(self.last_ms, sample.time_ms)
        self.reason = sample.reason
        self.samples.append(sample)

    def copy(self) -> "Entry":
        """The entry as it is now, for who looks at it while others come."""
        return replace(
            self, refusals=dict(self.refusals), families=dict(self.families), samples=deque(self.samples, MAX_SAMPLES)
        )

    def join(self, other: "Entry") -> None:
        """Take over another entry, which is of older messages."""
        self.count += other.count
        for mine, theirs in ((self.refusals, other.refusals), (self.families, other.families)):
            for name, number in theirs.items():
                mine[name] = mine.get(name, 0) + number
        self.first_ms = min(self.first_ms, other.first_ms)
        self.last_ms = max(self.last_ms, other.last_ms)
        self.reason = self.reason or other.reason
        kept = sorted([*other.samples, *self.samples], key=lambda sample: sample.time_ms)
        self.samples.clear()
        self.samples.extend(kept)


class Inbox:
    """Entries by shape, at most MAX_SHAPES; past it the one that was silent for longest goes (`evicted`)."""

    def __init__(self) -> None:
        self.evicted = 0
        self._shapes = Shapes()
        # In the order of the last message.
        self._entries: dict[str, Entry] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Entry]:
        """The entries, that of the newest message first."""
        return reversed(self._entries.values())

    def get(self, shape: str) -> Entry | None:
        """The entry of a shape."""
        return self._entries.get(shape)

    def add(self, event: Mapping[str, Any]) -> None:
        """Take an event on raw/…; one that lacks its parts changes nothing."""
        sample = Sample.of(event)
        if sample is not None and sample.topic:
            self._put(sample)

    def take(self, understands: Callable[[Sample], bool]) -> list[Sample]:
        """Take out the samples that are understood now, oldest first, and the entries that have none left."""
        taken: list[Sample] = []
        for shape, entry in list(self._entries.items()):
            mine = [sample for sample in entry.samples if understands(sample)]
            if not mine:
                continue
            taken += mine
            gone = {id(sample) for sample in mine}
            kept = [sample for sample in entry.samples if id(sample) not in gone]
            entry.samples.clear()
            entry.samples.extend(kept)
            if not kept:
                self._remove(shape)
        return sorted(taken, key=lambda sample: sample.time_ms)

    def _put(self, sample: Sample) -> None:
        shape, absorbed = self._shapes.place(sample.topic) if sample.fit else (UNFIT, ())
        entry = self._entries.pop(shape, None)
        if entry is None:
            entry = Entry(shape, sample.time_ms, sample.time_ms)
            for each in absorbed:
                entry.join(self._entries.pop(each))
        entry.add(sample)
        self._entries[shape] = entry
        if len(self._entries) > MAX_SHAPES:
            self.evicted += 1
            self._remove(next(iter(self._entries)))

    def _remove(self, shape: str) -> None:
        del self._entries[shape]
        if shape != UNFIT:
            self._shapes.remove(shape)
