"""Deleting the history of devices that were forgotten with it from the SQLite store, in small steps."""

import sqlite3
from collections.abc import Sequence

import orjson

from hub import registry
from hub.events import Batch
from hub.latest import OF_DEVICES
from hub.registry import record_of

ERASE_ROWS = 5_000
"""What one step deletes, at most: some 20 ms."""

_RECORD = f'{{"topic":"{registry.PREFIX}'.encode()

_BEGIN = """
INSERT OR REPLACE INTO erasing (topic, place)
SELECT id, ? FROM topics WHERE topic IN (SELECT value FROM json_each(?))"""

_STEP = """
DELETE FROM events WHERE (topic, time, place) IN (
  SELECT topic, time, place FROM events WHERE topic = ? AND place < ? LIMIT ?
)"""


def begin(connection: sqlite3.Connection, batches: Sequence[Batch], places: int) -> None:
    """Note whose history is to go, up to where these batches say so; they begin at `places`, in this transaction."""
    for batch in batches:
        if _RECORD in batch.body:
            for place, (topic, piece) in enumerate(zip(batch.topics, batch.pieces(), strict=True), places):
                if topic.startswith(registry.PREFIX) and record_of(piece).erased:
                    device = topic.removeprefix(registry.PREFIX)
                    topics = orjson.dumps([f"{root}/{device}" for root in OF_DEVICES]).decode()
                    connection.execute(_BEGIN, (place, topics))
        places += len(batch.topics)


def step(connection: sqlite3.Connection) -> int:
    """Delete some of it; how many events went."""
    row = connection.execute("SELECT topic, place FROM erasing LIMIT 1").fetchone()
    if row is None:
        return 0
    deleted = connection.execute(_STEP, (*row, ERASE_ROWS)).rowcount
    if deleted < ERASE_ROWS:
        connection.execute("DELETE FROM erasing WHERE topic = ?", row[:1])
    return deleted
