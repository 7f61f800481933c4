"""What is read from the SQLite store; every function runs in a thread that owns the connection.

Each question is answered in few rows, however much it says: stepping to a row takes the interpreter's lock, and beside
a busy event loop each taking waits up to 5 ms (measured: 300 rows/s instead of 90,000).
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple, cast

import orjson

from hub.events import Position, Scalar, decode_event
from hub.latest import EVERYTHING, Latest
from hub.search_entry import is_found
from hub.store import sqlite_journal
from hub.store.base import Page
from hub.store.pages import MAX_TIME, Place, Row, clamp, cut, is_telemetry, scan_rows

ROWS_AT_ONCE = 1_000

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


class Kept(NamedTuple):
    """The latest events; and of those still in the journal the topics, how many they are, and the bodies.

    Of telemetry in the journal also topic id and time; of all in it what `said.said_of` takes, but the
    position is the last one's.
    """

    latest: Latest
    waiting_topics: list[str]
    waiting_events: int
    waiting_bodies: list[bytes]
    waiting_telemetry: list[tuple[int, int]]
    waiting_said: list[tuple[int, int, int, str, str, bytes]]


def position(connection: sqlite3.Connection) -> Position | None:
    """The position of the last batch written."""
    row = connection.execute("SELECT epoch, offset FROM epochs ORDER BY id DESC LIMIT 1").fetchone()
    return None if row is None else Position(*row)


def snapshot(connection: sqlite3.Connection) -> list[bytes]:
    """What a snapshot is made of, at one moment."""
    with one_moment(connection):
        return kept(connection).latest.snapshot(EVERYTHING)


def kept(connection: sqlite3.Connection) -> Kept:
    """The latest events; the caller has begun a transaction."""
    latest = Latest()
    topics: list[str] = []
    bodies: list[bytes] = []
    telemetry: list[tuple[int, int]] = []
    for (lines,) in connection.execute(_LATEST, {"rows": ROWS_AT_ONCE}):
        latest.restore(lines.split(b"\n"))
    said: list[tuple[int, int, int, str, str, bytes]] = []
    last = str(position(connection))
    for first, head, body in connection.execute("SELECT place, head, body FROM journal ORDER BY place").fetchall():
        entries = orjson.loads(head)
        pieces = [body[start - 1 : start - 1 + length] for _, _, start, length in entries]
        latest.restore(pieces)
        names = [cast("str", decode_event(piece)["topic"]) for piece in pieces]
        telemetry += [(entry[0], entry[1]) for name, entry in zip(names, entries, strict=True) if is_telemetry(name)]
        said += [
            (place, entry[0], entry[1], last, name, piece)
            for place, (name, entry, piece) in enumerate(zip(names, entries, pieces, strict=True), first)
            if is_found(name)
        ]
        topics += names
        bodies.append(body)
    return Kept(latest, list(dict.fromkeys(topics)), len(topics), bodies, telemetry, said)


def keys(connection: sqlite3.Connection, topic: str) -> list[str]:
    """The keys in the latest event of a topic, sorted."""
    kept = Latest()
    with one_moment(connection):
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
    start, end = clamp(start), clamp(end)
    with one_moment(connection):
        asked = {"topic": _topic_id(connection, topic), "time": start, "place": -1, "end": end, "rows": limit}
        found = _events(connection, asked, _EVENTS_BACK if newest else _EVENTS)
        found += sqlite_journal.events(connection, asked | {"rows": -1})
    found.sort(key=lambda row: row[:2])
    chosen = found[-limit:] if newest else found[:limit]
    return [event for _, _, event in chosen] if limit > 0 else []


def page(connection: sqlite3.Connection, topic: str, key: str, *, begin: Place, end: int, limit: int) -> Page:
    """At most `limit` values of a key behind `begin` and before `end` (ms), from at most SCAN_ROWS events."""
    with one_moment(connection):
        asked = {
            "topic": _topic_id(connection, topic),
            "time": begin.time,
            "place": begin.place,
            "end": clamp(end),
            "rows": scan_rows(limit),
        }
        found = _events(connection, asked) + sqlite_journal.events(connection, asked)
    found.sort(key=lambda row: row[:2])
    return cut(found, key, begin=begin, limit=limit)


def _topic_id(connection: sqlite3.Connection, topic: str) -> int:
    row = connection.execute("SELECT id FROM topics WHERE topic = ?", (topic,)).fetchone()
    return row[0] if row else -1


def _events(connection: sqlite3.Connection, asked: dict[str, int], query: str = _EVENTS) -> list[Row]:
    (found,) = connection.execute(query, asked).fetchone()
    flat = orjson.loads(b"[%b]" % (found or b""))
    return list(zip(flat[0::3], flat[1::3], flat[2::3], strict=True))


@contextmanager
def one_moment(connection: sqlite3.Connection) -> Iterator[None]:
    """A transaction that reads sees the file as it was when it began: an event is in the journal or in events, once."""
    connection.execute("BEGIN")
    yield
    connection.execute("COMMIT")
