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
    row = connection.execute("SELECT topic, place FROM erasing LIMIT 1").fetchone()
    if row is None:
        return 0
    deleted = connection.execute(_STEP, (*row, ERASE_ROWS)).rowcount
    if (
        deleted < ERASE_ROWS
        and connection.execute(_ROLLUPS, (row[0], ERASE_ROWS)).rowcount < ERASE_ROWS
        and sqlite_states.erase(connection, *row)
        and sqlite_search.erase(connection, *row)
    ):
        # What has come since is left: its rollups are computed anew.
        connection.execute("DELETE FROM stale WHERE topic = ?", row[:1])
        connection.execute(_STALE, row[:1])
        connection.execute("DELETE FROM erasing WHERE topic = ?", row[:1])
    return deleted
