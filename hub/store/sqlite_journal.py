"""Reading topics' events from the journal of the SQLite store, where they wait in the order they came."""

import sqlite3
from collections.abc import Iterable
from itertools import accumulate
from typing import Any

import orjson

from hub.store.pages import Row

_WHERE = """
SELECT group_concat(time || ',' || place || ',' || row || ',' || start || ',' || length) FROM (
  SELECT * FROM (
    SELECT
      json_extract(entry.value, '$[1]') AS time,
      journal.place + entry.key AS place,
      journal.place AS row,
      json_extract(entry.value, '$[2]') AS start,
      json_extract(entry.value, '$[3]') AS length
    FROM journal, json_each(head) AS entry
    WHERE json_extract(entry.value, '$[0]') = :topic
  ) WHERE (time, place) > (:time, :place) AND time < :end ORDER BY time, place LIMIT :rows
)"""

_BETWEEN = """
SELECT group_concat(topic || ',' || time || ',' || place || ',' || row || ',' || start || ',' || length) FROM (
  SELECT
    json_extract(entry.value, '$[0]') AS topic,
    json_extract(entry.value, '$[1]') AS time,
    journal.place + entry.key AS place,
    journal.place AS row,
    json_extract(entry.value, '$[2]') AS start,
    json_extract(entry.value, '$[3]') AS length
  FROM journal, json_each(head) AS entry
) WHERE topic IN (SELECT value FROM json_each(:topics)) AND time >= :start AND time < :end"""

_BODIES = """
SELECT CAST(group_concat(body, '') AS BLOB), json_group_array(row), json_group_array(bytes) FROM (
  SELECT body, place AS row, length(body) AS bytes FROM journal
  WHERE place IN (SELECT value FROM json_each(?)) ORDER BY place
)"""


def events(connection: sqlite3.Connection, asked: dict[str, int]) -> list[Row]:
    """The first events of a topic behind a time and place, and before an end; the caller has begun a transaction."""
    (found,) = connection.execute(_WHERE, asked).fetchone()
    flat = orjson.loads(f"[{found or ''}]")
    times, places, *where = (flat[number::5] for number in range(5))
    return list(zip(times, places, _bodies(connection, *where), strict=True))


def between(connection: sqlite3.Connection, topics: Iterable[int], start: int, end: int) -> dict[int, list[Row]]:
    """By topic the events with start <= time < end (ms), in order; the caller has begun a transaction."""
    asked = {"topics": orjson.dumps([*topics]).decode(), "start": start, "end": end}
    (found,) = connection.execute(_BETWEEN, asked).fetchone()
    flat = orjson.loads(f"[{found or ''}]")
    ids, times, places, *where = (flat[number::6] for number in range(6))
    rows: dict[int, list[Row]] = {}
    for topic, time, place, event in zip(ids, times, places, _bodies(connection, *where), strict=True):
        rows.setdefault(topic, []).append((time, place, event))
    for of_topic in rows.values():
        of_topic.sort(key=lambda row: row[:2])
    return rows


def _bodies(connection: sqlite3.Connection, rows: list[int], starts: list[int], lengths: list[int]) -> list[Any]:
    if not rows:
        return []
    # A body is read once a row: substr() in SQL would read it anew for each event in it.
    body, of, sizes = connection.execute(_BODIES, (orjson.dumps(sorted(set(rows))).decode(),)).fetchone()
    begins = dict(zip(orjson.loads(of), accumulate(orjson.loads(sizes), initial=0), strict=False))
    return [
        orjson.loads(body[begins[row] + start - 1 : begins[row] + start - 1 + length])
        for row, start, length in zip(rows, starts, lengths, strict=True)
    ]
