"""What is written to the SQLite store; every method runs in the thread that owns the connection.

One statement writes what a list of batches brings, whatever their number: stepping through executemany takes the
interpreter's lock for each row, and beside a busy event loop that is 300 rows/s (measured; one statement: 25,000).
"""

import logging
import sqlite3
import time
from collections.abc import Callable, Sequence
from itertools import accumulate

import orjson

from hub.events import Batch
from hub.latest import Latest
from hub.store import sqlite_erase, sqlite_fold, sqlite_read
from hub.store.schema import MAX_TIME
from hub.store.sqlite_trim import SqliteTrim

log = logging.getLogger(__name__)

FOLD_EVENTS = 50_000
FOLD_BYTES = 16 * 1024 * 1024
FOLD_S = 2.0
"""The journal is folded into `events` and `latest` when it has that many events or bytes, or its first is that old."""

MAX_CACHED_IDS = 500_000
MAX_EPOCHS = 16
"""Earlier epochs whose end is remembered, so that a batch of theirs that comes again is known."""

_MOVE_END = """
INSERT INTO epochs (epoch, offset) VALUES (?, ?)
ON CONFLICT (epoch) DO UPDATE SET offset = excluded.offset"""


class SqliteWriter:
    """Writes batches with their position, and folds the journal.

    It keeps topic ids and the latest events in memory; `forget` makes it read them again. `fold_failures` counts
    folds that did not succeed; what they were to move stays in the journal. `erased` counts what was forgotten.
    """

    def __init__(self, *, keep_s: float | None, fold_s: float, clock: Callable[[], float]) -> None:
        self.fold_failures = 0
        self.erased = 0
        self.trim = SqliteTrim(keep_s=keep_s, clock=clock)
        self._fold_s = fold_s
        self._ids: dict[str, int] = {}
        self._latest = Latest()
        self._evicted = (0, 0)
        self._places = -1
        self._waiting_topics: set[str] = set()
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
        (places,) = connection.execute("SELECT places FROM store").fetchone()
        if places != self._places:
            self._read(connection, places)
        new = _pass_over(connection, batches)
        events = sum(len(batch.topics) for batch in new)
        body = b""
        if events:
            body = self._journal(connection, [batch for batch in new if batch.topics], places)
            sqlite_erase.begin(connection, new, places)
            connection.execute("UPDATE store SET places = ?", (places + events,))
        connection.execute("COMMIT")
        self._places = places + events
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
        # The first write, one after a failure, or another process wrote: memory says nothing about the file.
        self._ids.clear()
        kept = sqlite_read.kept(connection)
        self._latest, self._evicted, self._places = kept.latest, (0, 0), places
        self._waiting_topics, self._waiting_events = set(kept.waiting_topics), kept.waiting_events
        self._waiting_bodies = kept.waiting_bodies
        self._waiting_bytes = sum(map(len, kept.waiting_bodies))

    def _journal(self, connection: sqlite3.Connection, batches: Sequence[Batch], places: int) -> bytes:
        topics = [topic for batch in batches for topic in batch.topics]
        times = [at for batch in batches for at in batch.times]
        lengths = [length for batch in batches for length in batch.lengths]
        starts = accumulate([length + 1 for length in lengths[:-1]], initial=1)
        if max(times) > MAX_TIME or min(times) < -MAX_TIME:
            times = [max(-MAX_TIME, min(at, MAX_TIME)) for at in times]
        ids = self._topic_ids(connection, topics)
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

    def _fold(self, connection: sqlite3.Connection) -> None:
        latest = self._latest
        rows = sqlite_fold.merge(latest, self._waiting_topics)
        evicted = latest.evicted_topics + latest.forgotten, latest.evicted_raw
        connection.execute("BEGIN IMMEDIATE")
        sqlite_fold.move(connection, b"".join(self._waiting_bodies))
        sqlite_fold.keep(connection, rows, places=self._places)
        if evicted != self._evicted:
            sqlite_fold.drop_evicted(connection, latest, raw_only=evicted[0] == self._evicted[0])
        self.erased += sqlite_erase.step(connection)
        self._ids = self.trim.step(connection, self._ids, written=self._waiting_events)
        connection.execute("COMMIT")
        self._evicted = evicted
        self._waiting_topics.clear()
        self._waiting_bodies.clear()
        self._waiting_events = self._waiting_bytes = 0
        self._waiting_since = 0.0


def _pass_over(connection: sqlite3.Connection, batches: Sequence[Batch]) -> list[Batch]:
    # Leaves out what is there already, and keeps the new position of each epoch.
    ends: dict[str, int] = dict(connection.execute("SELECT epoch, offset FROM epochs ORDER BY id").fetchall())
    moved: dict[str, int] = {}
    new = []
    for batch in batches:
        if batch.position is None:
            raise ValueError("Only a batch that is on the log can be stored: it has no position.")
        epoch, offset = batch.position.epoch, batch.position.offset
        if offset > ends.get(epoch, -1):
            ends[epoch] = moved[epoch] = offset
            new.append(batch)
    for epoch, offset in moved.items():
        connection.execute(_MOVE_END, (epoch, offset))
    if len(ends) > MAX_EPOCHS:
        connection.execute("DELETE FROM epochs WHERE id <= (SELECT max(id) FROM epochs) - ?", (MAX_EPOCHS,))
    return new
