"""Deleting the history of devices that were forgotten with it from PostgreSQL, in small steps."""

from collections.abc import Sequence

from hub.events import Batch
from hub.store import postgres_archive, postgres_ground, postgres_search
from hub.store.erasure import erasures
from hub.store.postgres_link import Connection

ERASE_ROWS = 5_000
"""What one step deletes, at most."""

_BEGIN = """
INSERT INTO erasing (topic, place) SELECT id, $1 FROM topics WHERE topic = ANY ($2)
ON CONFLICT (topic) DO UPDATE SET place = excluded.place"""

_EVENTS = """
DELETE FROM events WHERE (topic, time, place) IN (
  SELECT topic, time, place FROM events WHERE topic = $1 AND place < $2 LIMIT $3
)"""

_ROLLUPS = """
DELETE FROM rollups WHERE (topic, level, start) IN (
  SELECT topic, level, start FROM rollups WHERE topic = $1 LIMIT $2
)"""

_STALE = """
INSERT INTO stale
SELECT DISTINCT events.topic, 1, time - mod(mod(time, 60000) + 60000, 60000), 0
FROM topics JOIN events ON events.topic = topics.id
WHERE topics.id = $1 AND topics.topic >= 'telemetry/' AND topics.topic < 'telemetry0'"""


async def begin(connection: Connection, batches: Sequence[Batch], places: int) -> None:
    """Note whose history is to go, up to where these batches say so; they begin at `places`, in this transaction."""
    for place, topics in erasures(batches, places):
        await connection.execute(_BEGIN, place, topics)
        await postgres_ground.drop(connection, topics)


async def step(connection: Connection) -> None:
    """Delete some of it, in the caller's transaction, which has locked the row of `store`."""
    row = await connection.fetchrow("SELECT topic, place FROM erasing LIMIT 1")
    if row is None:
        return
    topic, place = row
    if await connection.execute(_EVENTS, topic, place, ERASE_ROWS) == f"DELETE {ERASE_ROWS}":
        return
    if await connection.execute(_ROLLUPS, topic, ERASE_ROWS) == f"DELETE {ERASE_ROWS}":
        return
    if not await postgres_archive.erase(connection, topic, place):
        return
    if not await postgres_search.erase(connection, topic, place):
        return
    # What has come since is left: its rollups are computed anew.
    await connection.execute("DELETE FROM stale WHERE topic = $1", topic)
    await connection.execute(_STALE, topic)
    await connection.execute("UPDATE store SET rolls = rolls + 1")
    await connection.execute("DELETE FROM erasing WHERE topic = $1", topic)
