"""Grounds on PostgreSQL: what a topic's latest was when events of it were deleted; see `sqlite_ground`."""

from collections.abc import Sequence

from hub.store.postgres_link import Connection

KEEP_GONE = """
INSERT INTO grounds (topic, place, body)
SELECT latest.topic, store.folded, latest.body
FROM (SELECT topic, max(place) AS last FROM {gone} GROUP BY topic) AS gone
JOIN topics ON topics.id = gone.topic JOIN latest ON latest.topic = topics.topic CROSS JOIN store
LEFT JOIN grounds ON grounds.topic = latest.topic WHERE gone.last >= coalesce(grounds.place, 0)
ON CONFLICT (topic) DO UPDATE SET place = excluded.place, body = excluded.body"""
"""Keeps the grounds of topics that have events in a table which are about to be deleted."""

_DELETE_OTHER = f"""
WITH deleted AS (
  DELETE FROM events_other WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM events_other WHERE time < $1 AND NOT EXISTS (
      SELECT FROM stale WHERE stale.topic = events_other.topic AND level = 1
      AND start = time - mod(mod(time, 60000) + 60000, 60000)
    ) LIMIT $2
  ))
  RETURNING topic, place
), kept AS ({KEEP_GONE.format(gone="deleted")} RETURNING 1)
SELECT count(*) FROM deleted"""  # noqa: S608 - no value is in it

_KEEP = """
INSERT INTO grounds (topic, place, body)
SELECT latest.topic, store.folded, latest.body FROM latest CROSS JOIN store WHERE latest.topic = ANY ($1)
ON CONFLICT (topic) DO UPDATE SET place = excluded.place, body = excluded.body"""


async def delete_other(connection: Connection, before: int, rows: int) -> int:
    """Delete some events of before a time (ms) that are in no week's partition; how many it was.

    What a rollup is yet to be computed from stays until then.
    """
    deleted: int = await connection.fetchval(_DELETE_OTHER, before, rows)
    return deleted


async def keep(connection: Connection, topics: Sequence[str]) -> None:
    """Make the latest of topics their ground: events of theirs are in it that are nowhere else."""
    if topics:
        await connection.execute(_KEEP, topics)


async def drop(connection: Connection, topics: Sequence[str]) -> None:
    """Forget the grounds of topics whose history is to go."""
    await connection.execute("DELETE FROM grounds WHERE topic = ANY ($1)", topics)


async def drop_lonely(connection: Connection) -> None:
    """Forget the grounds of topics that have no latest any more."""
    await connection.execute("DELETE FROM grounds WHERE topic NOT IN (SELECT topic FROM latest)")
