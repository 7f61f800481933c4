"""How much history on PostgreSQL uses, looked at now and then."""

import logging
import time

from hub.disk_budget import DiskBudget
from hub.store.postgres_link import Connection

log = logging.getLogger(__name__)

LOOK_EVERY_S = 10.0

TABLES = ("topics", "latest", "grounds", "runs", "snapshots", "said", "rollups", "stale")
"""What is history beside the partitions of the events."""

_USED = """
SELECT coalesce(sum(pg_total_relation_size(oid)), 0)::bigint FROM pg_class
WHERE oid IN (SELECT inhrelid FROM pg_inherits WHERE inhparent = 'events'::regclass)
OR oid = ANY (ARRAY(SELECT to_regclass(name) FROM unnest($1::text[]) AS name))"""


class PostgresSize:
    """Compares what is used with a limit (bytes; 0: none), and says what is news."""

    def __init__(self, limit_bytes: int) -> None:
        self._limited = limit_bytes > 0
        self._budget = DiskBudget(limit_bytes)
        self._looked_s = float("-inf")

    @property
    def full(self) -> bool:
        """Whether values are not to be kept now."""
        return self._budget.full

    async def look(self, connection: Connection) -> None:
        """Look, if it is time to."""
        now = time.monotonic()
        if not self._limited or now - self._looked_s < LOOK_EVERY_S:
            return
        self._looked_s = now
        said = self._budget.used(await connection.fetchval(_USED, TABLES))
        if said is not None:
            log.warning("%s", said)
