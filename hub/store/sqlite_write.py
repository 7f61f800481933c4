"""What is written to the SQLite store; every method runs in the thread that owns the connection.

One statement writes what a list of batches brings, whatever their number: stepping through executemany takes the
interpreter's lock for each row, and beside a busy event loop that is 300 rows/s (measured; one statement: 25,000).
"""

import logging
import sqlite3
import time
from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate, count

import orjson

from hub.disk_budget import DiskBudget
from hub.events import Batch
from hub.latest import Latest
from hub.rollup_plan import MINUTE, UNITS_MS
from hub.store import (
    sqlite_archive,
    sqlite_erase,
    sqlite_fold,
    sqlite_ground,
    sqlite_read,
    sqlite_rollup,
    sqlite_search,
    sqlite_states,
)
from hub.store.archive_states import Mark, is_due
from hub.store.merged import merge
from hub.store.offsets import MAX_EPOCHS, pass_over, without_telemetry
from hub.store.pages import MAX_TIME, TELEMETRY, clamp
from hub.store.retention import Retention
from hub.store.runs import runs_of
from hub.store.said import Said, said_of
from hub.store.sqlite_floor import SqliteFloor
from hub.store.sqlite_trim import SqliteTrim
from hub.store.stretches import Stretch

log = logging.getLogger(__name__)

FOLD_EVENTS = 50_000
FOLD_BYTES = 16 * 1024 * 1024
FOLD_S = 2.0
"""The journal is folded into `events` and `latest` when it has that many events or bytes, or its first is that old."""

MAX_CACHED_IDS = 500_000
_MOVE_END = """
INSERT INTO epochs (epoch, offset) VALUES (?, ?)
ON CONFLICT (epoch) DO UPDATE SET offset = excluded.offset"""

_STATE = "SELECT places, (SELECT made FROM projections WHERE name = 'latest') FROM store"


class SqliteWriter:
    """Writes batches with their position, and folds the journal.

    It keeps topic ids and the latest events in memory; `forget` makes it read them again. `fold_failures` counts
    folds that did not succeed; what they were to move stays in the journal. `erased` counts what was forgotten,
    `refused` the values' events that were not kept because `max_bytes` (0: no limit) are used; their latest is.
    """

    def __init__(
        self,
        *,
        keep: Retention,
        fold_s: float,
        clock: Callable[[], float],
        max_bytes: int = 0,
        keep_bytes: int = 0,
    ) -> None:
        self.fold_failures = 0
        self.erased = 0
        self._floor = SqliteFloor(keep_bytes)
        self.trim = SqliteTrim(keep, clock=clock, floor=self._floor)
        self.refused = 0
        self._budget = DiskBudget(max_bytes)
        self._fold_s = fold_s
        self._ids: dict[str, int] = {}
        self._latest = Latest()
        self._evicted = (0, 0)
        self._places = -1
        self._recorded_ms = 0
        self._snapshot: Mark | None = None
        self._made: int | None = None
        self._clock = clock
        self._refused_topics: set[str] = set()
        self._waiting_topics: set[str] = set()
        self._waiting_minutes: set[Stretch] = set()
        self._waiting_said: list[Said] = []
        self._waiting_events = 0
        self._waiting_bodies: list[bytes] = []
        self._waiting_bytes = 0
        self._waiting_since = 0.0

    def forget(self) -> None:
        """What is in memory may not be what is in the file."""
        self._ids.clear()
        self._places = -1

    def write(self, connection: sqlite3.Connection, batches: Sequence[Batch]) -> int:
        """Write the batches that are not there yet, with their position in one transaction; how many events it was."""
        connection.execute("BEGIN IMMEDIATE")
        places, made = connection.execute(_STATE).fetchone()
        if (places, made) != (self._places, self._made):
            self._read(connection, places)
            self._made = made
        new = _pass_over(connection, batches)
        kept = [without_telemetry(batch) for batch in new] if self._budget.full else new
        events = sum(len(batch.topics) for batch in kept)
        body = b""
        if events:
            body = self._journal(connection, [batch for batch in kept if batch.topics], places)
            sqlite_erase.begin(connection, kept, places)
            now_ms = int(self._clock() * 1000)
            runs = runs_of(kept, places, not_before=self._recorded_ms, now_ms=now_ms)
            sqlite_archive.keep(connection, runs)
            connection.execute("UPDATE store SET places = ?", (places + events,))
        connection.execute("COMMIT")
        if events:
            self._recorded_ms = runs[-1].at
        self._places = places + events
        if kept is not new:
            self.refused += sum(len(batch.topics) for batch in new) - events
            self._refused_topics.update(topic for batch in new for topic in batch.topics if topic.startswith(TELEMETRY))
        self._waiting_bodies.append(body)
        self._waiting_bytes += len(body)
        for batch in new:
            self._latest.apply(batch)
            self._waiting_topics.update(batch.topics)
        self._waiting_events += events
        self._fold_if_due(connection)
        return events

    def finish(self, connection: sqlite3.Connection) -> None:
        """Fold what is left, so that the next start has nothing to do."""
        if self._waiting_events and self._places >= 0:
            self._fold(connection)

    def _read(self, connection: sqlite3.Connection, places: int) -> None:
        # The first write, one after a failure, another process wrote, or the latest were folded anew: memory says
        # nothing about the file.
        self._ids.clear()
        self._floor.read(connection)
        kept = sqlite_read.kept(connection)
        self._latest, self._evicted, self._places = kept.latest, (0, 0), places
        self._recorded_ms = sqlite_archive.last_at(connection)
        self._snapshot = sqlite_states.last(connection)
        self._waiting_topics, self._waiting_events = set(kept.waiting_topics), kept.waiting_events
        self._waiting_minutes = _minutes(kept.waiting_telemetry)
        self._waiting_said = said_of(kept.waiting_said)
        self._waiting_bodies = kept.waiting_bodies
        self._waiting_bytes = sum(map(len, kept.waiting_bodies))

    def _journal(self, connection: sqlite3.Connection, batches: Sequence[Batch], places: int) -> bytes:
        topics = [topic for batch in batches for topic in batch.topics]
        times = [at for batch in batches for at in batch.times]
        lengths = [length for batch in batches for length in batch.lengths]
        starts = accumulate([length + 1 for length in lengths[:-1]], initial=1)
        if max(times) > MAX_TIME or min(times) < -MAX_TIME:
            times = [clamp(at) for at in times]
        ids = self._topic_ids(connection, topics)
        values = [
            (topic_id, at)
            for topic, topic_id, at in zip(topics, ids, times, strict=True)
            if topic.startswith(TELEMETRY)
        ]
        self._waiting_minutes.update(_minutes(values))
        if len(values) < len(topics):
            pieces = [piece for batch in batches for piece in batch.pieces()]
            positions = [str(batch.position) for batch in batches for _ in batch.topics]
            rows = zip(count(places), ids, times, positions, topics, pieces, strict=False)
            self._waiting_said += said_of(rows)
        head = orjson.dumps(list(zip(ids, times, starts, lengths, strict=True))).decode()
        body = b",".join([batch.body for batch in batches])
        connection.execute(
            "INSERT INTO journal (place, start, head, body) VALUES (?, ?, ?, ?)",
            (places, self._waiting_bytes, head, body),
        )
        return body

    def _topic_ids(self, connection: sqlite3.Connection, topics: list[str]) -> list[int]:
        ids = [self._ids.get(topic, -1) for topic in topics]
        if -1 not in ids:
            return ids
        if len(self._ids) > MAX_CACHED_IDS:
            self._ids.clear()
        # raw/… gets no history, which anyone could fill; 0 is no topic's id.
        self._ids.update((topic, 0) for topic in topics if topic.startswith("raw/"))
        new = orjson.dumps([topic for topic in dict.fromkeys(topics) if topic not in self._ids]).decode()
        connection.execute("INSERT OR IGNORE INTO topics (topic) SELECT value FROM json_each(?)", (new,))
        (found,) = connection.execute(
            "SELECT json_group_object(topic, id) FROM topics WHERE topic IN (SELECT value FROM json_each(?))", (new,)
        ).fetchone()
        self._ids.update(orjson.loads(found))
        return [self._ids[topic] for topic in topics]

    def _fold_if_due(self, connection: sqlite3.Connection) -> None:
        now = time.monotonic()
        self._waiting_since = self._waiting_since or now
        full = self._waiting_events >= FOLD_EVENTS or self._waiting_bytes >= FOLD_BYTES
        if not full and now - self._waiting_since < self._fold_s:
            return
        try:
            self._fold(connection)
        except sqlite3.Error:
            # The write that was asked for is done, and the journal keeps what it brought.
            log.exception("Moving new events from the store's journal failed; it is tried again with a later write.")
            self.fold_failures += 1
            self._waiting_since = now
            connection.rollback()
            self._floor.read(connection)

    def _fold(self, connection: sqlite3.Connection) -> None:
        latest = self._latest
        rows = merge(latest, self._waiting_topics)
        evicted = latest.evicted_topics + latest.forgotten, latest.evicted_raw
        connection.execute("BEGIN IMMEDIATE")
        if connection.execute(_STATE).fetchone() != (self._places, self._made):
            # Another process came between; the next write reads what it made.
            connection.execute("ROLLBACK")
            return
        sqlite_fold.move(connection, b"".join(self._waiting_bodies))
        sqlite_rollup.mark(
            connection,
            self._waiting_minutes,
            level=MINUTE,
            now_ms=int(self._clock() * 1000),
            since=self.trim.whole_since(),
        )
        sqlite_search.keep(connection, self._waiting_said)
        sqlite_fold.keep(connection, rows, places=self._places)
        sqlite_ground.keep(connection, self._refused_topics)
        if evicted != self._evicted:
            sqlite_fold.drop_evicted(connection, latest, raw_only=evicted[0] == self._evicted[0])
            sqlite_ground.drop_lonely(connection)
        last = Mark(self._places - 1, self._recorded_ms)
        snapshot = last if is_due(self._snapshot, last, len(latest)) else self._snapshot
        if snapshot is not None and snapshot != self._snapshot:
            sqlite_states.keep(connection, latest, snapshot.place)
        self.erased += sqlite_erase.step(connection)
        self._ids = self.trim.step(connection, self._ids, written=self._waiting_events)
        connection.execute("COMMIT")
        self._look_at_size(connection)
        self._evicted, self._snapshot = evicted, snapshot
        self._refused_topics.clear()
        self._waiting_topics.clear()
        self._waiting_minutes.clear()
        self._waiting_said.clear()
        self._waiting_bodies.clear()
        self._waiting_events = self._waiting_bytes = 0
        self._waiting_since = 0.0

    def _look_at_size(self, connection: sqlite3.Connection) -> None:
        pages, free, size = (
            connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size")
        )
        used = (pages - free) * size
        self._floor.used(used)
        said = self._budget.used(used)
        if said is not None:
            log.warning("%s", said)


def _minutes(events: Iterable[tuple[int, int]]) -> set[Stretch]:
    # Of topic id and time.
    unit = UNITS_MS[MINUTE]
    return {(topic, at - at % unit) for topic, at in events}


def _pass_over(connection: sqlite3.Connection, batches: Sequence[Batch]) -> list[Batch]:
    # Leaves out what is there already, and keeps the new position of each epoch.
    ends: dict[str, int] = dict(connection.execute("SELECT epoch, offset FROM epochs").fetchall())
    new, moved = pass_over(ends, batches)
    for epoch, offset in moved.items():
        connection.execute(_MOVE_END, (epoch, offset))
    if len(ends | moved) > MAX_EPOCHS:
        connection.execute("DELETE FROM epochs WHERE id <= (SELECT max(id) FROM epochs) - ?", (MAX_EPOCHS,))
    return new
