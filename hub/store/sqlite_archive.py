"""The archive on SQLite: `runs` say which positions the places of events had, and when they were recorded."""

import sqlite3
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import cast

import orjson

from hub.events import NOWHERE, Position, decode_event
from hub.store.archive_base import Archived, Moment
from hub.store.archive_moments import beginning, unrecorded
from hub.store.pages import clamp
from hub.store.runs import Positions, Run
from hub.store.sqlite_read import one_moment

TRIM_RUNS = 1_000

_Row = tuple[int, str, int, bytes]
"""Place, topic, time and piece of an event."""

_KEEP = """
INSERT INTO runs (place, epoch, offset, at, counts)
SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]'),
  json_extract(value, '$[3]'), json_extract(value, '$[4]') FROM json_each(?)"""

_ROWS = "SELECT place, epoch, offset, at, counts FROM runs"
_RUNS_OF = """
SELECT json_group_array(json_array(place, epoch, offset, at, json(counts))) FROM (
  SELECT * FROM runs WHERE place IN (
    SELECT (SELECT max(place) FROM runs WHERE place <= value) FROM json_each(?)
  ) ORDER BY place
)"""

_EVENTS = """
SELECT
  CAST(group_concat(place || ',' || time || ',' || length(body) || ',' || json_quote(topic)) AS BLOB),
  CAST(group_concat(body, '') AS BLOB)
FROM (
  SELECT events.place AS place, events.time AS time, events.body AS body, topics.topic AS topic
  FROM events INDEXED BY events_place JOIN topics ON topics.id = events.topic
  WHERE events.place >= :first AND events.place <= :last ORDER BY events.place
)"""

# The index has topic and time, too: no event is looked at that is not wanted.
_EVENTS_OF = """
SELECT
  CAST(group_concat(place || ',' || time || ',' || length(body) || ',' || json_quote(topic)) AS BLOB),
  CAST(group_concat(body, '') AS BLOB)
FROM (
  SELECT chosen.place AS place, chosen.time AS time, events.body AS body, topics.topic AS topic
  FROM (
    SELECT topic, time, place FROM events INDEXED BY events_place
    WHERE place >= :first AND place <= :last AND topic IN (SELECT value FROM json_each(:topics))
    ORDER BY place LIMIT :rows
  ) AS chosen
  CROSS JOIN events ON (events.topic, events.time, events.place) = (chosen.topic, chosen.time, chosen.place)
  CROSS JOIN topics ON topics.id = chosen.topic
  ORDER BY chosen.place
)"""

_JOURNAL = """
SELECT place, head, body FROM journal
WHERE place <= :last AND place >= coalesce((SELECT max(place) FROM journal WHERE place <= :first), 0) ORDER BY place"""

_TOPICS = """
SELECT json_group_array(json_array(id, topic)) FROM (
  SELECT id, topic FROM topics WHERE topic >= ? AND topic < ? ORDER BY topic LIMIT ?
)"""

_TRIM = "DELETE FROM runs WHERE place IN (SELECT place FROM runs WHERE at < ? ORDER BY place LIMIT ?)"


def keep(connection: sqlite3.Connection, runs: Iterable[Run]) -> None:
    """Keep runs, in the transaction that brings their events."""
    rows = [[*run[:4], orjson.dumps(run.counts).decode()] for run in runs]
    connection.execute(_KEEP, (orjson.dumps(rows).decode(),))


def last_at(connection: sqlite3.Connection) -> int:
    """When the last run was recorded (ms); 0 before the first."""
    row = connection.execute("SELECT at FROM runs ORDER BY place DESC LIMIT 1").fetchone()
    return row[0] if row else 0


def trim(connection: sqlite3.Connection, before: int) -> None:
    """Forget some of what was recorded before a time (ms)."""
    connection.execute(_TRIM, (before, TRIM_RUNS))


def moment(connection: sqlite3.Connection, at: Position | int | None) -> Moment:
    """See Archive."""
    if isinstance(at, Position):
        with one_moment(connection):
            return _of_position(connection, at)
    where, asked = ("", ()) if at is None else (" WHERE at <= ?", (clamp(at),))
    # The last of them all is looked up by its place: most runs may have one time.
    order = " ORDER BY place DESC LIMIT 1" if at is None else " ORDER BY at DESC, place DESC LIMIT 1"
    run = _run(connection, where + order, asked)
    return Moment(-1, NOWHERE, 0) if run is None else Moment(run.last, run.end(), run.at)


def _of_position(connection: sqlite3.Connection, at: Position) -> Moment:
    end = connection.execute("SELECT offset FROM epochs WHERE epoch = ?", (at.epoch,)).fetchone()
    if end is None or at.offset > end[0]:
        raise unrecorded(at)
    run = _run(connection, " WHERE epoch = ? AND offset <= ? ORDER BY offset DESC LIMIT 1", (at.epoch, at.offset))
    if run is not None:
        return Moment(run.last_of(at.offset), at, run.at)
    first = _run(connection, " WHERE epoch = ? ORDER BY offset LIMIT 1", (at.epoch,))
    return beginning(at, first)


def _run(connection: sqlite3.Connection, clause: str, asked: Sequence[object]) -> Run | None:
    row = connection.execute(_ROWS + clause, asked).fetchone()
    if row is None:
        return None
    place, epoch, offset, at, counts = row
    return Run(place, epoch, offset, at, orjson.loads(counts))


def window(connection: sqlite3.Connection, after: int, last: int) -> list[Archived]:
    """All events with after < place <= last, in order."""
    with one_moment(connection):
        return read(connection, after, last)


def read(connection: sqlite3.Connection, after: int, last: int) -> list[Archived]:
    """The same where the caller has begun a transaction."""
    asked = {"first": after + 1, "last": last}
    rows = _rows(*connection.execute(_EVENTS, asked).fetchone()) + _waiting(connection, asked, None)
    return _positioned(connection, rows)


def part(connection: sqlite3.Connection, between: tuple[int, int], topics: Sequence[int], limit: int) -> list[Archived]:
    """The first `limit` events of these topics (ids) with after < place <= last, in order; `between` is both."""
    after, last = between
    asked = {"first": after + 1, "last": last, "topics": orjson.dumps(topics).decode(), "rows": limit}
    with one_moment(connection):
        rows = _rows(*connection.execute(_EVENTS_OF, asked).fetchone())
        if len(rows) < limit:
            rows += _waiting(connection, asked, set(topics))
        return _positioned(connection, rows[:limit])


def topics(connection: sqlite3.Connection, begin: str, end: str, limit: int) -> list[tuple[int, str]]:
    """Ids and names of topics from a name on and before another, in order."""
    (found,) = connection.execute(_TOPICS, (begin, end, limit)).fetchone()
    return [(number, topic) for number, topic in orjson.loads(found)]


def _rows(heads: bytes | None, body: bytes) -> list[_Row]:
    flat = orjson.loads(b"[%b]" % (heads or b""))
    found, start = [], 0
    for place, time, length, topic in zip(flat[0::4], flat[1::4], flat[2::4], flat[3::4], strict=True):
        found.append((place, topic, time, body[start : start + length]))
        start += length
    return found


def _waiting(connection: sqlite3.Connection, asked: Mapping[str, object], topics: Container[int] | None) -> list[_Row]:
    # In the journal are the newest, behind all that is folded.
    found: list[_Row] = []
    between = range(cast("int", asked["first"]), cast("int", asked["last"]) + 1)
    for first, head, body in connection.execute(_JOURNAL, asked).fetchall():
        for place, (topic, time, start, length) in enumerate(orjson.loads(head), first):
            if topic and place in between and (topics is None or topic in topics):
                piece = body[start - 1 : start - 1 + length]
                found.append((place, str(decode_event(piece)["topic"]), time, piece))
    return found


def _positioned(connection: sqlite3.Connection, rows: Sequence[_Row]) -> list[Archived]:
    (runs,) = connection.execute(_RUNS_OF, (orjson.dumps([row[0] for row in rows]).decode(),)).fetchone()
    positions = Positions([Run(*run) for run in orjson.loads(runs)])
    return [Archived(row[0], positions.of(row[0]), *row[1:]) for row in rows]
