"""Making anew what events of the SQLite store are found by.

An entry is made of one event and nothing else. So entries are exchanged some at a time, each whole, and those that
have no event go at the end.
"""

import sqlite3
from collections.abc import Callable, Mapping
from typing import Any

import orjson

from hub.projections import SEARCH
from hub.rollup_plan import RAW
from hub.search_entry import ROOTS
from hub.store import sqlite_projections, sqlite_read, sqlite_search
from hub.store.pages import MAX_TIME
from hub.store.runs import Run
from hub.store.said import said_of

STEP_EVENTS = 1_000
STEP_ENTRIES = 5_000

_OF_ROOTS = " OR ".join(f"topics.topic BETWEEN '{root}/' AND '{root}0'" for root in sorted(ROOTS))

# What was recorded before runs were kept has the position that its entry has, or the nearest before it.
_NEXT = f"""
SELECT
  CAST(group_concat(body, char(10)) AS BLOB),
  json_group_array(json_array(place, id, time, coalesce(
    (SELECT position FROM said WHERE said.place <= found.place ORDER BY said.place DESC LIMIT 1),
    (SELECT position FROM said ORDER BY said.place LIMIT 1),
    :position
  ), topic)),
  json_group_array(json((
    SELECT json_array(place, epoch, offset, at, json(counts)) FROM runs
    WHERE runs.place <= found.place ORDER BY runs.place DESC LIMIT 1
  )))
FROM (
  SELECT place, topics.id AS id, time, topics.topic AS topic, body FROM topics CROSS JOIN events
  WHERE topics.id >= :topic AND ({_OF_ROOTS}) AND events.topic = topics.id
  AND (time, place) > (
    CASE topics.id WHEN :topic THEN :time ELSE :since END, CASE topics.id WHEN :topic THEN :place ELSE -1 END
  )
  ORDER BY topics.id, time, place LIMIT :rows
) AS found"""  # noqa: S608 - no value is in it

_DROP = "DELETE FROM said WHERE place IN (SELECT value FROM json_each(?))"
_DROP_TEXTS = "DELETE FROM said_text WHERE rowid IN (SELECT value FROM json_each(?))"

_LONELY = """
SELECT json_group_array(place) FILTER (WHERE lonely), json_group_array(place) FROM (
  SELECT place, NOT EXISTS (
    SELECT 1 FROM said JOIN events
    ON events.topic = said.topic AND events.time = said.time AND events.place = said.place
    WHERE said.place = looked.place
  ) AS lonely FROM (
    SELECT * FROM (SELECT place FROM said WHERE place > :after ORDER BY place LIMIT :rows)
    UNION SELECT * FROM (SELECT rowid FROM said_text WHERE rowid > :after ORDER BY rowid LIMIT :rows)
    ORDER BY 1 LIMIT :rows
  ) AS looked
)"""


class SearchRefold:
    """Makes the entries of topic after topic; killed, it goes on with the topic it was at."""

    def __init__(self, since: Callable[[], Mapping[int, int]]) -> None:
        self._since = since
        self._at: tuple[int, int, int] | None = None
        self._looked = -1

    def step(self, connection: sqlite3.Connection) -> int | None:
        """Make some entries; how many it was, or None when all are made."""
        connection.execute("BEGIN IMMEDIATE")
        since = self._since().get(RAW, -MAX_TIME)
        topic, time, place = self._at or (sqlite_projections.place_of(connection, SEARCH), since, -1)
        asked = {"topic": topic, "time": time, "place": place, "since": since, "rows": STEP_EVENTS}
        last = str(sqlite_read.position(connection))
        bodies, found, runs = connection.execute(_NEXT, asked | {"position": last}).fetchone()
        rows = orjson.loads(found)
        if rows:
            placed = map(_with_position, rows, orjson.loads(runs))
            self._exchange(connection, [*placed], bodies.split(b"\n"))
        else:
            rows = self._drop_lonely(connection)
        if not rows:
            sqlite_projections.end(connection, SEARCH)
        connection.execute("COMMIT")
        return len(rows) or None

    def _exchange(self, connection: sqlite3.Connection, rows: list[Any], pieces: list[bytes]) -> None:
        said = said_of((*row, piece) for row, piece in zip(rows, pieces, strict=True))
        _drop(connection, [entry[0] for entry in said])
        sqlite_search.keep(connection, said)
        place, topic, time = rows[-1][:3]
        self._at = topic, time, place
        sqlite_projections.begin(connection, SEARCH, place=topic)

    def _drop_lonely(self, connection: sqlite3.Connection) -> list[int]:
        # Some that have no event, and words of no entry; gives what was looked at.
        asked = {"after": self._looked, "rows": STEP_ENTRIES}
        lonely: list[int]
        looked: list[int]
        lonely, looked = map(orjson.loads, connection.execute(_LONELY, asked).fetchone())
        _drop(connection, lonely)
        self._looked = max(looked, default=self._looked)
        return looked


def _with_position(row: list[Any], run: list[Any] | None) -> list[Any]:
    known = None if run is None else Run(*run)
    if known is not None and row[0] <= known.last:
        row[3] = str(known.position_of(row[0]))
    return row


def _drop(connection: sqlite3.Connection, places: list[int]) -> None:
    some = (orjson.dumps(places).decode(),)
    connection.execute(_DROP, some)
    connection.execute(_DROP_TEXTS, some)
