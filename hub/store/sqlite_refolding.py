"""Folding projections of the SQLite store anew, step by step, in one process at a time."""

import asyncio
import fcntl
import logging
import os
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Protocol, cast

from hub.errors import Unavailable
from hub.projections import LATEST, ROLLUPS, SEARCH, VERSIONS, outdated
from hub.store import sqlite_projections
from hub.store.projection_base import Told
from hub.store.sqlite_open import open_store
from hub.store.sqlite_refold import LatestRefold
from hub.store.sqlite_refold_rollups import RollupsRefold
from hub.store.sqlite_refold_search import SearchRefold
from hub.store.sqlite_thread import SqliteThread

log = logging.getLogger(__name__)


class Steps(Protocol):
    """One projection that is folded anew."""

    def step(self, connection: sqlite3.Connection) -> int | None:
        """Do a little; how much it was, or None when all is done and noted."""
        ...


class SqliteRefolding:
    """Folds projections anew in a thread and with a connection of its own.

    `since` is `whole_since` of EventStore, `events_since` the same of events that are not values.
    """

    def __init__(
        self, path: Path, *, since: Callable[[], Mapping[int, int]], events_since: Callable[[], Mapping[int, int]]
    ) -> None:
        self._path = path
        self._makers: Mapping[str, Callable[[], Steps]] = {
            LATEST: LatestRefold,
            ROLLUPS: lambda: RollupsRefold(since),
            SEARCH: lambda: SearchRefold(events_since),
        }

    async def rebuild(self, names: Sequence[str], *, told: Told) -> None:
        """See Projections; rollups are marked then, and computed by who writes."""
        async with self._alone() as thread:
            if thread is None:
                raise Unavailable(f"Another process folds {self._path} anew; wait until it has ended.")
            await thread.run(lambda connection: sqlite_projections.want(connection, names))
            for name in names:
                await self._refold(thread, name, told, rest=0)

    async def keep(self, kept: Mapping[str, tuple[int, bool]]) -> None:
        """Fold anew what another version of the code has folded, or what was begun and not ended.

        Nothing happens where another process is at it.
        """
        async with self._alone() as thread:
            names = outdated(kept, self._makers) if thread else []
            if thread and names:
                # What another version of the code has begun is not gone on with.
                await thread.run(lambda connection: sqlite_projections.want(connection, names))
            for name in names:
                log.warning(
                    "%s: folded anew from the events, as version %d of the code does it; until then what version %d"
                    " made is served.",
                    name,
                    VERSIONS[name],
                    kept[name][0],
                )
                begun = time.monotonic()
                # As long as a step took, so that half of a core is left to those who are waited for.
                await self._refold(cast("SqliteThread", thread), name, lambda *_: None, rest=1)
                log.info("%s: folded anew in %.1f s.", name, time.monotonic() - begun)

    async def _refold(self, thread: SqliteThread, name: str, told: Told, *, rest: float) -> None:
        steps = self._makers[name]()
        while True:
            begun = time.monotonic()
            done = await thread.run(steps.step)
            if done is None:
                return
            told(name, done)
            await asyncio.sleep(rest * (time.monotonic() - begun))

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[SqliteThread | None]:
        # A lock of the system, which ends with the process, however it ends; None: another process has it.
        lock = os.open(f"{self._path}.refold", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                yield None
                return
            thread = SqliteThread(self._path, name="hub.store.refold", connect=open_store)
            try:
                yield thread
            finally:
                await thread.close()
        finally:
            os.close(lock)
