"""What is read from the SQLite store; every function runs in a thread that owns the connection.

Each question is answered in few rows, however much it says: stepping to a row takes the interpreter's lock, and beside
a busy event loop each taking waits up to 5 ms (measured: 300 rows/s instead of 90,000).
"""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple, cast

import orjson

from hub.errors import BAD_REQUEST, HubError
from hub.events import Position, Scalar, decode_event
from hub.latest import EVERYTHING, Latest
from hub.store import sqlite_journal
from hub.store.base import Page, Point
from hub.store.schema import MAX_TIME

SCAN_ROWS = 5_000
"""Events that one page looks at, at most."""

MIN_SCAN_ROWS = 500
ROWS_AT_ONCE = 1_000

_CURSOR = re.compile(r"(-?[0-9]{1,18})\.([0-9]{1,18})")
_NOTHING = object()

_EVENTS = """
SELECT CAST(group_concat(time || ',' || place || ',' || body) AS BLOB) FROM (
  SELECT time, place, body FROM events
  WHERE topic = :topic AND (time, place) > (:time, :place) AND time < :end ORDER BY time, place LIMIT :rows
)"""

_EVENTS_BACK = _EVENTS.replace("ORDER BY time, place", "ORDER BY time DESC, place DESC")

_LATEST = """
SELECT CAST(group_concat(body, char(10)) AS BLOB) FROM (
  SELECT body, row_number() OVER (ORDER BY place, topic) - 1 AS row FROM latest ORDER BY row
) GROUP BY row / :rows ORDER BY row / :rows"""


class Place(NamedTuple):
    """Where a page begins: behind the event of this time (ms) and place."""

    time: int
    place: int

    def __str__(self) -> str:
        return f"{self.time}.{self.place}"


class Kept(NamedTuple):
    """The latest events; and of those still in the journal the topics, how many they are, and the bodies."""

    latest: Latest
    waiting_topics: list[str]
    waiting_events: int
    waiting_bodies: list[bytes]


def cursor(start: int, after: str | None) -> Place:
    """Where to begin; raises HubError (BAD_REQUEST) for an `after` that no page has given."""
    begin = Place(max(-MAX_TIME, min(start, MAX_TIME)), -1)
    if after is None:
        return begin
    found = _CURSOR.fullmatch(after)
    if found is None:
        raise HubError(f"{after[:80]!r} is not where a page of history ends.", code=BAD_REQUEST)
    return max(begin, Place(int(found[1]), int(found[2])))


def position(connection: sqlite3.Connection) -> Position | None:
    """The position of the last batch written."""
    row = connection.execute("SELECT epoch, offset FROM epochs ORDER BY id DESC LIMIT 1").fetchone()
    return None if row is None else Position(*row)


def snapshot(connection: sqlite3.Connection) -> list[bytes]:
    """What a snapshot is made of, at one moment."""
    with _one_moment(connection):
        return kept(connection).latest.snapshot(EVERYTHING)


def kept(connection: sqlite3.Connection) -> Kept:
    """The latest events; the caller has begun a transaction."""
    latest = Latest()
    topics: list[str] = []
    bodies: list[bytes] = []
    for (lines,) in connection.execute(_LATEST, {"rows": ROWS_AT_ONCE}):
        latest.restore(lines.split(b"\n"))
    for head, body in connection.execute("SELECT head, body FROM journal ORDER BY place"):
        pieces = [body[start - 1 : start - 1 + length] for _, _, start, length in orjson.loads(head)]
        latest.restore(pieces)
        topics += [cast("str", decode_event(piece)["topic"]) for piece in pieces]
        bodies.append(body)
    return Kept(latest, list(dict.fromkeys(topics)), len(topics), bodies)


def keys(connection: sqlite3.Connection, topic: str) -> list[str]:
    """The keys in the latest event of a topic, sorted."""
    kept = Latest()
    with _one_moment(connection):
        row = connection.execute("SELECT body FROM latest WHERE topic = ?", (topic,)).fetchone()
        kept.restore(row[0].split(b"\n") if row else [])
        asked = {"topic": _topic_id(connection, topic), "time": -MAX_TIME, "place": -1, "end": MAX_TIME, "rows": -1}
        waiting = sqlite_journal.events(connection, asked)
    kept.restore(orjson.dumps(event) for _, _, event in sorted(waiting, key=lambda row: row[1]))
    piece = kept.get(topic)
    return sorted(cast("dict[str, Scalar]", decode_event(piece)["data"])) if piece else []


def events(
    connection: sqlite3.Connection, topic: str, *, start: int, end: int, limit: int, newest: bool
) -> list[dict[str, Any]]:
    """Decoded events of a topic with start <= time < end (ms), the oldest or the newest `limit` of them, in order."""
    start, end = (max(-MAX_TIME, min(bound, MAX_TIME)) for bound in (start, end))
    with _one_moment(connection):
        asked = {"topic": _topic_id(connection, topic), "time": start, "place": -1, "end": end, "rows": limit}
        found = _events(connection, asked, _EVENTS_BACK if newest else _EVENTS)
        found += sqlite_journal.events(connection, asked | {"rows": -1})
    found.sort(key=lambda row: row[:2])
    chosen = found[-limit:] if newest else found[:limit]
    return [event for _, _, event in chosen] if limit > 0 else []


def page(connection: sqlite3.Connection, topic: str, key: str, *, begin: Place, end: int, limit: int) -> Page:
    """At most `limit` values of a key behind `begin` and before `end` (ms), from at most SCAN_ROWS events."""
    rows = min(max(limit + 1, MIN_SCAN_ROWS), SCAN_ROWS)
    end = max(-MAX_TIME, min(end, MAX_TIME))
    with _one_moment(connection):
        asked = {
            "topic": _topic_id(connection, topic),
            "time": begin.time,
            "place": begin.place,
            "end": end,
            "rows": rows,
        }
        found = _events(connection, asked) + sqlite_journal.events(connection, asked)
    found.sort(key=lambda row: row[:2])
    more, found = len(found) >= rows, found[:rows]
    points: list[Point] = []
    for time, place, event in found:
        if len(points) >= limit:
            break
        value = event["data"].get(key, _NOTHING)
        if value is not _NOTHING:
            points.append(Point(time, value))
        begin = Place(time, place)
    more = more or (bool(found) and begin != found[-1][:2])
    return Page(points, str(begin) if more else None)


def _topic_id(connection: sqlite3.Connection, topic: str) -> int:
    row = connection.execute("SELECT id FROM topics WHERE topic = ?", (topic,)).fetchone()
    return row[0] if row else -1


def _events(connection: sqlite3.Connection, asked: dict[str, int], query: str = _EVENTS) -> list[sqlite_journal.Row]:
    (found,) = connection.execute(query, asked).fetchone()
    flat = orjson.loads(b"[%b]" % (found or b""))
    return list(zip(flat[0::3], flat[1::3], flat[2::3], strict=True))


@contextmanager
def _one_moment(connection: sqlite3.Connection) -> Iterator[None]:
    # A transaction that reads sees the file as it was when it began: an event is in the journal or in events, once.
    connection.execute("BEGIN")
    yield
    connection.execute("COMMIT")
