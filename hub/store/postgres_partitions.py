"""The partitions of the events on PostgreSQL: one a week, made before it is needed and dropped when it is too old."""

import logging
from collections.abc import Callable, Sequence

from hub.projections import LATEST
from hub.store import postgres_ground, postgres_projections, weeks
from hub.store.postgres_link import FAILURES, Connection

log = logging.getLogger(__name__)

LOCK_TIMEOUT = "2s"
"""How long to wait for those who read; in this time nobody else begins to."""

DROP_EVERY_S = 60.0
OTHER_ROWS = 5_000
"""What one step deletes of those events that are in no week's partition, at most."""

_PARTITIONS = """
SELECT inhrelid::regclass::text FROM pg_inherits
WHERE inhparent = 'events'::regclass AND inhrelid <> 'events_other'::regclass"""

_MAKE = """
CREATE TABLE {name} (LIKE events INCLUDING ALL);
WITH moved AS (DELETE FROM events_other WHERE time >= {start} AND time < {end} RETURNING *)
INSERT INTO {name} SELECT * FROM moved;
ALTER TABLE events ATTACH PARTITION {name} FOR VALUES FROM ({start}) TO ({end})"""


_NEEDED = "SELECT EXISTS (SELECT FROM stale WHERE level = 1 AND start >= $1 AND start < $2)"


class Partitions:
    """Knows which weeks have a partition. `keep_s` is how long history is kept (seconds; None: for ever).

    `trimmed` counts events that were too old.
    """

    def __init__(self, *, keep_s: float | None, clock: Callable[[], float]) -> None:
        self.trimmed = 0
        self._keep_s = keep_s
        self._clock = clock
        self._known: set[int] = set()
        self._dropped_s = 0.0

    async def read(self, connection: Connection) -> None:
        """Look which are there."""
        self._known = {weeks.number(row[0]) for row in await connection.fetch(_PARTITIONS)}

    async def make(self, connection: Connection, times: Sequence[int]) -> None:
        """Make those that these times need, in the caller's transaction, which has locked the row of `store`.

        Where one can't be made now, its events are kept beside and moved later. Raises one of FAILURES where the server
        is gone.
        """
        if not times or {min(times) // weeks.MS, max(times) // weeks.MS} <= self._known:
            return
        for number in weeks.wanted(times, self._known, now_ms=int(self._clock() * 1000)):
            made = _MAKE.format(name=weeks.name(number), start=number * weeks.MS, end=(number + 1) * weeks.MS)
            if not await _changed(connection, made, "The partition %s can't be made now: %s", weeks.name(number)):
                return
            self._known.add(number)

    async def drop(self, connection: Connection) -> bool:
        """Drop what is too old, now and then; whether there was any. Raises as `make` does.

        What a rollup is yet to be computed from stays until then.
        """
        now_s = self._clock()
        if self._keep_s is None or now_s - self._dropped_s < DROP_EVERY_S:
            return False
        self._dropped_s = now_s
        before_ms = int((now_s - self._keep_s) * 1000)
        dropped = False
        for number in weeks.ended(self._known, before_ms=before_ms):
            rows = await _dropped(connection, number)
            if rows is not None:
                self._known.discard(number)
                self.trimmed += rows
                dropped = True
        async with connection.transaction():
            if await _may_delete(connection):
                others = await postgres_ground.delete_other(connection, before_ms, OTHER_ROWS)
                self.trimmed += others
                dropped = dropped or others > 0
        return dropped


async def _may_delete(connection: Connection) -> bool:
    # Nobody else writes from here to the end of the transaction. What is being folded anew must all be there.
    await connection.execute("SELECT FROM store FOR UPDATE")
    return not await postgres_projections.under_way(connection, LATEST)


async def _dropped(connection: Connection, number: int) -> int | None:
    # How many events went, None where it can't be now. Where another process has dropped it, that is done.
    name, start = weeks.name(number), number * weeks.MS
    rows = 0
    try:
        async with connection.transaction():
            await connection.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
            needed = await connection.fetchval(_NEEDED, start, start + weeks.MS)
            if needed or not await _may_delete(connection):
                return None
            if await connection.fetchval("SELECT to_regclass($1)", name) is not None:
                rows = await connection.fetchval(f"SELECT count(*) FROM {name}")  # noqa: S608 - a week's own name
                await connection.execute(postgres_ground.KEEP_GONE.format(gone=name))
                await connection.execute(f"DROP TABLE {name}")
    except FAILURES as error:
        if connection.is_closed():
            raise
        log.warning("The partition %s can't be dropped now: %s", name, error)
        return None
    return rows


async def _changed(connection: Connection, statement: str, sentence: str, name: str) -> bool:
    try:
        async with connection.transaction():
            await connection.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
            await connection.execute(statement)
    except FAILURES as error:
        if connection.is_closed():
            raise
        log.warning(sentence, name, error)
        return False
    return True
