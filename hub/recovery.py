"""Recovery: what a client missed between its position and now, all of it or nothing."""

from collections.abc import Sequence
from typing import NamedTuple

from hub.auth import View, sees
from hub.conflation import Taken
from hub.engine.base import Engine
from hub.errors import Unrecoverable
from hub.events import Batch, Position
from hub.interest import PLAIN, Interest
from hub.selection import picked
from hub.topics import matches

MAX_MISSED_BYTES = 16 * 1024 * 1024
"""More than this is not recovered: a snapshot is smaller, and what waits for one client must be bounded."""
READ_BATCHES = 200


class Wanted(NamedTuple):
    """What of the past a session wants, and may see."""

    interests: frozenset[Interest]
    view: View | None

    def selects(self, topic: str) -> bool:
        """Whether events of the topic are asked for and may be seen; what options leave out is not looked at."""
        return sees(self.view, topic) and any(matches(each.filter, topic) for each in self.interests)

    def of(self, events: Sequence[tuple[str, bytes]]) -> Taken:
        """What it wants of encoded events with their topics, which it selects."""
        if all(each.options == PLAIN for each in self.interests):
            return Taken([piece for _, piece in events], 0)
        return picked(self.interests, events)


class Missed(NamedTuple):
    """The events after a client's position that it wants, up to `position`; `conflated` of them merged."""

    pieces: list[bytes]
    position: Position
    conflated: int


async def missed_since(
    engine: Engine, since: Position, until: Position, wanted: Wanted, *, limit: int | None = None
) -> Missed:
    """What lies after `since`, up to and with `until`; Unrecoverable where that can't be proved or is too much.

    With a limit, up to the batch that brings so many events.
    """
    if since.epoch != until.epoch or since.offset > until.offset:
        raise Unrecoverable(f"{since} is not before {until}.")
    found = _Found(wanted)
    at = since
    while at.offset < until.offset:
        batches = await engine.history(at, limit=READ_BATCHES)
        if not batches:
            raise Unrecoverable(f"The log ends at {at}, before {until}.")
        for batch in batches:
            at = batch.position or at
            if at.offset > until.offset:
                break
            found.take(batch)
            if limit is not None and len(found.events) >= limit:
                return found.missed(at)
        size = found.size_bytes
        if size > MAX_MISSED_BYTES:
            raise Unrecoverable(f"{size} bytes were missed since {since}; at most {MAX_MISSED_BYTES} are recovered.")
    return found.missed(until)


class _Found:
    """The events of batches that are wanted; each topic is looked at once."""

    def __init__(self, wanted: Wanted) -> None:
        self.events: list[tuple[str, bytes]] = []
        self.size_bytes = 0
        self._wanted = wanted
        self._topics: dict[str, bool] = {}

    def take(self, batch: Batch) -> None:
        for topic, piece in zip(batch.topics, batch.pieces(), strict=True):
            selected = self._topics.get(topic)
            if selected is None:
                selected = self._topics[topic] = self._wanted.selects(topic)
            if selected:
                self.events.append((topic, piece))
                self.size_bytes += len(piece)

    def missed(self, position: Position) -> Missed:
        taken = self._wanted.of(self.events)
        return Missed(taken.pieces, position, taken.conflated)
