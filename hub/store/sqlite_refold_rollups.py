"""Computing all rollups of the SQLite store anew: each stretch is marked as if an event of it had just come.

What is marked is read from what it is made of, so from then on the old one is served to nobody. Stretches of which
something is deleted stay as they are.
"""

import sqlite3
from collections.abc import Callable, Mapping

from hub.projections import ROLLUPS
from hub.rollup_plan import DAY, FIVE_MINUTES, LEVELS, MINUTE, UNITS_MS
from hub.store import sqlite_projections
from hub.store.pages import MAX_TIME

STEP_MS = 8 * UNITS_MS[DAY]
"""How long a time of one topic a step marks: 11,520 minutes, at most, and what is made of them."""

_TOPIC = "SELECT min(id) FROM topics WHERE id > ? AND topic BETWEEN 'telemetry/' AND 'telemetry0'"

_FIRST = """
SELECT min(start) FROM (
  SELECT min(time) AS start FROM events WHERE topic = :topic AND time >= :from
  UNION ALL SELECT min(start) FROM rollups WHERE topic = :topic AND level = 1 AND start >= :from
  UNION ALL SELECT min(start) FROM rollups WHERE topic = :topic AND level = 2 AND start >= :from
  UNION ALL SELECT min(start) FROM rollups WHERE topic = :topic AND level = 3 AND start >= :from
  UNION ALL SELECT min(start) FROM rollups WHERE topic = :topic AND level = 4 AND start >= :from
)"""

# From minute to minute instead of from event to event; what % leaves of a time before 1970 is negative.
_MARK_EVENTS = """
INSERT OR IGNORE INTO stale (topic, level, start, due)
WITH RECURSIVE minutes(start) AS (
  SELECT (SELECT time FROM events WHERE topic = :topic AND time >= :from AND time < :to ORDER BY time LIMIT 1)
  UNION ALL SELECT (
    SELECT time FROM events
    WHERE topic = :topic AND time >= start - (start % 60000 + 60000) % 60000 + 60000 AND time < :to
    ORDER BY time LIMIT 1
  ) FROM minutes WHERE start IS NOT NULL
)
SELECT :topic, 1, start - (start % 60000 + 60000) % 60000, 0 FROM minutes WHERE start IS NOT NULL"""

_MARK_ROLLUPS = """
INSERT OR IGNORE INTO stale (topic, level, start, due)
SELECT topic, level, start, 0 FROM rollups
WHERE topic = :topic AND level = :level AND start >= :from AND start < :to"""


class RollupsRefold:
    """Marks the rollups of topic after topic; killed, it begins again."""

    def __init__(self, since: Callable[[], Mapping[int, int]]) -> None:
        self._since = since
        self._from = -MAX_TIME

    def step(self, connection: sqlite3.Connection) -> int | None:
        """Mark some stretches; how many it was, or None when all are marked."""
        connection.execute("BEGIN IMMEDIATE")
        done = sqlite_projections.place_of(connection, ROLLUPS)
        (topic,) = connection.execute(_TOPIC, (done,)).fetchone()
        if topic is None:
            sqlite_projections.end(connection, ROLLUPS)
            marked = None
        else:
            marked = self._mark(connection, topic)
        connection.execute("COMMIT")
        return marked

    def _mark(self, connection: sqlite3.Connection, topic: int) -> int:
        (first,) = connection.execute(_FIRST, {"topic": topic, "from": self._from}).fetchone()
        if first is None:
            sqlite_projections.begin(connection, ROLLUPS, place=topic)
            self._from = -MAX_TIME
            return 0
        begin = first // UNITS_MS[DAY] * UNITS_MS[DAY]
        self._from = begin + STEP_MS
        since = self._since()
        marked = 0
        for level in LEVELS:
            # Of a minute whose own rollup would be deleted at once none is made.
            edges = [since.get(level - 1, begin)] + ([since.get(MINUTE, begin)] if level <= FIVE_MINUTES else [])
            asked = {"topic": topic, "level": level, "from": max(begin, *edges), "to": self._from}
            marked += connection.execute(_MARK_ROLLUPS, asked).rowcount
            if level == MINUTE:
                marked += connection.execute(_MARK_EVENTS, asked).rowcount
        return marked
