"""Reading one topic's events from the journal of the SQLite store, where they wait in the order they came."""

import sqlite3
from itertools import accumulate
from typing import Any

import orjson

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

_BODIES = """
SELECT CAST(group_concat(body, '') AS BLOB), json_group_array(row), json_group_array(bytes) FROM (
  SELECT body, place AS row, length(body) AS bytes FROM journal
  WHERE place IN (SELECT value FROM json_each(?)) ORDER BY place
)"""

Row = tuple[int, int, Any]
"""Time (ms), place and the decoded event."""


def events(connection: sqlite3.Connection, asked: dict[str, int]) -> list[Row]:
    """The first events of a topic behind a time and place, and before an end; the caller has begun a transaction."""
    (found,) = connection.execute(_WHERE, asked).fetchone()
    flat = orjson.loads(f"[{found or ''}]")
    if not flat:
        return []
    # A body is read once a row: substr() in SQL would read it anew for each event in it.
    body, rows, sizes = connection.execute(_BODIES, (orjson.dumps(sorted(set(flat[2::5]))).decode(),)).fetchone()
    begins = dict(zip(orjson.loads(rows), accumulate(orjson.loads(sizes), initial=0), strict=False))
    return [
        (time, place, orjson.loads(body[begins[row] + start - 1 : begins[row] + start - 1 + length]))
        for time, place, row, start, length in zip(*(flat[n::5] for n in range(5)), strict=True)
    ]
