"""The store on PostgreSQL: history as one row an event, with the bytes that were encoded at ingest."""

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Self

from hub.errors import Unavailable
from hub.events import Batch, Position
from hub.rollup_plan import RAW, Plan
from hub.store import (
    postgres_archive,
    postgres_projections,
    postgres_read,
    postgres_refolding,
    postgres_rollup,
    postgres_search,
    postgres_summary,
)
from hub.store.archive_base import Archived, Moment
from hub.store.archive_window import Reading, selected
from hub.store.base import Page, Slots
from hub.store.deadline import Deadline
from hub.store.pages import cursor
from hub.store.postgres_link import Connection, PostgresThread
from hub.store.postgres_write import FOLD_S, PostgresWriter
from hub.store.projection_base import Told
from hub.store.retention import Retention
from hub.store.rolling import Rolling
from hub.store.search_base import FoundPage, Wanted

log = logging.getLogger(__name__)


class PostgresEventStore:
    """EventStore, Archive, EventSearch and Projections (see the modules `…_base`) at `url`, whose tables are there.

    Any number of processes may open it, one should write. History older than `keep_s` (seconds; None: for ever) is
    dropped by the week, rollups of minutes older than `keep_rollups_s` in small steps; `latest` stays. Beyond
    `max_bytes` (0: no limit) values are not kept, all else is.
    """

    def __init__(
        self,
        url: str,
        *,
        keep_s: float | None = None,
        keep_rollups_s: float | None = None,
        fold_s: float = FOLD_S,
        clock: Callable[[], float] = time.time,
        max_bytes: int = 0,
    ) -> None:
        self._keep_s = keep_s
        self._clock = clock
        self._rolling = Rolling(self._roll_step, first=self.refold, name="hub.store.postgres[rollups]")
        self._writer = PostgresWriter(
            keep=Retention(keep_s, keep_rollups_s), fold_s=fold_s, clock=clock, max_bytes=max_bytes
        )
        self._thread = PostgresThread(url, name="hub.store.events")

    @property
    def rollups(self) -> int:
        """Rollups computed."""
        return self._rolling.done

    @property
    def roll_failures(self) -> int:
        """Times that projections were not brought up to date; what is read is right meanwhile, only slower."""
        return self._rolling.failures

    @property
    def fold_failures(self) -> int:
        """Times that the latest could not be moved to where they are read fastest; tried again."""
        return self._writer.fold_failures

    @property
    def refused(self) -> int:
        """Events with values that were not kept because of `max_bytes`."""
        return self._writer.refused

    @property
    def trimmed(self) -> int:
        """Events deleted because of their age."""
        return self._writer.partitions.trimmed

    def readings(self) -> Iterator[tuple[str, str, float]]:
        """Its counters, by the names of the metrics table."""
        yield "hub_store_failures", "", self.fold_failures + self.roll_failures
        yield "hub_store_refused", "", self.refused
        yield "hub_store_rollups", "", self.rollups
        yield "hub_store_trimmed", "", self.trimmed

    async def __aenter__(self) -> Self:
        await self._thread.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._rolling.end()
        try:
            await self._thread.run_in_turn(self._writer.finish)
        except Unavailable as error:
            log.warning("Closing the store: %s Nothing is lost, the next start goes on from there.", error)
        await self._thread.close()

    async def position(self) -> Position | None:
        """See EventStore."""
        return await self._thread.run(postgres_read.position)

    async def write(self, batches: Sequence[Batch]) -> int:
        """See EventStore."""
        # Who writes keeps the projections; other processes that open the database only read.
        first = self._rolling.begin()

        async def work(connection: Connection) -> int:
            if first:
                await postgres_projections.kept(connection)
            return await self._writer.write(connection, batches)

        return await self._thread.run_in_turn(work)

    async def refold(self) -> None:
        """Fold anew what another version of the code has folded (see Projections)."""
        await self._thread.run(partial(postgres_refolding.keep, since=self._since))

    async def projections(self) -> dict[str, tuple[int, bool]]:
        """Of which version each projection is, and whether it is being folded anew."""
        return await self._thread.run(postgres_projections.kept)

    async def rebuild(self, names: Sequence[str], *, told: Told) -> Sequence[str]:
        """See Projections; rollups are passed over."""
        work = partial(postgres_refolding.rebuild, names=names, since=self._since, told=told)
        return await self._thread.run(work)

    def _since(self) -> dict[int, int]:
        return {} if self._keep_s is None else {RAW: int((self._clock() - self._keep_s) * 1000)}

    async def latest(self) -> list[bytes]:
        """See EventStore."""
        return await self._thread.run(postgres_read.snapshot)

    async def history(
        self, device: str, key: str, *, start: int, end: int, limit: int, after: str | None = None
    ) -> Page:
        """See EventStore; a page may have fewer points than `limit`, or none, and still a `next`."""
        topic, begin = f"telemetry/{device}", cursor(start, after)
        return await self._thread.run(
            lambda connection: postgres_read.page(connection, topic, key, begin=begin, end=end, limit=limit)
        )

    async def events(
        self, topic: str, *, start: int, end: int, limit: int, newest: bool = False
    ) -> list[dict[str, Any]]:
        """See EventStore."""
        return await self._thread.run(
            lambda connection: postgres_read.events(connection, topic, start=start, end=end, limit=limit, newest=newest)
        )

    async def summaries(
        self, asked: Mapping[str, Sequence[str]], plan: Plan, *, limit_s: float
    ) -> dict[str, dict[str, Slots]]:
        """See EventStore."""
        by_topic = {f"telemetry/{device}": keys for device, keys in asked.items()}
        deadline = Deadline(limit_s)
        found = await self._thread.run(
            lambda connection: postgres_summary.summaries(connection, by_topic, plan, deadline=deadline)
        )
        return {device: found[f"telemetry/{device}"] for device in asked}

    async def roll(self) -> int:
        """Compute the rollups that are due, in small steps between writes; how many it was."""
        return await self._rolling.roll()

    async def _roll_step(self) -> int:
        now_ms, since = int(self._clock() * 1000), self.whole_since()
        return await self._thread.run_in_turn(
            lambda connection: postgres_rollup.step(connection, now_ms=now_ms, since=since)
        )

    def whole_since(self) -> dict[int, int]:
        """See EventStore."""
        return self._writer.trim.whole_since()

    async def moment(self, at: Position | int | None = None) -> Moment:
        """See Archive."""
        return await self._thread.run(lambda connection: postgres_archive.moment(connection, at))

    async def read(
        self, *, after: int, until: int | None = None, filters: Sequence[str] = ("#",), limit: int
    ) -> Sequence[Archived]:
        """See Archive."""
        newest = (await self.moment()).place
        run = self._thread.run
        return await selected(
            Reading(
                lambda *asked: run(lambda opened: postgres_archive.window(opened, *asked)),
                lambda *asked: run(lambda opened: postgres_archive.part(opened, *asked)),
                lambda *asked: run(lambda opened: postgres_archive.topics(opened, *asked)),
            ),
            after=after,
            until=newest if until is None else min(until, newest),
            filters=filters,
            limit=limit,
        )

    async def state(self, place: int) -> list[bytes]:
        """See Archive."""
        since = None if self._keep_s is None else int((self._clock() - self._keep_s) * 1000)
        return await self._thread.run(lambda connection: postgres_archive.state(connection, place, since=since))

    async def search(self, wanted: Wanted, *, before: int | None, after: int | None, limit: int) -> FoundPage:
        """See EventSearch."""
        return await self._thread.run(
            lambda connection: postgres_search.search(connection, wanted, before=before, after=after, limit=limit)
        )

    async def keys(self, device: str) -> list[str]:
        """See EventStore."""
        return await self._thread.run(lambda connection: postgres_read.keys(connection, f"telemetry/{device}"))
