"""The store on PostgreSQL: history as one row an event, with the bytes that were encoded at ingest."""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self

from hub.errors import Unavailable
from hub.events import Batch, Position
from hub.rollup_plan import Plan
from hub.store import postgres_archive, postgres_projections, postgres_read, postgres_refolding, postgres_search
from hub.store.archive_base import Archived, Moment
from hub.store.archive_window import Reading, selected
from hub.store.base import Page, Slots
from hub.store.deadline import Deadline
from hub.store.pages import cursor
from hub.store.postgres_link import PostgresThread
from hub.store.postgres_write import FOLD_S, PostgresWriter
from hub.store.projection_base import Told
from hub.store.search_base import FoundPage, Wanted

REFOLD_S = 5.0
"""How often it is looked whether projections are of another version of the code."""

log = logging.getLogger(__name__)


class PostgresEventStore:
    """EventStore, Archive, EventSearch and Projections (see the modules `…_base`) at `url`, whose tables are there.

    Any number of processes may open it, one should write. History older than `keep_s` (seconds; None: for ever) is
    dropped by the week; `latest` stays.
    """

    def __init__(
        self, url: str, *, keep_s: float | None = None, fold_s: float = FOLD_S, clock: Callable[[], float] = time.time
    ) -> None:
        self._keep_s = keep_s
        self._clock = clock
        self._writer = PostgresWriter(keep_s=keep_s, fold_s=fold_s, clock=clock)
        self._folding: asyncio.Task[None] | None = None
        self._refold_failures = 0
        self._thread = PostgresThread(url, name="hub.store.events")

    @property
    def fold_failures(self) -> int:
        """Times that the latest could not be moved to where they are read fastest, or folded anew; tried again."""
        return self._writer.fold_failures + self._refold_failures

    async def __aenter__(self) -> Self:
        await self._thread.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._folding is not None:
            self._folding.cancel()
            await asyncio.gather(self._folding, return_exceptions=True)
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
        if self._folding is None:
            # Who writes keeps the projections; other processes that open the database only read.
            self._folding = asyncio.create_task(self._keep_folded(), name="hub.store.postgres[projections]")
        return await self._thread.run_in_turn(lambda connection: self._writer.write(connection, batches))

    async def _keep_folded(self) -> None:
        while True:
            await asyncio.sleep(REFOLD_S)
            try:
                await self.refold()
            except Exception:
                self._refold_failures += 1
                log.exception("Projections were not folded anew; it is tried again in %.0f s.", REFOLD_S)

    async def refold(self) -> None:
        """Fold anew what another version of the code has folded (see Projections)."""
        await self._thread.run(postgres_refolding.keep)

    async def projections(self) -> dict[str, tuple[int, bool]]:
        """Of which version each projection is, and whether it is being folded anew."""
        return await self._thread.run(postgres_projections.kept)

    async def rebuild(self, names: Sequence[str], *, told: Told) -> None:
        """See Projections; those that are not kept here are passed over."""
        await self._thread.run(lambda connection: postgres_refolding.rebuild(connection, names, told=told))

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
            lambda connection: postgres_read.summaries(connection, by_topic, plan, deadline=deadline)
        )
        return {device: found[f"telemetry/{device}"] for device in asked}

    def whole_since(self) -> dict[int, int]:
        """See EventStore; everything comes from the events."""
        return {}

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
