"""Which decoder reads a topic: asked once, then remembered."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

from hub.decoders.base import Decode, Decoded, Decoder, Knowledge, Malformed, Rooted, Unsupported
from hub.decoders.passage import Passage, passage_of
from hub.decoders.staleness import Staleness
from hub.decoders.tally import Tally

MAX_TOPICS = 100_000
"""Topics whose decoder is remembered; past that the oldest is forgotten and claimed anew (`evicted`)."""

PASSAGE_TRIES = 4
"""How often a topic's form is prepared anew; a device that sends ever other forms has its messages decoded."""


@dataclass(slots=True)
class Outcome:
    """What a message says, and the family of the decoder that read it."""

    family: str
    events: Sequence[Decoded]


class _Claimed:
    __slots__ = ("age", "decode", "passage", "tally", "tries")

    def __init__(self, decode: Decode, tally: Tally, age: int) -> None:
        self.decode = decode
        self.tally = tally
        self.age = age
        self.passage: Passage | None = None
        self.tries = PASSAGE_TRIES


class _Unclaimed:
    """No decoder took the topic with a payload of this first byte; with another, some may."""

    __slots__ = ("age", "first")

    def __init__(self, first: bytes, age: int) -> None:
        self.first = first
        self.age = age


def _asked(decoders: Sequence[Decoder], root: str | None) -> list[Decoder]:
    """Those that may claim a topic with this first level; None for any that nobody has for its own."""
    return [decoder for decoder in decoders if not isinstance(decoder, Rooted) or root in decoder.roots]


class Decoders:
    """All conventions. The first in their order that claims a topic reads it from then on."""

    def __init__(self, decoders: Sequence[Decoder], knowledge: Knowledge, *, max_topics: int = MAX_TOPICS) -> None:
        self.knowledge = knowledge
        self.tallies = {decoder.family: Tally(decoder.family) for decoder in decoders}
        self.unclaimed = 0
        self.evicted = 0
        self._anywhere = _asked(decoders, None)
        roots = {root for decoder in decoders if isinstance(decoder, Rooted) for root in decoder.roots}
        self._below = {root: _asked(decoders, root) for root in roots}
        self._max_topics = max_topics
        self._staleness = Staleness()
        self._bindings: OrderedDict[str, _Claimed | _Unclaimed] = OrderedDict()

    @property
    def topics(self) -> int:
        """How many topics are remembered now."""
        return len(self._bindings)

    def decode(self, topic: str, payload: bytes, now_ms: int) -> Outcome | None:
        """What the message says, or None where no decoder claims it; raises Malformed, Unsupported."""
        binding = self._bindings.get(topic)
        if binding is None or (type(binding) is _Unclaimed and binding.first != payload[:1]):
            binding = self._claim(topic, payload)
        elif binding.age != self._staleness.age:
            binding = self._looked_at(topic, payload, binding)
        if type(binding) is not _Claimed:
            self.unclaimed += 1
            return None
        tally = binding.tally
        try:
            events = binding.decode(payload, now_ms)
        except Malformed:
            outcome = self._second(topic, payload, now_ms, first=binding)
            if outcome is None:
                tally.malformed += 1
                raise
            return outcome
        except Unsupported:
            tally.unsupported += 1
            raise
        tally.decoded += 1
        for event in events:
            if event.reset:
                self._staleness.tell(event.reset)
                break
            if event.verbatim and binding.tries:
                binding.tries -= 1
                binding.passage = passage_of(tally, event, payload)
        return Outcome(tally.family, events)

    def passage(self, topic: str) -> Passage | None:
        """How a live message of the topic is passed on; None where it must be decoded.

        To be asked only where devices are taken for what they say they are.
        """
        binding = self._bindings.get(topic)
        if type(binding) is not _Claimed or binding.age != self._staleness.age:
            return None
        return binding.passage

    def family_of(self, topic: str) -> str | None:
        """The family whose decoder reads the topic now, or None."""
        binding = self._bindings.get(topic)
        return binding.tally.family if isinstance(binding, _Claimed) else None

    def reset(self) -> None:
        """Have every topic claimed anew when it is next heard of."""
        self._staleness.tell_all()

    def _looked_at(self, topic: str, payload: bytes, binding: _Claimed | _Unclaimed) -> _Claimed | _Unclaimed:
        """The binding, or a new one where discovery has told of the topic since."""
        if self._staleness.concerns(topic, binding.age):
            return self._claim(topic, payload)
        binding.age = self._staleness.age
        return binding

    def _claim(self, topic: str, payload: bytes) -> _Claimed | _Unclaimed:
        binding: _Claimed | _Unclaimed = _Unclaimed(payload[:1], self._staleness.age)
        for decoder in self._below.get(topic.partition("/")[0], self._anywhere):
            decode = decoder.claim(topic, payload, self.knowledge)
            if decode is not None:
                binding = _Claimed(decode, self.tallies[decoder.family], self._staleness.age)
                break
        if topic not in self._bindings and len(self._bindings) >= self._max_topics:
            self._bindings.popitem(last=False)
            self.evicted += 1
        self._bindings[topic] = binding
        return binding

    def _second(self, topic: str, payload: bytes, now_ms: int, *, first: _Claimed) -> Outcome | None:
        """The outcome of another family's decoder, or None where there is none or it can't read the message either.

        It then keeps the topic: some devices send JSON where they sent words before.
        """
        other = self._claim(topic, payload)
        if isinstance(other, _Claimed) and other.tally is not first.tally:
            try:
                events = other.decode(payload, now_ms)
            except (Malformed, Unsupported):
                pass
            else:
                other.tally.decoded += 1
                return Outcome(other.tally.family, events)
        self._bindings[topic] = first
        return None
