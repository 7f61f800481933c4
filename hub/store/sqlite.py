"""The store on one SQLite file: history as one row an event, with the bytes that were encoded at ingest."""

import logging
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from hub.errors import Unavailable
from hub.events import Batch, Position
from hub.projections import ROLLUPS, VERSIONS, outdated
from hub.rollup_plan import HOUR, LEVELS, RAW, UNITS_MS, Plan
from hub.store import (
    sqlite_archive,
    sqlite_projections,
    sqlite_read,
    sqlite_rollup,
    sqlite_search,
    sqlite_states,
    sqlite_summary,
)
from hub.store.archive_base import Archived, Moment
from hub.store.archive_window import Reading, selected
from hub.store.base import Page, Slots
from hub.store.deadline import Deadline
from hub.store.pages import cursor
from hub.store.projection_base import Told
from hub.store.retention import Retention
from hub.store.rolling import Rolling
from hub.store.search_base import FoundPage, Wanted
from hub.store.sqlite_floor import SqliteFloor
from hub.store.sqlite_open import open_store
from hub.store.sqlite_refolding import SqliteRefolding
from hub.store.sqlite_thread import SqliteThread
from hub.store.sqlite_write import FOLD_S, SqliteWriter

log = logging.getLogger(__name__)


class SqliteEventStore:
    """EventStore, EventSearch, Archive and Projections (see the modules `…_base`) on the file `path`.

    Several processes may open it; one of them should write. Reads, summaries and writes have a thread and a connection
    each and never wait for each other. Values older than `keep_s` (seconds; None: for ever), other events older than
    `keep_events_s` (None: as values; inf: for ever), rollups of minutes older than `keep_rollups_s`, and the oldest
    values where the file has more than `keep_bytes` (0: any), are deleted in small steps while events are written;
    `latest` stays. New events are in a journal, where reading is slower, for `fold_s`. Beyond `max_bytes` (0: no limit)
    values are not kept, all else is.
    """

    def __init__(  # noqa: PLR0913 - each limit has a name
        self,
        path: Path,
        *,
        keep_s: float | None = None,
        keep_rollups_s: float | None = None,
        fold_s: float = FOLD_S,
        clock: Callable[[], float] = time.time,
        max_bytes: int = 0,
        keep_events_s: float | None = None,
        keep_bytes: int = 0,
    ) -> None:
        self._clock = clock
        self._rolling = Rolling(self._roll_step, first=self.refold, name="hub.store.sqlite[rollups]")
        self._writer = SqliteWriter(
            keep=Retention(keep_s, keep_rollups_s, keep_events_s),
            fold_s=fold_s,
            clock=clock,
            max_bytes=max_bytes,
            keep_bytes=keep_bytes,
        )
        self._refolding = SqliteRefolding(path, since=self.whole_since, events_since=self._writer.trim.events_since)
        # Of those who read: the writer's may be ahead of what is committed, and be in another process.
        self._floor = SqliteFloor(0)
        self._reading = SqliteThread(path, name="hub.store.read", connect=open_store)
        self._summing = SqliteThread(path, name="hub.store.sum", connect=open_store)
        self._writing = SqliteThread(path, name="hub.store.write", connect=open_store, failed=self._writer.forget)

    @property
    def rollups(self) -> int:
        """Rollups computed."""
        return self._rolling.done

    @property
    def roll_failures(self) -> int:
        """Times that rollups were not brought up to date; what is read is right meanwhile, only slower."""
        return self._rolling.failures

    @property
    def fold_failures(self) -> int:
        """Times that events could not be moved from the journal to where history is read fastest; tried again."""
        return self._writer.fold_failures

    @property
    def refused(self) -> int:
        """Events with values that were not kept because of `max_bytes`."""
        return self._writer.refused

    @property
    def trimmed(self) -> int:
        """Events deleted because of their age or the size of the file."""
        return self._writer.trim.trimmed

    def readings(self) -> Iterator[tuple[str, str, float]]:
        """Its counters, by the names of the metrics table."""
        yield "hub_store_failures", "", self.fold_failures + self.roll_failures
        yield "hub_store_refused", "", self.refused
        yield "hub_store_rollups", "", self.rollups
        yield "hub_store_trimmed", "", self.trimmed

    async def __aenter__(self) -> Self:
        try:
            await self.position()
        except BaseException:
            await self._close()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._rolling.end()
        try:
            await self._writing.run(self._writer.finish)
        except Unavailable as error:
            log.warning("Closing the store: %s Nothing is lost, the next start goes on from there.", error)
        await self._close()

    async def _close(self) -> None:
        for thread in (self._writing, self._reading, self._summing):
            await thread.close()

    async def position(self) -> Position | None:
        """See EventStore."""
        return await self._reading.run(self._position)

    def _position(self, connection: sqlite3.Connection) -> Position | None:
        self._floor.read(connection)
        return sqlite_read.position(connection)

    async def write(self, batches: Sequence[Batch]) -> int:
        """See EventStore."""
        # Who writes keeps the projections; other processes that open the file only read.
        first = self._rolling.begin()

        def work(connection: sqlite3.Connection) -> int:
            if first:
                sqlite_projections.kept(connection)
            return self._writer.write(connection, batches)

        return await self._writing.run(work)

    async def refold(self) -> None:
        """Fold anew what another version of the code has folded (see Projections)."""
        kept = await self.projections()
        if outdated(kept, VERSIONS):
            await self._refolding.keep(kept)

    async def projections(self) -> dict[str, tuple[int, bool]]:
        """Of which version each projection is, and whether it is being folded anew."""
        return await self._writing.run(sqlite_projections.kept)

    async def rebuild(self, names: Sequence[str], *, told: Told) -> Sequence[str]:
        """See Projections."""
        await self._refolding.rebuild(names, told=told)
        if ROLLUPS not in names:
            return names
        # As if hours had passed for each level, since a stretch is not due before those it is made of are done.
        for ahead_ms in range(0, 2 * len(LEVELS) * UNITS_MS[HOUR] + 1, 2 * UNITS_MS[HOUR]):
            while done := await self._roll_step(ahead_ms=ahead_ms):
                told(ROLLUPS, done)
        return names

    async def latest(self) -> list[bytes]:
        """See EventStore."""
        return await self._reading.run(sqlite_read.snapshot)

    async def history(
        self, device: str, key: str, *, start: int, end: int, limit: int, after: str | None = None
    ) -> Page:
        """See EventStore; a page may have fewer points than `limit`, or none, and still a `next`."""
        topic, begin = f"telemetry/{device}", cursor(start, after)
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

    async def summaries(
        self, asked: Mapping[str, Sequence[str]], plan: Plan, *, limit_s: float
    ) -> dict[str, dict[str, Slots]]:
        """See EventStore."""
        by_topic = {f"telemetry/{device}": keys for device, keys in asked.items()}
        deadline = Deadline(limit_s)
        found = await self._summing.run(
            lambda connection: sqlite_summary.summaries(connection, by_topic, plan, deadline=deadline)
        )
        return dict(zip(asked, found.values(), strict=True))

    async def roll(self) -> int:
        """Compute the rollups that are due, in small steps between writes; how many it was."""
        return await self._rolling.roll()

    async def _roll_step(self, *, ahead_ms: int = 0) -> int:
        now_ms, since = int(self._clock() * 1000) + ahead_ms, self.whole_since()
        return await self._writing.run(lambda connection: sqlite_rollup.step(connection, now_ms=now_ms, since=since))

    def whole_since(self) -> dict[int, int]:
        """See EventStore; what another process has deleted because of its size is known since the last `position`."""
        since, floor = self._writer.trim.whole_since(), self._floor.at
        return since if floor is None else since | {RAW: max(floor, since.get(RAW, floor))}

    async def search(self, wanted: Wanted, *, before: int | None, after: int | None, limit: int) -> FoundPage:
        """See EventSearch."""
        return await self._summing.run(
            lambda connection: sqlite_search.search(connection, wanted, before=before, after=after, limit=limit)
        )

    async def moment(self, at: Position | int | None = None) -> Moment:
        """See Archive."""
        return await self._reading.run(lambda connection: sqlite_archive.moment(connection, at))

    async def read(
        self, *, after: int, until: int | None = None, filters: Sequence[str] = ("#",), limit: int
    ) -> Sequence[Archived]:
        """See Archive."""
        newest = (await self.moment()).place
        run = self._summing.run
        return await selected(
            Reading(
                lambda *asked: run(lambda opened: sqlite_archive.window(opened, *asked)),
                lambda *asked: run(lambda opened: sqlite_archive.part(opened, *asked)),
                lambda *asked: run(lambda opened: sqlite_archive.topics(opened, *asked)),
            ),
            after=after,
            until=newest if until is None else min(until, newest),
            filters=filters,
            limit=limit,
        )

    async def state(self, place: int) -> list[bytes]:
        """See Archive."""
        since = self.whole_since().get(RAW)
        return await self._summing.run(lambda connection: sqlite_states.state(connection, place, since=since))

    async def keys(self, device: str) -> list[str]:
        """See EventStore."""
        return await self._reading.run(lambda connection: sqlite_read.keys(connection, f"telemetry/{device}"))
