"""The local engine's log as the event loop sees it: head, newest batches, reads, and who waits for more."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hub.engine.log_reader import MAX_READ_BYTES, read_after, read_tail
from hub.engine.recent import MAX_RECENT_BATCHES, MAX_RECENT_BYTES, Recent
from hub.errors import Unavailable, Unrecoverable
from hub.events import Batch, Position


class LogView:
    """What is committed; recent batches come from memory, older ones from the disk."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._recent = Recent()
        self._watches: set[asyncio.Event] = set()
        self._epoch = ""
        self._head = 0
        self._open = False

    async def open(self, epoch: str, head: int) -> None:
        """Begin with what the file has."""
        newest = await asyncio.to_thread(read_tail, self._path, limit=MAX_RECENT_BATCHES, max_bytes=MAX_RECENT_BYTES)
        for entry in newest:
            self._recent.append(*entry)
        self._epoch, self._head, self._open = epoch, head, True

    def close(self) -> None:
        """Whoever waits or asks from now on gets Unavailable."""
        self._open = False
        self.announce()

    @property
    def head(self) -> Position:
        """The newest position; raises Unavailable where the log is closed."""
        if not self._open:
            raise Unavailable("The log is closed.")
        return Position(self._epoch, self._head)

    def append(self, batch: Batch, size_bytes: int) -> None:
        """A batch with its position, just committed. Call `announce` after the last one."""
        self._head += 1
        self._recent.append(self._head, batch, size_bytes)

    @contextmanager
    def watch(self) -> Iterator[asyncio.Event]:
        """An event that is set whenever the head moves, and at the end."""
        event = asyncio.Event()
        self._watches.add(event)
        try:
            yield event
        finally:
            self._watches.discard(event)

    async def read(self, after: int, *, limit: int, max_bytes: int | None = MAX_READ_BYTES) -> tuple[int, list[Batch]]:
        """At most `limit` batches after the offset that are still there, without gaps, and the offset of the first.

        From the disk it is no more than `max_bytes`, but one batch at least.
        """
        recent = self._recent.after(after, limit)
        if recent is not None:
            return after + 1, recent
        found = await asyncio.to_thread(read_after, self._path, after, limit=limit, max_bytes=max_bytes)
        return found[0].offset if found else after + 1, [entry.batch for entry in found]

    async def history(self, since: Position, *, limit: int, max_bytes: int | None = None) -> list[Batch]:
        """At most `limit` batches right after the position; raises Unrecoverable where that can't be proved."""
        head = self.head
        if since.epoch != head.epoch or since.offset > head.offset:
            raise Unrecoverable(f"Position {since} is not of this log; its head is {head}.")
        if since.offset == head.offset or limit <= 0:
            return []
        _, batches = await self.read(since.offset, limit=limit, max_bytes=max_bytes)
        # What is left of an earlier epoch keeps its own positions.
        if not batches or batches[0].position != Position(since.epoch, since.offset + 1):
            raise Unrecoverable(f"What follows position {since} is not on the log any more.")
        return batches

    async def tail(self, *, limit: int) -> list[Batch]:
        """The newest `limit` batches, oldest first."""
        recent = self._recent.after(max(0, self.head.offset - limit), limit)
        if recent is not None or limit <= 0:
            return recent or []
        return [entry.batch for entry in await asyncio.to_thread(read_tail, self._path, limit=limit)]

    def announce(self) -> None:
        """Wake all who wait for more."""
        for event in self._watches:
            event.set()
