"""The archive on SQLite: `runs` say which positions the places of events had, and when they were recorded."""

import sqlite3
from collections.abc import Iterable, Sequence

import orjson

from hub.events import NOWHERE, Position, decode_event
from hub.store.archive_base import Archived, Moment
from hub.store.archive_moments import beginning, unrecorded
from hub.store.pages import clamp
from hub.store.runs import Positions, Run
from hub.store.sqlite_read import one_moment

TRIM_RUNS = 1_000

_KEEP = """
INSERT INTO runs (place, epoch, offset, at, counts)
SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]'),
  json_extract(value, '$[3]'), json_extract(value, '$[4]') FROM json_each(?)"""

_ROWS = "SELECT place, epoch, offset, at, counts FROM runs"
_OVERLAPPING = """
SELECT json_group_array(json_array(place, epoch, offset, at, json(counts))) FROM (
  SELECT * FROM runs WHERE place <= :last AND place >= coalesce((SELECT max(place) FROM runs WHERE place <= :first), 0)
  ORDER BY place
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

_JOURNAL = "SELECT place, head, body FROM journal WHERE place <= :last ORDER BY place"

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
    return Moment(-1, NOWHERE, 0) if run is None else Moment(run.last, run.position_of(run.last), run.at)


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
    (runs,) = connection.execute(_OVERLAPPING, asked).fetchone()
    positions = Positions([Run(*run) for run in orjson.loads(runs)])
    heads, body = connection.execute(_EVENTS, asked).fetchone()
    flat = orjson.loads(b"[%b]" % (heads or b""))
    found, start = [], 0
    for place, time, length, topic in zip(flat[0::4], flat[1::4], flat[2::4], flat[3::4], strict=True):
        found.append(Archived(place, positions.of(place), topic, time, body[start : start + length]))
        start += length
    found += _waiting(connection, positions, after, last)
    return found


def _waiting(connection: sqlite3.Connection, positions: Positions, after: int, last: int) -> Iterable[Archived]:
    # In the journal are the newest, behind all that is folded.
    for first, head, body in connection.execute(_JOURNAL, {"last": last}).fetchall():
        for place, (topic, time, start, length) in enumerate(orjson.loads(head), first):
            if topic and after < place <= last:
                piece = body[start - 1 : start - 1 + length]
                yield Archived(place, positions.of(place), str(decode_event(piece)["topic"]), time, piece)
