"""Who gets what: sessions that ask for the same and may see the same are one audience; batches are cut per audience."""

from collections.abc import Iterable, Iterator

from hub.auth import View, sees
from hub.conflation import Conflation
from hub.events import Batch, Position
from hub.interest import PLAIN, Interest, Options
from hub.routes import Router
from hub.selection import Content, Selection
from hub.session import Session
from hub.topics import FilterIndex, matches

MAX_CACHED_TOPICS = 200_000
"""Topics whose audiences are remembered; past that all are looked up anew (overflow: `cache_resets`)."""

MAX_PACED_BYTES = 4 * 1024 * 1024
"""What may wait in one audience for its `max_rate`; past it the next goes before its time (counted as `early`)."""

Key = tuple[frozenset[Interest], View | None]


class Audience:
    """The sessions that get the same frames, and the pieces that wait for the next one.

    `pace` keeps back what interests with `max_rate` let through later; None where there are none.
    """

    __slots__ = ("filters", "interests", "pace", "pending", "plain", "sessions", "view")

    def __init__(self, interests: frozenset[Interest], view: View | None) -> None:
        self.interests = interests
        self.view = view
        self.filters = frozenset(interest.filter for interest in interests)
        self.plain = all(interest.options == PLAIN for interest in interests)
        self.sessions: dict[Session, None] = {}
        self.pending: list[bytes] = []
        self.pace: Conflation[Position] | None = None
        if any(interest.options.max_rate is not None for interest in interests):
            self.pace = Conflation(limit_bytes=MAX_PACED_BYTES)

    def take(self) -> list[bytes]:
        """What waits, and wait for new."""
        pending, self.pending = self.pending, []
        return pending

    def asked(self, topic: str) -> Iterator[Options]:
        """What its interests ask of a topic that its filters select."""
        if self.plain:
            yield PLAIN
        else:
            yield from (each.options for each in self.interests if matches(each.filter, topic))


class AudienceIndex:
    """All audiences of this node, and for each topic the ones it is for: looked up in a trie once, then remembered."""

    def __init__(self) -> None:
        self.cache_resets = 0
        self._audiences: dict[Key, Audience] = {}
        self._index: FilterIndex[Audience] = FilterIndex()
        self._by_topic: dict[str, list[Audience]] = {}
        self._selective: dict[str, list[tuple[Selection, list[Audience]]]] = {}
        self._router: Router[Audience] = Router()
        self._waiting: list[Audience] = []
        self._paced: dict[Audience, None] = {}

    def __iter__(self) -> Iterator[Audience]:
        return iter(self._audiences.values())

    def __len__(self) -> int:
        return len(self._audiences)

    def paced(self) -> list[Audience]:
        """The audiences in which something waits for its `max_rate`."""
        return [audience for audience in self._paced if audience.pace]

    def of(self, session: Session) -> Audience | None:
        """The audience that a session is in."""
        return self._audiences.get((session.interests, session.view))

    def move(self, session: Session, interests: Iterable[Interest], view: View | None = None) -> None:
        """Put a session into the audience of these interests, out of the one it was in; none: into none.

        What waits for the old audience must have been flushed before.
        """
        self._leave(session)
        wanted = frozenset(interests)
        if not wanted:
            return
        audience = self._audiences.get((wanted, view))
        if audience is None:
            audience = self._audiences[wanted, view] = Audience(wanted, view)
            for topic_filter in audience.filters:
                self._index.add(topic_filter, audience)
            if audience.pace is not None:
                self._paced[audience] = None
            self._forget_topics_of(audience)
        # The audience's own sets, so that equal ones are kept once.
        session.interests, session.filters, session.view = audience.interests, audience.filters, view
        audience.sessions[session] = None

    def _leave(self, session: Session) -> None:
        audience = self.of(session)
        session.interests, session.filters, session.view = frozenset(), frozenset(), None
        if audience is None:
            return
        del audience.sessions[session]
        if not audience.sessions:
            del self._audiences[audience.interests, audience.view]
            self._paced.pop(audience, None)
            for topic_filter in audience.filters:
                self._index.discard(topic_filter, audience)
            self._forget_topics_of(audience)

    def _forget_topics_of(self, audience: Audience) -> None:
        """Whom these are for is to be looked up anew: where an audience names its topics, none but them."""
        if not audience.plain or any("+" in each or "#" in each for each in audience.filters):
            self._forget_topics()
            return
        for topic in audience.filters:
            self._by_topic.pop(topic, None)
            self._selective.pop(topic, None)

    def _forget_topics(self) -> None:
        self._by_topic.clear()
        self._selective.clear()
        self._router = Router()

    def offer(self, batch: Batch, *, before: Position, now_ms: float) -> None:
        """Cut a batch: each piece to the audiences of its topic. `before` is the position of the batch before it."""
        by_topic, waiting = self._by_topic, self._waiting
        for topic, piece in zip(batch.topics, batch.pieces(), strict=True):
            audiences = by_topic.get(topic)
            if audiences is None:
                audiences = self._look_up(topic)
            for audience in audiences:
                if not audience.pending:
                    waiting.append(audience)
                audience.pending.append(piece)
            if topic in self._selective:
                self._select(topic, piece, before, now_ms)

    def _select(self, topic: str, piece: bytes, before: Position, now_ms: float) -> None:
        content = Content(topic, piece)
        for selection, audiences in self._selective[topic]:
            wanted = selection.select(content)
            if wanted is None:
                continue
            interval_ms = selection.interval_ms(content) if selection.paced else None
            for audience in audiences:
                if audience.pace is not None and selection.paced:
                    audience.pace.add(wanted, now_ms=now_ms, mark=before, interval_ms=interval_ms)
                    continue
                if not audience.pending:
                    self._waiting.append(audience)
                audience.pending.append(wanted)

    def _look_up(self, topic: str) -> list[Audience]:
        if len(self._by_topic) >= MAX_CACHED_TOPICS:
            self._forget_topics()
            self.cache_resets += 1
        seeing = self.on(topic)
        if all(audience.plain for audience in seeing):
            self._by_topic[topic] = seeing
            return seeing
        routes = self._router.route(topic, ((audience, each) for audience in seeing for each in audience.asked(topic)))
        self._by_topic[topic] = routes.plain
        if routes.selected:
            self._selective[topic] = routes.selected
        return routes.plain

    def on(self, topic: str) -> list[Audience]:
        """The audiences that a topic is for, whatever their options leave out."""
        return [audience for audience in self._index.match(topic) if sees(audience.view, topic)]

    def take_waiting(self) -> list[Audience]:
        """The audiences for which something waits; they count as flushed from now on."""
        waiting, self._waiting = self._waiting, []
        return waiting
