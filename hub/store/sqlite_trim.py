"""Deleting what is too old from the SQLite store, in small steps."""

import sqlite3
from collections.abc import Callable

TRIM_TOPICS = 256
TRIM_ROWS = 1_000
"""What one step looks at, at most: topics, and events to delete (these beside twice the number that was written)."""

_TRIM = """
DELETE FROM events WHERE (topic, time, place) IN (
  SELECT events.topic, time, place FROM topics JOIN events ON events.topic = topics.id
  WHERE topics.id > :first AND topics.id <= :last AND time < :before LIMIT :rows
)"""

_FORGET = """
DELETE FROM topics WHERE id > :first AND id <= :last
AND NOT EXISTS (SELECT 1 FROM events WHERE events.topic = topics.id)"""


class SqliteTrim:
    """Goes round the topics and deletes events older than `keep_s` (seconds; None: never); `trimmed` counts them."""

    def __init__(self, *, keep_s: float | None, clock: Callable[[], float]) -> None:
        self.trimmed = 0
        self._keep_s = keep_s
        self._clock = clock
        self._done = 0

    def step(self, connection: sqlite3.Connection, ids: dict[str, int], *, written: int) -> dict[str, int]:
        """Delete some events, and topics without any; gives back the topic ids that still hold."""
        if self._keep_s is None:
            return ids
        rows = TRIM_ROWS + 2 * written
        asked = {
            "first": self._done,
            "last": self._done + TRIM_TOPICS,
            "before": int((self._clock() - self._keep_s) * 1000),
            "rows": rows,
        }
        deleted = connection.execute(_TRIM, asked).rowcount
        self.trimmed += deleted
        if deleted < rows:
            self._done = asked["last"]
            if connection.execute(_FORGET, asked).rowcount:
                ids = {}
            (newest,) = connection.execute("SELECT coalesce(max(id), 0) FROM topics").fetchone()
            if self._done >= newest:
                self._done = 0
        return ids
