"""Deleting the history of devices that were forgotten with it from the SQLite store, in small steps."""

import sqlite3
from collections.abc import Sequence

import orjson

from hub.events import Batch
from hub.store import sqlite_ground, sqlite_search, sqlite_states
from hub.store.erasure import erasures

ERASE_ROWS = 5_000
"""What one step deletes, at most: some 20 ms."""

_BEGIN = """
INSERT OR REPLACE INTO erasing (topic, place)
SELECT id, ? FROM topics WHERE topic IN (SELECT value FROM json_each(?))"""

_STEP = """
DELETE FROM events WHERE (topic, time, place) IN (
  SELECT topic, time, place FROM events WHERE topic = ? AND place < ? LIMIT ?
)"""

_ROLLUPS = """
DELETE FROM rollups WHERE (topic, level, start) IN (SELECT topic, level, start FROM rollups WHERE topic = ? LIMIT ?)"""

_STALE = """
INSERT OR IGNORE INTO stale
SELECT events.topic, 1, time / 60000 * 60000, 0 FROM topics JOIN events ON events.topic = topics.id
WHERE topics.id = ? AND topics.topic BETWEEN 'telemetry/' AND 'telemetry0'"""


def begin(connection: sqlite3.Connection, batches: Sequence[Batch], places: int) -> None:
    """Note whose history is to go, up to where these batches say so; they begin at `places`, in this transaction."""
    for place, topics in erasures(batches, places):
        connection.execute(_BEGIN, (place, orjson.dumps(topics).decode()))
        sqlite_ground.drop(connection, topics)


def step(connection: sqlite3.Connection) -> int:
    """Delete some of it; how many events went."""
    row = connection.execute("SELECT topic, place, snapshot FROM erasing LIMIT 1").fetchone()
    if row is None:
        return 0
    topic, place, snapshot = row
    deleted = connection.execute(_STEP, (topic, place, ERASE_ROWS)).rowcount
    # Behind the rollups come the snapshots: from the first of them on, rollups are of what was said since.
    if (
        deleted < ERASE_ROWS
        and (snapshot >= 0 or _no_rollups(connection, topic))
        and sqlite_states.erase(connection, topic, place)
        and sqlite_search.erase(connection, topic, place)
    ):
        connection.execute("DELETE FROM erasing WHERE topic = ?", (topic,))
    return deleted


def _no_rollups(connection: sqlite3.Connection, topic: int) -> bool:
    deleted = connection.execute(_ROLLUPS, (topic, ERASE_ROWS)).rowcount
    # What has come since is left: its rollups are computed anew.
    connection.execute("DELETE FROM stale WHERE topic = ?", (topic,))
    connection.execute(_STALE, (topic,))
    return deleted < ERASE_ROWS
