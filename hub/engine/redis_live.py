"""A subscription to the redis engine: announcements as they come, holes filled from the stream."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import NamedTuple, Protocol

from hub.engine.backoff import full_jitter_s
from hub.errors import Unavailable, Unrecoverable
from hub.events import Batch, Position

logger = logging.getLogger(__name__)

MAX_QUEUE_BYTES = 8 * 1024 * 1024
MAX_LIST_BATCHES = 256
SILENCE_S = 2.0
MAX_SILENT_MISSES = 2


class Announcement(NamedTuple):
    """A batch as it was announced: its position, and the bytes of its entry."""

    position: Position
    entry: bytes


Listen = Callable[[float], Awaitable[Announcement | None]]
"""The next announcement; None after so many seconds without one. Raises Unavailable where the connection is gone."""


class Source(Protocol):
    """What a subscription needs of the log. All of it raises Unavailable."""

    def listen(self) -> AbstractAsyncContextManager[Listen]:
        """Announcements from now on, on a connection of its own."""
        ...

    async def head(self) -> Position:
        """The newest position."""
        ...

    def heard(self, position: Position) -> None:
        """This position was announced: the log has been that far."""
        ...

    async def history(self, since: Position, *, limit: int) -> list[Batch]:
        """See Engine."""
        ...


class RedisLive:
    """Live (see `base`); `run` is a task that reads the connection, so that a slow subscriber does not fill Redis.

    Overflow `reread`: past its bound the queue is emptied, and the subscriber reads from the stream where it is.
    `holes` counts reads from the stream.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self._queue: deque[Announcement] = deque()
        self._queue_bytes = 0
        self._moved = asyncio.Event()
        self._failure: Unrecoverable | Unavailable | None = None
        self._started: asyncio.Future[Position] = asyncio.get_running_loop().create_future()
        self._next: Position
        self._target = 0
        self.position: Position
        self.holes = 0

    async def start(self) -> None:
        """Wait until `run` hears announcements; raises Unavailable where the log does not answer."""
        self.position = await self._started

    def __aiter__(self) -> "RedisLive":
        return self

    async def __anext__(self) -> list[Batch]:
        failures = 0
        while True:
            if self._failure is not None:
                raise self._failure
            if batches := self._take():
                return batches
            if not self._queue and self._target <= self._next.offset:
                self._moved.clear()
                await self._moved.wait()
                continue
            try:
                if batches := await self._reread():
                    return batches
            except Unavailable:
                failures += 1
                await asyncio.sleep(full_jitter_s(failures))

    def _take(self) -> list[Batch]:
        """What was announced and comes next."""
        queue, batches = self._queue, []
        offset = self._next.offset
        while queue and queue[0].position.offset <= offset + 1:
            position, entry = queue.popleft()
            self._queue_bytes -= len(entry)
            if position.offset == offset + 1:
                batches.append(Batch.decode(entry, position))
                offset += 1
        self._next = Position(self._next.epoch, offset)
        return batches

    async def _reread(self) -> list[Batch]:
        since = self._next
        self.holes += 1
        batches = await self._source.history(since, limit=MAX_LIST_BATCHES)
        self._next = Position(since.epoch, since.offset + len(batches))
        if not batches and not self._queue:
            self._target = since.offset
        return batches

    async def run(self) -> None:
        """Listen for ever, again after each failure; ends when the subscription can't go on."""
        failures = 0
        while self._failure is None:
            try:
                async with self._source.listen() as listen:
                    self._begin(await self._source.head())
                    failures = 0
                    await self._hear(listen)
            except Unavailable as error:
                if not self._started.done():
                    self._started.set_exception(error)
                    return
                if not failures:
                    logger.warning("A subscription lost its connection and comes back: %s", error)
                failures += 1
                await asyncio.sleep(full_jitter_s(failures))

    def _begin(self, head: Position) -> None:
        if not self._started.done():
            self._next, self._target = head, head.offset
            self._started.set_result(head)
        self._reach(head)

    async def _hear(self, listen: Listen) -> None:
        misses = 0
        while self._failure is None:
            announcement = await listen(SILENCE_S)
            if announcement is not None:
                misses = 0
                self._offer(announcement)
                continue
            head = await self._source.head()
            misses = misses + 1 if head.offset > self._target else 0
            self._reach(head)
            if misses >= MAX_SILENT_MISSES:
                raise Unavailable("Redis announces nothing on this connection although the log grows.")

    def _offer(self, announcement: Announcement) -> None:
        position, entry = announcement
        self._source.heard(position)
        if position.epoch == self._next.epoch and position.offset > self._next.offset:
            if self._queue_bytes + len(entry) > MAX_QUEUE_BYTES:
                self._queue.clear()
                self._queue_bytes = 0
            else:
                self._queue.append(announcement)
                self._queue_bytes += len(entry)
        self._reach(position)

    def _reach(self, head: Position) -> None:
        if head.epoch != self._next.epoch:
            self._failure = Unrecoverable(f"The log was lost and began again as {head}.")
        self._target = max(self._target, head.offset)
        self._moved.set()
