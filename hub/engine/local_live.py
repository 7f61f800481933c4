"""A subscription to the local engine."""

import asyncio

from hub.engine.log_reader import MAX_READ_BYTES
from hub.engine.log_view import LogView
from hub.events import Batch, Position

MAX_LIST_BATCHES = 1000


class LocalLive:
    """Live (see `base`). It keeps a place on the log, not a queue: the log is its bound, and lagging loses nothing."""

    def __init__(self, log: LogView, moved: asyncio.Event) -> None:
        self._log = log
        self._moved = moved
        self._next = self.position = log.head

    def __aiter__(self) -> "LocalLive":
        return self

    async def __anext__(self) -> list[Batch]:
        while self._next.offset >= self._log.head.offset:
            self._moved.clear()
            await self._moved.wait()
        batches = await self._log.history(self._next, limit=MAX_LIST_BATCHES, max_bytes=MAX_READ_BYTES)
        self._next = Position(self._next.epoch, self._next.offset + len(batches))
        return batches
