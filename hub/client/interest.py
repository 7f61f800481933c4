"""One subscription as the exchange sees it: which events, and how far it has come."""

from collections.abc import Iterable, Sequence
from enum import Enum

from hub.client.frames import Event, Events
from hub.client.inbox import Batch, Inbox
from hub.client.narrowing import PLAIN, Narrowing
from hub.topics import FilterIndex

MAX_REMEMBERED_TOPICS = 10_000
"""Topics whose subscriptions are remembered; past that all are looked up anew."""


class State(Enum):
    """Where a subscription is: asked for or waiting for a link, confirmed, or over."""

    SUBSCRIBING = "subscribing"
    SUBSCRIBED = "subscribed"
    UNSUBSCRIBED = "unsubscribed"


class Interest:
    """Filters, and a position that all their events up to it have come; None: it begins anew.

    A frame that is a part says less than it has: its events lie after its position. They are counted, so that they are
    passed over when a recovery from that position brings them again. Merged events can't be counted: those may come
    again. `start` is the position where it began, if not with a snapshot.
    """

    __slots__ = (
        "_beyond",
        "_counted",
        "_passed",
        "begun",
        "filters",
        "inbox",
        "narrowing",
        "position",
        "presence",
        "snapshot",
        "start",
        "state",
    )

    def __init__(
        self,
        filters: Iterable[str],
        *,
        snapshot: bool,
        since: str | None,
        inbox: Inbox,
        narrowing: Narrowing = PLAIN,
        presence: bool = False,
    ) -> None:
        self.narrowing = narrowing
        self.presence = presence
        self.filters = tuple(dict.fromkeys(filters))
        self.snapshot = snapshot
        self.position = self.start = since
        self.inbox = inbox
        self.state = State.SUBSCRIBING
        self.begun = False
        # Events after the position: those given to the subscriber, and those that this link has brought.
        self._beyond = 0
        self._passed = 0
        self._counted = True

    def confirmed(self) -> None:
        """The hub has answered."""
        self.state = State.SUBSCRIBED
        self.begun = True

    def unlinked(self) -> None:
        """There is no link, or it is to be recovered on: what comes next begins at the position."""
        self.state = State.SUBSCRIBING
        self._passed = 0

    def reach(self, position: str) -> None:
        """All up to the position has come."""
        if self.start is None and not self.snapshot:
            self.start = position
        if position != self.position:
            self._begin_at(position)

    def _begin_at(self, position: str | None) -> None:
        self.position = position
        self._beyond = self._passed = 0
        self._counted = True

    def take(self, events: list[Event], frame: Events) -> None:
        """Give the subscriber what it wants of the events of a frame that its filters select."""
        events = self.narrowing.select(events)
        if frame.snapshot:
            self._load(events, frame)
            return
        if frame.part:
            self.reach(frame.position)
        if frame.conflated:
            self._counted = False
        fresh = self._fresh(events)
        if not frame.part:
            self.reach(frame.position)
        if fresh:
            self.inbox.put(Batch(fresh, frame.position, conflated=frame.conflated))

    def _load(self, events: list[Event], frame: Events) -> None:
        if frame.part:
            if events:
                self.inbox.put(Batch(events, snapshot=True))
            return
        # An empty snapshot is news too: nothing is there, as against not yet known.
        self.inbox.put(Batch(events, frame.position, snapshot=True))
        self.reach(frame.position)

    def _fresh(self, events: list[Event]) -> list[Event]:
        if not self._counted:
            self._beyond = 0
            return events
        known = max(0, self._beyond - self._passed)
        self._passed += len(events)
        self._beyond = max(self._beyond, self._passed)
        return events[known:] if known else events

    def miss(self) -> None:
        """What lies after the position is not to be had: say it, and begin again with a snapshot."""
        self.inbox.put(Batch([], gap=True))
        self._begin_at(None)
        self.snapshot = True


class Router:
    """Which interests an event is for: filters are tried once for each topic, then it is remembered."""

    def __init__(self) -> None:
        self.interests: dict[Interest, None] = {}
        self._index: FilterIndex[Interest] = FilterIndex()
        self._by_topic: dict[str, list[Interest]] = {}

    def add(self, interest: Interest) -> None:
        """Let it get events."""
        self.interests[interest] = None
        for topic_filter in interest.filters:
            self._index.add(topic_filter, interest)
        self._by_topic.clear()

    def discard(self, interest: Interest) -> None:
        """Let it get no more."""
        self.interests.pop(interest, None)
        for topic_filter in interest.filters:
            self._index.discard(topic_filter, interest)
        self._by_topic.clear()

    def split(self, events: Sequence[Event]) -> dict[Interest, list[Event]]:
        """The events for each interest that any are for, in their order."""
        parts: dict[Interest, list[Event]] = {}
        by_topic = self._by_topic
        for event in events:
            interests = by_topic.get(event.topic)
            if interests is None:
                interests = self._look_up(event.topic)
            for interest in interests:
                parts.setdefault(interest, []).append(event)
        return parts

    def _look_up(self, topic: str) -> list[Interest]:
        if len(self._by_topic) >= MAX_REMEMBERED_TOPICS:
            self._by_topic.clear()
        found = self._by_topic[topic] = self._index.match(topic)
        return found
