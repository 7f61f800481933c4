"""Folding the journal of the SQLite store: events go to where history is read, each topic's latest is kept."""

import sqlite3

import orjson

from hub.latest import EVERYTHING, Latest
from hub.store.merged import Merged, joined

_MOVE = """
INSERT INTO events (topic, time, place, body)
SELECT
  json_extract(entry.value, '$[0]'),
  json_extract(entry.value, '$[1]'),
  place + entry.key,
  substr(:bodies, start + json_extract(entry.value, '$[2]'), json_extract(entry.value, '$[3]'))
FROM journal, json_each(head) AS entry
WHERE json_extract(entry.value, '$[0]') > 0
ORDER BY 1, 2, 3"""

_KEEP = """
INSERT OR REPLACE INTO latest (topic, place, body)
SELECT
  json_extract(value, '$[0]'),
  :place + key,
  substr(:body, json_extract(value, '$[1]'), json_extract(value, '$[2]'))
FROM json_each(:head)"""

_DROP = "DELETE FROM latest WHERE topic NOT IN (SELECT value FROM json_each(?))"
_DROP_RAW = _DROP + " AND topic BETWEEN 'raw/' AND 'raw0'"


def move(connection: sqlite3.Connection, bodies: bytes) -> None:
    """Move all events of the journal to `events`; `bodies` is the bodies of its rows joined.

    They come as a parameter because SQLite would read a row's whole body anew for each event in it.
    """
    connection.execute(_MOVE, {"bodies": bodies})
    connection.execute("DELETE FROM journal")


def keep(connection: sqlite3.Connection, rows: Merged, *, places: int) -> None:
    """Keep the latest of these topics; `places` orders them behind those kept before."""
    topics, starts, lengths, body = joined(rows)
    head = list(zip(topics, starts, lengths, strict=True))
    # Fewer topics than events have changed, so these numbers end below the next fold's first.
    first = places - len(rows)
    connection.execute(_KEEP, {"place": first, "head": orjson.dumps(head).decode(), "body": body})


def drop_evicted(connection: sqlite3.Connection, latest: Latest, *, raw_only: bool) -> None:
    """Forget the topics that `latest` has evicted."""
    topics = orjson.dumps(latest.topics(["raw/#"] if raw_only else EVERYTHING)).decode()
    connection.execute(_DROP_RAW if raw_only else _DROP, (topics,))
