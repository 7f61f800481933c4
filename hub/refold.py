"""Folding the latest events anew from what was recorded; pure."""

from collections import deque
from collections.abc import Iterable
from typing import NamedTuple

from hub import registry
from hub.latest import EVERYTHING, Latest

_RECORDS = registry.PREFIX

MAX_PLACES = 500_000
"""Topics whose last place is remembered; past it those go that are not among the latest."""


class Ground(NamedTuple):
    """What the latest of a topic was (one event a line) when all events before `place` had been folded."""

    topic: str
    place: int
    lines: bytes


class Refold:
    """Takes all recorded events in the order of their places; `latest` is what they come to.

    A topic that has a ground begins there: of the events before it some are gone.
    """

    def __init__(self, grounds: Iterable[Ground] = ()) -> None:
        self.latest = Latest()
        # A record first: it makes those topics of its device be forgotten that are there already.
        ordered = sorted(grounds, key=lambda one: (one.place, not one.topic.startswith(_RECORDS), one.topic))
        self._grounds = deque(ordered)
        self._begin = {one.topic: one.place for one in ordered}
        self._places: dict[str, int] = {}

    def take(self, events: Iterable[tuple[int, str, bytes]]) -> None:
        """Take the next events: place, topic and JSON."""
        pieces: list[bytes] = []
        for place, topic, piece in events:
            if self._grounds and self._grounds[0].place <= place:
                self.latest.restore(pieces)
                pieces.clear()
                self._restore(until=place)
            # Of records the newest counts, whatever came before it; and each says when its device was forgotten.
            if place >= self._begin.get(topic, 0) or topic.startswith(_RECORDS):
                pieces.append(piece)
                self._places[topic] = place
        self.latest.restore(pieces)
        if len(self._places) > MAX_PLACES:
            self._places = {topic: place for topic, place in self._places.items() if topic in self.latest}

    def add(self, late: Iterable[Ground]) -> None:
        """When all were taken: grounds that came to be meanwhile, of values that are in no event."""
        self._restore(until=None)
        for ground in late:
            self.latest.restore(ground.lines.split(b"\n"))

    def topics(self) -> list[str]:
        """When all were taken: the topics that have a latest, in the order in which they were last heard of."""
        self._restore(until=None)
        return sorted(self.latest.topics(EVERYTHING), key=lambda topic: self._places.get(topic, 0))

    def _restore(self, *, until: int | None) -> None:
        while self._grounds and (until is None or self._grounds[0].place <= until):
            ground = self._grounds.popleft()
            self.latest.restore(ground.lines.split(b"\n"))
            self._places[ground.topic] = ground.place
