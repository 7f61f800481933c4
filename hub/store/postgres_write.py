"""What is written to PostgreSQL: one statement for the events of a list of batches, whatever their number.

The server cuts the events out of one body: what Python binds is five values, not five a row. The latest of each topic
is kept every few seconds only; `folded` is the place up to which that is done, and who reads adds the events behind.
`forgets` counts the times that topics were deleted or the latest folded anew, so that no process writes to an id that
is gone, or what it remembers over what is new.
"""

import logging
import time
from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import cast

from hub.events import Batch, decode_event
from hub.latest import EVERYTHING, Latest
from hub.store import postgres_archive, postgres_erase, postgres_ground, postgres_read, postgres_search
from hub.store.archive_states import Mark, is_due
from hub.store.merged import Merged, joined, merge
from hub.store.offsets import MAX_EPOCHS, pass_over, without_telemetry
from hub.store.pages import clamp, is_telemetry
from hub.store.postgres_link import FAILURES, Connection
from hub.store.postgres_partitions import Partitions
from hub.store.postgres_rollup import Marks
from hub.store.postgres_size import PostgresSize
from hub.store.postgres_trim import PostgresTrim
from hub.store.retention import Retention
from hub.store.runs import runs_of

log = logging.getLogger(__name__)

FOLD_EVENTS = 50_000
FOLD_S = 2.0
"""The latest of each topic is kept when so many events wait for it, or the first of them is that old."""

MAX_CACHED_IDS = 500_000
FORGET_TOPICS = 2_000
"""What one step looks at, at most."""

_LOCK = "SELECT places, forgets, rolls FROM store FOR UPDATE"

_MOVE_END = """
INSERT INTO epochs (epoch, "offset") VALUES ($1, $2)
ON CONFLICT (epoch) DO UPDATE SET "offset" = excluded."offset" """

_DROP_EPOCHS = "DELETE FROM epochs WHERE id NOT IN (SELECT id FROM epochs ORDER BY id DESC LIMIT $1)"

_INSERT = """
INSERT INTO events (topic, time, place, body)
SELECT topic, time, $1 + ord, substr($2::bytea, start, length)
FROM unnest($3::bigint[], $4::bigint[], $5::int[], $6::int[]) WITH ORDINALITY AS given(topic, time, start, length, ord)
WHERE topic > 0 ORDER BY topic, time, ord"""

_KEEP = """
INSERT INTO latest (topic, place, body)
SELECT topic, $1 + ord, substr($2::bytea, start, length)
FROM unnest($3::text[], $4::int[], $5::int[]) WITH ORDINALITY AS given(topic, start, length, ord)
ON CONFLICT (topic) DO UPDATE SET place = excluded.place, body = excluded.body"""

_DROP = "DELETE FROM latest WHERE topic <> ALL ($1)"
_DROP_RAW = _DROP + " AND topic >= 'raw/' AND topic < 'raw0'"

_FORGET = """
DELETE FROM topics WHERE id > $1 AND id <= $2 AND NOT EXISTS (SELECT FROM events WHERE events.topic = topics.id)
AND NOT EXISTS (SELECT FROM rollups WHERE rollups.topic = topics.id)
AND NOT EXISTS (SELECT FROM stale WHERE stale.topic = topics.id)
AND NOT EXISTS (SELECT FROM erasing WHERE erasing.topic = topics.id)"""


class PostgresWriter:
    """Writes batches with their position; its methods are called one after the other.

    It keeps topic ids and the latest events in memory; they are read again after a failure, and where another process
    wrote, what that brought is added. `fold_failures` counts the times that the latest could not be kept; that is
    tried again. `refused` counts the values' events that were not kept because `max_bytes` (0: no limit) are used;
    their latest is.
    """

    def __init__(self, *, keep: Retention, fold_s: float, clock: Callable[[], float], max_bytes: int = 0) -> None:
        self.fold_failures = 0
        self.refused = 0
        self.trim = PostgresTrim(keep, clock=clock)
        self.partitions = Partitions(keep_s=keep.events_s, clock=clock)
        self._size = PostgresSize(max_bytes)
        self._marks = Marks()
        self._rolls = 0
        self._fold_s = fold_s
        self._keep_s = keep.events_s
        self._clock = clock
        self._recorded_ms = 0
        self._snapshot: Mark | None = None
        self._ids: dict[str, int] = {}
        self._latest = Latest()
        self._evicted = (0, 0)
        self._places = -1
        self._forgets = 0
        self._refused_topics: set[str] = set()
        self._waiting_topics: set[str] = set()
        self._waiting_events = 0
        self._waiting_since = 0.0
        self._forgotten: int | None = None

    async def write(self, connection: Connection, batches: Sequence[Batch]) -> int:
        """Write the batches that are not there yet, with their position in one transaction; how many events it was."""
        try:
            events = await self._write(connection, batches)
        except BaseException:
            self._forget()
            raise
        await self._fold_if_due(connection)
        return events

    async def finish(self, connection: Connection) -> None:
        """Keep the latest of what is left, so that the next start reads less; raises one of FAILURES."""
        if self._waiting_topics:
            await self._fold(connection)

    def _forget(self) -> None:
        # What is in memory may not be what is in the database.
        self._places = -1
        self._marks.forget()

    async def _write(self, connection: Connection, batches: Sequence[Batch]) -> int:
        async with connection.transaction():
            places = await self._lock(connection)
            new = await _pass_over(connection, batches)
            kept = [without_telemetry(batch) for batch in new] if self._size.full else new
            filled = [batch for batch in kept if batch.topics]
            events = sum(len(batch.topics) for batch in filled)
            if events:
                await self._insert(connection, filled, places)
                now_ms = int(self._clock() * 1000)
                runs = runs_of(filled, places, not_before=self._recorded_ms, now_ms=now_ms)
                await postgres_archive.keep(connection, runs)
                await postgres_erase.begin(connection, filled, places)
                await connection.execute("UPDATE store SET places = $1", places + events)
        if events:
            self._recorded_ms = runs[-1].at
        self._places = places + events
        if kept is not new:
            self.refused += sum(len(batch.topics) for batch in new) - events
            self._refused_topics.update(topic for batch in new for topic in batch.topics if is_telemetry(topic))
        for batch in new:
            self._latest.apply(batch)
            self._waiting_topics.update(batch.topics)
        self._waiting_events += events
        return events

    async def _lock(self, connection: Connection) -> int:
        # Nobody else writes from here to the end of the transaction; the places, and memory is as the database.
        places: int
        places, forgets, self._rolls = await connection.fetchrow(_LOCK)
        if forgets != self._forgets:
            # Topics were deleted, or the latest were folded anew.
            self._places = -1
        if self._places < 0:
            self._ids.clear()
        if places != self._places:
            await self.partitions.read(connection)
            self._recorded_ms = await postgres_archive.last_at(connection)
            self._snapshot = await postgres_archive.last_snapshot(connection)
        if self._places < 0:
            self._latest, self._evicted = Latest(), (0, 0)
            pieces = await postgres_read.keep(connection, self._latest)
            self._waiting_topics.clear()
            self._waiting_events = 0
        else:
            pieces = await postgres_read.since(connection, self._places) if places != self._places else []
            self._latest.restore(pieces)
        self._waiting_topics.update(cast("str", decode_event(piece)["topic"]) for piece in pieces)
        self._waiting_events += len(pieces)
        self._places, self._forgets = places, forgets
        return places

    async def _insert(self, connection: Connection, batches: Sequence[Batch], places: int) -> None:
        topics = [topic for batch in batches for topic in batch.topics]
        times = [clamp(at) for batch in batches for at in batch.times]
        lengths = [length for batch in batches for length in batch.lengths]
        starts = list(accumulate([length + 1 for length in lengths[:-1]], initial=1))
        body = b",".join([batch.body for batch in batches])
        ids = await self._topic_ids(connection, topics)
        await self.partitions.make(connection, times)
        # The number of an event counts from 1 in SQL.
        await connection.execute(_INSERT, places - 1, body, ids, times, starts, lengths)
        await postgres_search.write(connection, batches, ids, places)
        await self._marks.mark(
            connection,
            zip(topics, ids, times, strict=True),
            rolls=self._rolls,
            now_ms=int(self._clock() * 1000),
            since=self.trim.whole_since(),
        )
        # Of raw messages there is no history, and what is latest must be there at once.
        raw = {
            topic: body[start - 1 : start - 1 + length]
            for topic, start, length in zip(topics, starts, lengths, strict=True)
            if topic.startswith("raw/")
        }
        if raw:
            await _keep(connection, list(raw.items()), places=places + len(topics))

    async def _topic_ids(self, connection: Connection, topics: list[str]) -> list[int]:
        ids = [self._ids.get(topic, -1) for topic in topics]
        if -1 not in ids:
            return ids
        if len(self._ids) > MAX_CACHED_IDS:
            self._ids.clear()
        # raw/… gets no history, which anyone could fill; 0 is no topic's id.
        self._ids.update((topic, 0) for topic in topics if topic.startswith("raw/"))
        new = [topic for topic in dict.fromkeys(topics) if topic not in self._ids]
        found = dict(await connection.fetch("SELECT topic, id FROM topics WHERE topic = ANY ($1)", new))
        missing = [topic for topic in new if topic not in found]
        if missing:
            insert = "INSERT INTO topics (topic) SELECT unnest($1::text[]) RETURNING topic, id"
            found |= dict(await connection.fetch(insert, missing))
        self._ids |= found
        return [self._ids[topic] for topic in topics]

    async def _fold_if_due(self, connection: Connection) -> None:
        now = time.monotonic()
        self._waiting_since = self._waiting_since or now
        if self._waiting_events < FOLD_EVENTS and now - self._waiting_since < self._fold_s:
            return
        try:
            await self._fold(connection)
            if await self.partitions.drop(connection):
                self._forgotten = 0
            if self._keep_s is not None:
                before_ms = int((self._clock() - self._keep_s) * 1000)
                await postgres_archive.trim(connection, before_ms)
                await postgres_search.trim(connection, before_ms)
            await self._size.look(connection)
        except FAILURES:
            # The write that was asked for is done; until this succeeds, reading what is latest takes longer.
            log.exception("Keeping the latest events failed; it is tried again with a later write.")
            self.fold_failures += 1
            self._waiting_since = now

    async def _fold(self, connection: Connection) -> None:
        latest = self._latest
        rows = merge(latest, (topic for topic in self._waiting_topics if not topic.startswith("raw/")))
        evicted = latest.evicted_topics + latest.forgotten, latest.evicted_raw
        async with connection.transaction():
            if tuple(await connection.fetchrow(_LOCK))[:2] != (self._places, self._forgets):
                # Another process came between; the next write here reads what it made.
                return
            await _keep(connection, rows, places=self._places)
            await postgres_ground.keep(connection, [*self._refused_topics])
            if evicted != self._evicted:
                await _drop_evicted(connection, latest, raw_only=evicted[0] == self._evicted[0])
                await postgres_ground.drop_lonely(connection)
            last = Mark(self._places - 1, self._recorded_ms)
            snapshot = last if is_due(self._snapshot, last, len(latest)) else self._snapshot
            if snapshot is not None and snapshot != self._snapshot:
                await postgres_archive.keep_snapshot(connection, latest, snapshot.place)
            await postgres_erase.step(connection)
            await self.trim.step(connection, written=self._waiting_events)
            await self._forget_topics(connection)
            await connection.execute("UPDATE store SET folded = places")
        self._evicted, self._snapshot = evicted, snapshot
        self._refused_topics.clear()
        self._waiting_topics.clear()
        self._waiting_events = 0
        self._waiting_since = 0.0

    async def _forget_topics(self, connection: Connection) -> None:
        # Goes round once after a partition went: topics without events are not needed.
        if self._forgotten is None:
            return
        first, last = self._forgotten, self._forgotten + FORGET_TOPICS
        if await connection.execute(_FORGET, first, last) != "DELETE 0":
            self._forgets = await connection.fetchval("UPDATE store SET forgets = forgets + 1 RETURNING forgets")
            self._ids.clear()
        newest = await connection.fetchval("SELECT coalesce(max(id), 0) FROM topics")
        self._forgotten = last if last < newest else None


async def _pass_over(connection: Connection, batches: Sequence[Batch]) -> list[Batch]:
    # Leaves out what is there already, and keeps the new position of each epoch.
    ends = dict(await connection.fetch('SELECT epoch, "offset" FROM epochs'))
    new, moved = pass_over(ends, batches)
    for epoch, offset in moved.items():
        await connection.execute(_MOVE_END, epoch, offset)
    if len(ends | moved) > MAX_EPOCHS:
        await connection.execute(_DROP_EPOCHS, MAX_EPOCHS)
    return new


async def _keep(connection: Connection, rows: Merged, *, places: int) -> None:
    topics, starts, lengths, body = joined(rows)
    # Fewer topics than events have changed, so these numbers end below the next fold's first.
    await connection.execute(_KEEP, places - len(rows) - 1, body, topics, starts, lengths)


async def _drop_evicted(connection: Connection, latest: Latest, *, raw_only: bool) -> None:
    topics = latest.topics(["raw/#"] if raw_only else EVERYTHING)
    await connection.execute(_DROP_RAW if raw_only else _DROP, topics)
