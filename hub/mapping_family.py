"""Reads the messages of a mapping that names a family: as if they had come on a topic of that family's own; pure."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from hub.decoders import FAMILIES
from hub.decoders.base import Decode, Decoded, Decoder, Knowledge, Malformed
from hub.decoders.registry import Decoders
from hub.errors import InvalidTopic
from hub.mapping import TopicMapping
from hub.mapping_path import Template
from hub.topics import validate_topic

DECODERS: Mapping[str, Decoder] = MappingProxyType({decoder.family: decoder for decoder in FAMILIES})
MAX_TOPICS = 20_000
"""Topics of one mapping whose decoder is remembered."""


class FamilyReader:
    """A mapping to a family's topic, ready to read; what the family learns goes into the knowledge that it is given."""

    def __init__(self, mapping: TopicMapping, knowledge: Knowledge) -> None:
        self.mapping = mapping
        self._topic = Template(mapping.topic)
        self._decoders = Decoders([DECODERS[mapping.family]], knowledge, max_topics=MAX_TOPICS)

    def bind(self, topic: str) -> Decode | None:
        """The decoder of a topic; None where the family's topic can't be made of it."""
        filled = self._topic.fill(topic.split("/"))
        if filled is None:
            return None
        try:
            as_if = validate_topic(filled)
        except InvalidTopic:
            return None

        def decode(payload: bytes, now_ms: int) -> Sequence[Decoded]:
            outcome = self._decoders.decode(as_if, payload, now_ms)
            if outcome is None:
                raise Malformed(f"{self.mapping.family} has no such message on {as_if!r}")
            return outcome.events

        return decode
