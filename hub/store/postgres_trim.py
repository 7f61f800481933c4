"""Deleting rollups of minutes that are too old from PostgreSQL, in small steps; of events, weeks go."""

from collections.abc import Callable

from hub.rollup_plan import MINUTE
from hub.store.postgres_link import Connection
from hub.store.retention import Retention

TRIM_TOPICS = 256
TRIM_ROWS = 1_000
"""What one step looks at, at most: topics, and rollups to delete (these beside twice the number that was written)."""

_TRIM = """
DELETE FROM rollups WHERE (topic, level, start) IN (
  SELECT old.* FROM topics CROSS JOIN unnest('{1,2}'::smallint[]) AS minutes (level), LATERAL (
    SELECT topic, level, start FROM rollups
    WHERE rollups.topic = topics.id AND rollups.level = minutes.level AND start < $3 ORDER BY start
  ) AS old WHERE topics.id > $1 AND topics.id <= $2 LIMIT $4
)"""


class PostgresTrim:
    """Goes round the topics; its steps are one after the other."""

    def __init__(self, keep: Retention, *, clock: Callable[[], float]) -> None:
        self._keep = keep
        self._clock = clock
        self._done = 0

    def whole_since(self) -> dict[int, int]:
        """See EventStore."""
        return self._keep.whole_since(self._clock())

    async def step(self, connection: Connection, *, written: int) -> None:
        """Delete some, in the caller's transaction."""
        before = self.whole_since().get(MINUTE)
        if before is None:
            return
        rows = TRIM_ROWS + 2 * written
        if await connection.execute(_TRIM, self._done, self._done + TRIM_TOPICS, before, rows) == f"DELETE {rows}":
            return
        self._done += TRIM_TOPICS
        if self._done >= await connection.fetchval("SELECT coalesce(max(id), 0) FROM topics"):
            self._done = 0
