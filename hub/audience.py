"""Who gets what: sessions with equal filters are one audience, and each batch is cut once per audience."""

from collections.abc import Iterator

from hub.events import Batch
from hub.session import Session
from hub.topics import FilterIndex

MAX_CACHED_TOPICS = 200_000
"""Topics whose audiences are remembered; past that all are looked up anew (overflow: `cache_resets`)."""


class Audience:
    """The sessions that get the same frames, and the pieces that wait for the next one."""

    __slots__ = ("filters", "pending", "sessions")

    def __init__(self, filters: frozenset[str]) -> None:
        self.filters = filters
        self.sessions: dict[Session, None] = {}
        self.pending: list[bytes] = []

    def take(self) -> list[bytes]:
        """What waits, and wait for new."""
        pending, self.pending = self.pending, []
        return pending


class AudienceIndex:
    """All audiences of this node, and for each topic the ones it is for: looked up in a trie once, then remembered."""

    def __init__(self) -> None:
        self.cache_resets = 0
        self._audiences: dict[frozenset[str], Audience] = {}
        self._index: FilterIndex[Audience] = FilterIndex()
        self._by_topic: dict[str, list[Audience]] = {}
        self._waiting: list[Audience] = []

    def __iter__(self) -> Iterator[Audience]:
        return iter(self._audiences.values())

    def __len__(self) -> int:
        return len(self._audiences)

    def move(self, session: Session, filters: frozenset[str]) -> None:
        """Put a session into the audience of these filters, out of the one it was in; no filters: into none.

        What waits for the old audience must have been flushed before.
        """
        if session.filters:
            self._leave(session)
        if not filters:
            session.filters = filters
            return
        audience = self._audiences.get(filters)
        if audience is None:
            audience = self._audiences[filters] = Audience(filters)
            for topic_filter in filters:
                self._index.add(topic_filter, audience)
            self._by_topic.clear()
        session.filters = audience.filters
        audience.sessions[session] = None

    def _leave(self, session: Session) -> None:
        audience = self._audiences[session.filters]
        del audience.sessions[session]
        if not audience.sessions:
            del self._audiences[session.filters]
            for topic_filter in audience.filters:
                self._index.discard(topic_filter, audience)
            self._by_topic.clear()

    def offer(self, batch: Batch) -> None:
        """Cut a batch: each piece to the audiences of its topic."""
        by_topic, waiting = self._by_topic, self._waiting
        for topic, piece in zip(batch.topics, batch.pieces(), strict=True):
            audiences = by_topic.get(topic)
            if audiences is None:
                audiences = self._look_up(topic)
            for audience in audiences:
                if not audience.pending:
                    waiting.append(audience)
                audience.pending.append(piece)

    def _look_up(self, topic: str) -> list[Audience]:
        if len(self._by_topic) >= MAX_CACHED_TOPICS:
            self._by_topic.clear()
            self.cache_resets += 1
        audiences = self._by_topic[topic] = self._index.match(topic)
        return audiences

    def take_waiting(self) -> list[Audience]:
        """The audiences for which something waits; they count as flushed from now on."""
        waiting, self._waiting = self._waiting, []
        return waiting
