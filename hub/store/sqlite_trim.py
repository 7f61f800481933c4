"""Deleting what is too old from the SQLite store, in small steps."""

import sqlite3
from collections.abc import Callable

from hub.projections import LATEST
from hub.rollup_plan import MINUTE, RAW
from hub.store import sqlite_archive, sqlite_ground, sqlite_projections, sqlite_search, sqlite_states
from hub.store.pages import MAX_TIME
from hub.store.retention import Retention
from hub.store.sqlite_floor import SqliteFloor

TRIM_TOPICS = 256
TRIM_ROWS = 1_000
"""What one step looks at, at most: topics, and events to delete (these beside twice the number that was written)."""

_GO = """
INSERT INTO going (topic, time, place)
SELECT events.topic, time, place FROM topics JOIN events ON events.topic = topics.id
WHERE topics.id > :first AND topics.id <= :last
AND time < CASE WHEN topics.topic BETWEEN 'telemetry/' AND 'telemetry0' THEN :before_values ELSE :before END
AND NOT EXISTS (
  SELECT 1 FROM stale WHERE stale.topic = events.topic AND level = 1 AND start = time / 60000 * 60000
) LIMIT :rows"""

_TRIM_ROLLUPS = """
DELETE FROM rollups WHERE (topic, level, start) IN (
  SELECT rollups.topic, level, start FROM topics CROSS JOIN rollups ON rollups.topic = topics.id
  WHERE topics.id > :first AND topics.id <= :last AND level IN (1, 2) AND start < :before_rollups LIMIT :rows
)"""

_FORGET = """
DELETE FROM topics WHERE id > :first AND id <= :last
AND NOT EXISTS (SELECT 1 FROM events WHERE events.topic = topics.id)
AND NOT EXISTS (SELECT 1 FROM rollups WHERE rollups.topic = topics.id)
AND NOT EXISTS (SELECT 1 FROM stale WHERE stale.topic = topics.id)
AND NOT EXISTS (SELECT 1 FROM erasing WHERE erasing.topic = topics.id)"""


class SqliteTrim:
    """Goes round the topics and deletes what is too old; `trimmed` counts the events.

    What a rollup is yet to be computed from stays until then; values stay from the floor on.
    """

    def __init__(self, keep: Retention, *, clock: Callable[[], float], floor: SqliteFloor) -> None:
        self.trimmed = 0
        self._keep = keep
        self._floor = floor
        self._clock = clock
        self._done = 0
        self._rounded = True

    def whole_since(self) -> dict[int, int]:
        """See EventStore."""
        since = self._keep.whole_since(self._clock())
        if self._floor.at is not None:
            since[RAW] = max(self._floor.at, since.get(RAW, self._floor.at))
        return since

    def events_since(self) -> dict[int, int]:
        """The same of events that are not values."""
        return self._keep.others_since(self._clock())

    def step(self, connection: sqlite3.Connection, ids: dict[str, int], *, written: int) -> dict[str, int]:
        """Delete some events, rollups, and topics without any; gives back the topic ids that still hold."""
        if sqlite_projections.under_way(connection, LATEST):
            # What is being folded anew must all be there.
            return ids
        if self._rounded:
            # Once round all topics, everything below the floor is deleted: only then it is known what that has brought.
            self._floor.move(connection, now_ms=int(self._clock() * 1000))
            self._rounded = False
        since, events_since = self.whole_since(), self.events_since()
        if not since and not events_since:
            self._rounded = True
            return ids
        before = events_since.get(RAW, -MAX_TIME)
        self._forget_moments(connection, before)
        rows = TRIM_ROWS + 2 * written
        asked = {
            "first": self._done,
            "last": self._done + TRIM_TOPICS,
            "before": before,
            "before_values": since.get(RAW, -MAX_TIME),
            "before_rollups": since.get(MINUTE, -MAX_TIME),
            "rows": rows,
        }
        deleted = sqlite_ground.delete_events(connection, _GO, asked)
        self.trimmed += deleted
        if deleted < rows and connection.execute(_TRIM_ROLLUPS, asked).rowcount < rows:
            self._done += TRIM_TOPICS
            if connection.execute(_FORGET, asked).rowcount:
                ids = {}
            (newest,) = connection.execute("SELECT coalesce(max(id), 0) FROM topics").fetchone()
            if self._done >= newest:
                self._done, self._rounded = 0, True
        return ids

    def _forget_moments(self, connection: sqlite3.Connection, before: int) -> None:
        sqlite_search.trim(connection, before)
        # Of a moment everything is told: what goes first decides, but not what goes for its size.
        whole = min(before, self._keep.whole_since(self._clock()).get(RAW, -MAX_TIME))
        # First the snapshots: which of them is needed, the runs tell.
        sqlite_states.trim(connection, whole)
        sqlite_archive.trim(connection, whole)
