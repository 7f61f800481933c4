"""The store on one SQLite file: history as one row an event, with the bytes that were encoded at ingest."""

import logging
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Self

from hub.errors import Unavailable
from hub.events import Batch, Position
from hub.store import sqlite_read
from hub.store.base import Page
from hub.store.schema import open_store
from hub.store.sqlite_thread import SqliteThread
from hub.store.sqlite_write import FOLD_S, SqliteWriter

log = logging.getLogger(__name__)


class SqliteEventStore:
    """EventStore (see `base`) on the file `path`, which several processes may open; one of them should write.

    Reads and writes have a thread and a connection each and never wait for each other. History older than `keep_s`
    (seconds; None: for ever) is deleted in small steps while events are written; `latest` stays. New events are in a
    journal, where reading is slower, for `fold_s`.
    """

    def __init__(
        self, path: Path, *, keep_s: float | None = None, fold_s: float = FOLD_S, clock: Callable[[], float] = time.time
    ) -> None:
        self._writer = SqliteWriter(keep_s=keep_s, fold_s=fold_s, clock=clock)
        self._reading = SqliteThread(path, name="hub.store.read", connect=open_store)
        self._writing = SqliteThread(path, name="hub.store.write", connect=open_store, failed=self._writer.forget)

    @property
    def fold_failures(self) -> int:
        """Times that events could not be moved from the journal to where history is read fastest; tried again."""
        return self._writer.fold_failures

    @property
    def trimmed(self) -> int:
        """Events deleted because of their age."""
        return self._writer.trim.trimmed

    async def __aenter__(self) -> Self:
        try:
            await self.position()
        except BaseException:
            await self._reading.close()
            await self._writing.close()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        try:
            await self._writing.run(self._writer.finish)
        except Unavailable as error:
            log.warning("Closing the store: %s Nothing is lost, the next start goes on from there.", error)
        await self._writing.close()
        await self._reading.close()

    async def position(self) -> Position | None:
        """See EventStore."""
        return await self._reading.run(sqlite_read.position)

    async def write(self, batches: Sequence[Batch]) -> int:
        """See EventStore."""
        return await self._writing.run(lambda connection: self._writer.write(connection, batches))

    async def latest(self) -> list[bytes]:
        """See EventStore."""
        return await self._reading.run(sqlite_read.snapshot)

    async def history(
        self, device: str, key: str, *, start: int, end: int, limit: int, after: str | None = None
    ) -> Page:
        """See EventStore; a page may have fewer points than `limit`, or none, and still a `next`."""
        topic, begin = f"telemetry/{device}", sqlite_read.cursor(start, after)
        return await self._reading.run(
            lambda connection: sqlite_read.page(connection, topic, key, begin=begin, end=end, limit=limit)
        )

    async def events(
        self, topic: str, *, start: int, end: int, limit: int, newest: bool = False
    ) -> list[dict[str, Any]]:
        """See EventStore."""
        return await self._reading.run(
            lambda connection: sqlite_read.events(connection, topic, start=start, end=end, limit=limit, newest=newest)
        )

    async def keys(self, device: str) -> list[str]:
        """See EventStore."""
        return await self._reading.run(lambda connection: sqlite_read.keys(connection, f"telemetry/{device}"))
