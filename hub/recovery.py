"""Recovery: what a client missed between its position and now, all of it or nothing."""

from collections.abc import Sequence
from typing import NamedTuple

from hub.engine.base import Engine
from hub.errors import Unrecoverable
from hub.events import Batch, Position
from hub.topics import matches

MAX_MISSED_BYTES = 16 * 1024 * 1024
"""More than this is not recovered: a snapshot is smaller, and what waits for one client must be bounded."""
READ_BATCHES = 200


class Missed(NamedTuple):
    """The events after a client's position that its filters select, up to `position`."""

    pieces: list[bytes]
    position: Position


async def missed_since(
    engine: Engine, since: Position, until: Position, filters: Sequence[str], *, limit: int | None = None
) -> Missed:
    """What lies after `since`, up to and with `until`; Unrecoverable where that can't be proved or is too much.

    With a limit, up to the batch that brings so many events.
    """
    if since.epoch != until.epoch or since.offset > until.offset:
        raise Unrecoverable(f"{since} is not before {until}.")
    selection = _Selection(filters)
    at = since
    while at.offset < until.offset:
        batches = await engine.history(at, limit=READ_BATCHES)
        if not batches:
            raise Unrecoverable(f"The log ends at {at}, before {until}.")
        for batch in batches:
            at = batch.position or at
            if at.offset > until.offset:
                break
            selection.take(batch)
            if limit is not None and len(selection.pieces) >= limit:
                return Missed(selection.pieces, at)
        size = selection.size_bytes
        if size > MAX_MISSED_BYTES:
            raise Unrecoverable(f"{size} bytes were missed since {since}; at most {MAX_MISSED_BYTES} are recovered.")
    return Missed(selection.pieces, until)


class _Selection:
    """The events of batches that filters select; each topic is matched once."""

    def __init__(self, filters: Sequence[str]) -> None:
        self.pieces: list[bytes] = []
        self.size_bytes = 0
        self._filters = filters
        self._topics: dict[str, bool] = {}

    def take(self, batch: Batch) -> None:
        for topic, piece in zip(batch.topics, batch.pieces(), strict=True):
            wanted = self._topics.get(topic)
            if wanted is None:
                wanted = self._topics[topic] = any(matches(topic_filter, topic) for topic_filter in self._filters)
            if wanted:
                self.pieces.append(piece)
                self.size_bytes += len(piece)
