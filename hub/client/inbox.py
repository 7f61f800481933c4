"""What waits for one subscriber: bounded, and its overflow has a name."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from hub.client.frames import Event
from hub.errors import HubError

Overflow = Literal["pause", "drop_oldest"]
"""`pause`: the connection stops reading until there is room, so nothing is lost; `drop_oldest`: counted and gone."""

MAX_EVENTS = 10_000
HARD_FACTOR = 4
"""While an answer is awaited, reading goes on up to so many times the limit: the answer is behind the events."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What one frame had for a subscriber, in the order of the log.

    `position`: all up to there has been given with this batch, None where that can't be said. `snapshot`: the events
    are the latest of their topics. `gap`: what came before and what comes now do not join; something is missing.
    `conflated`: so many events of the log stand merged in some of the frame's; `event.conflated` says in which.
    """

    events: list[Event]
    position: str | None = None
    snapshot: bool = False
    gap: bool = False
    conflated: int = 0


class Inbox:
    """Batches that wait for a subscriber, at most `max_events` events or one batch; `woken` is called for each."""

    def __init__(self, *, max_events: int = MAX_EVENTS, overflow: Overflow = "pause") -> None:
        self.dropped_events = 0
        self.gaps = 0
        self.ended = False
        self.error: HubError | None = None
        self.woken: Callable[[], None] = lambda: None
        self._max_events = max_events
        self._overflow = overflow
        self._batches: deque[Batch] = deque()
        self._events = 0

    def __len__(self) -> int:
        """Events that wait."""
        return self._events

    @property
    def empty(self) -> bool:
        """Nothing waits, not even the word of a gap."""
        return not self._batches

    def full(self, *, hard: bool = False) -> bool:
        """Whether reading must wait for this subscriber."""
        limit = self._max_events * (HARD_FACTOR if hard else 1)
        return self._overflow == "pause" and not self.ended and self._events >= limit

    def put(self, batch: Batch) -> None:
        """Add a batch; past the limit the oldest go, where that was chosen, but never the word of a gap."""
        self._batches.append(batch)
        self._events += len(batch.events)
        self.gaps += batch.gap
        if self._overflow == "drop_oldest" and self._events > self._max_events:
            self._drop()
        self.woken()

    def _drop(self) -> None:
        gap = False
        while self._events > self._max_events and len(self._batches) > 1:
            oldest = self._batches.popleft()
            gap = gap or oldest.gap
            self._events -= len(oldest.events)
            self.dropped_events += len(oldest.events)
        if gap:
            self._batches.appendleft(Batch([], gap=True))

    def take(self) -> Batch | None:
        """The oldest batch; None where nothing waits."""
        if not self._batches:
            return None
        batch = self._batches.popleft()
        self._events -= len(batch.events)
        return batch

    def end(self, error: HubError | None = None) -> None:
        """Nothing comes any more, because of the error where there is one; what waits may still be taken."""
        if not self.ended:
            self.ended = True
            self.error = error
            self.woken()
