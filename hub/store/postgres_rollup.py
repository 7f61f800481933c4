"""Keeping rollups on PostgreSQL: what new events made stale is computed anew (see `stretches`).

`rolls` in `store` counts the times that marks were taken away: until it grows, what was marked need not be again.
"""

from collections.abc import Iterable, Mapping, Sequence

import orjson

from hub.rollup_plan import DAY, LEVELS, MINUTE, UNITS_MS
from hub.store import stretches
from hub.store.pages import TELEMETRY
from hub.store.postgres_link import Connection
from hub.store.stretches import DELAYS_MS, Part, Stretch, changed, computed, read_whole

MAX_MARKED = 500_000
"""Marks that are remembered, at most."""

_MARK = """
INSERT INTO stale (topic, level, start, due)
SELECT topic, $1::smallint, start, $2::bigint FROM unnest($3::bigint[], $4::bigint[]) AS changed (topic, start)
ON CONFLICT DO NOTHING"""

_DUE = "SELECT topic, start FROM stale WHERE level = $1 AND due <= $2 ORDER BY due LIMIT $3"

# What is sorted within is looked up stretch by stretch; a join might read all there is.
_OF_EVENTS = """
SELECT ord - 1, part.time, part.place, part.body
FROM unnest($1::bigint[], $2::bigint[]) WITH ORDINALITY AS asked (topic, start, ord), LATERAL (
  SELECT time, place, body FROM events
  WHERE events.topic = asked.topic AND time >= asked.start AND time < asked.start + 60000
  AND time >= $3 AND time < $4 ORDER BY time, place
) AS part LIMIT $5"""

_OF_ROLLUPS = """
SELECT ord - 1, part.start, 0, part.body
FROM unnest($1::bigint[], $2::bigint[]) WITH ORDINALITY AS asked (topic, start, ord), LATERAL (
  SELECT start, body FROM rollups
  WHERE rollups.topic = asked.topic AND level = $3 AND rollups.start >= asked.start
  AND rollups.start < asked.start + $4 ORDER BY start
) AS part LIMIT $5"""

_KEEP = """
INSERT INTO rollups (topic, level, start, body)
SELECT topic, $1::smallint, start, body
FROM unnest($2::bigint[], $3::bigint[], $4::bytea[]) AS made (topic, start, body)
ON CONFLICT (topic, level, start) DO UPDATE SET body = excluded.body"""

_STRETCHES = "level = $1 AND (topic, start) IN (SELECT * FROM unnest($2::bigint[], $3::bigint[]))"
_DROP = f"DELETE FROM rollups WHERE {_STRETCHES}"  # noqa: S608 - no value is in it
_DONE = f"DELETE FROM stale WHERE {_STRETCHES}"  # noqa: S608
_COUNT = "UPDATE store SET rolls = rolls + 1"


class Marks:
    """Marks minutes in the transaction that brings their events; those that are marked already cost nothing."""

    def __init__(self) -> None:
        self._rolls = -1
        self._marked: set[Stretch] = set()

    def forget(self) -> None:
        """What was marked last may not be in the database."""
        self._marked.clear()

    async def mark(
        self,
        connection: Connection,
        events: Iterable[tuple[str, int, int]],
        *,
        rolls: int,
        now_ms: int,
        since: Mapping[int, int],
    ) -> None:
        """Mark the minutes of events, of which topic, its id and the time are given.

        The caller has locked the row of `store`, with its `rolls`.
        """
        if rolls != self._rolls or len(self._marked) > MAX_MARKED:
            self._rolls = rolls
            self._marked.clear()
        unit = UNITS_MS[MINUTE]
        minutes = {(topic_id, at - at % unit) for topic, topic_id, at in events if topic.startswith(TELEMETRY)}
        new = minutes - self._marked
        await _mark(connection, new, level=MINUTE, now_ms=now_ms, since=since)
        self._marked |= new


async def step(connection: Connection, *, now_ms: int, since: Mapping[int, int]) -> int:
    """Compute some of what is due, in a transaction of its own; how many stretches it was."""
    async with connection.transaction():
        # Nobody writes meanwhile: what is taken away here was marked before.
        await connection.execute("SELECT FROM store FOR UPDATE")
        for level in LEVELS:
            rows = await connection.fetch(_DUE, level, now_ms, stretches.STEP_STRETCHES)
            if rows:
                due = sorted((topic, start) for topic, start in rows)
                return await _compute(connection, level, due, now_ms=now_ms, since=since)
    return 0


async def _compute(
    connection: Connection, level: int, due: list[Stretch], *, now_ms: int, since: Mapping[int, int]
) -> int:
    parts = await _parts(connection, level, due, stretches.STEP_ROWS)
    whole = read_whole(due, parts)
    if not whole:
        whole = due[:1]
        parts = await _parts(connection, level, whole, None)
    made = computed(level, whole, parts)
    topics, starts, bodies = ([one[at] for one in made.kept] for at in range(3))
    await connection.execute(_KEEP, level, topics, starts, bodies)
    if made.empty:
        await connection.execute(_DROP, level, *_columns(made.empty))
    await connection.execute(_DONE, level, *_columns(whole))
    await connection.execute(_COUNT)
    if level < DAY:
        await _mark(connection, whole, level=level + 1, now_ms=now_ms, since=since)
    return len(whole)


async def _parts(connection: Connection, level: int, due: Sequence[Stretch], limit: int | None) -> list[Part]:
    topics, starts = _columns(due)
    unit = UNITS_MS[level]
    if level == MINUTE:
        # All partitions but a few are left out by these times.
        rows = await connection.fetch(_OF_EVENTS, topics, starts, min(starts), max(starts) + unit, limit)
    else:
        rows = await connection.fetch(_OF_ROLLUPS, topics, starts, level - 1, unit, limit)
    bodies = orjson.loads(b"[%b]" % b",".join([row[3] for row in rows]))
    return [(row[0], row[1], row[2], body) for row, body in zip(rows, bodies, strict=True)]


async def _mark(
    connection: Connection, at: Iterable[Stretch], *, level: int, now_ms: int, since: Mapping[int, int]
) -> None:
    marked = sorted(changed(at, level, since=since))
    if marked:
        await connection.execute(_MARK, level, now_ms + DELAYS_MS[level], *_columns(marked))


def _columns(some: Sequence[Stretch]) -> tuple[list[int], list[int]]:
    return [topic for topic, _ in some], [start for _, start in some]
