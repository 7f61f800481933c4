"""How things were, on SQLite: now and then a snapshot is kept, and what came after it is read from the archive."""

import sqlite3

from hub import zstd
from hub.errors import Unrecoverable
from hub.events import head_of
from hub.latest import EVERYTHING, Latest
from hub.store import sqlite_archive
from hub.store.archive_states import ERASE_SNAPSHOTS, READ_PLACES, UNKNOWN, Mark, holds, without
from hub.store.sqlite_read import kept, one_moment

_BEFORE = "SELECT place, body FROM snapshots WHERE place <= ? ORDER BY place DESC LIMIT 1"
_FIRST = "SELECT at FROM runs WHERE place = 0"
_AT = "SELECT at FROM runs WHERE place <= ? ORDER BY place DESC LIMIT 1"

_TRIM = """
DELETE FROM snapshots WHERE place < (
  SELECT max(snapshots.place) FROM snapshots WHERE place <= (SELECT max(place) FROM runs WHERE at < ?)
)"""

_ERASING = "SELECT topics.topic, snapshot FROM erasing JOIN topics ON topics.id = erasing.topic WHERE erasing.topic = ?"
_BETWEEN = "SELECT place, body FROM snapshots WHERE place > ? AND place < ? ORDER BY place LIMIT ?"


def last(connection: sqlite3.Connection) -> Mark | None:
    """Where the last snapshot is."""
    (place,) = connection.execute("SELECT max(place) FROM snapshots").fetchone()
    return None if place is None else Mark(place, _at(connection, _AT, place) or 0)


def _at(connection: sqlite3.Connection, query: str, *asked: int) -> int | None:
    row = connection.execute(query, asked).fetchone()
    return None if row is None else int(row[0])


def keep(connection: sqlite3.Connection, latest: Latest, place: int) -> None:
    """Keep what is latest as it was when the event of this place was the last one."""
    body = zstd.compress(b"\n".join(latest.snapshot(EVERYTHING)))
    connection.execute("INSERT OR REPLACE INTO snapshots (place, body) VALUES (?, ?)", (place, body))


def trim(connection: sqlite3.Connection, before: int) -> None:
    """Forget those that no moment since a time (ms) needs."""
    connection.execute(_TRIM, (before,))


def erase(connection: sqlite3.Connection, topic: int, place: int) -> bool:
    """Take a topic that is being erased out of some of the snapshots before a place; whether none is left."""
    row = connection.execute(_ERASING, (topic,)).fetchone()
    if row is None:
        return True
    name, done = row
    rows = connection.execute(_BETWEEN, (done, place, ERASE_SNAPSHOTS)).fetchall()
    head = head_of(name)
    for at, body in rows:
        kept = without(body, head)
        if kept is not None:
            connection.execute("UPDATE snapshots SET body = ? WHERE place = ?", (kept, at))
        connection.execute("UPDATE erasing SET snapshot = ? WHERE topic = ?", (at, topic))
    return len(rows) < ERASE_SNAPSHOTS


def state(connection: sqlite3.Connection, place: int, *, since: int | None) -> list[bytes]:
    """See Archive; of what was recorded before `since` (ms; None: ever) events may be gone."""
    with one_moment(connection):
        (places,) = connection.execute("SELECT places FROM store").fetchone()
        if place >= places - 1:
            return kept(connection).latest.snapshot(EVERYTHING)
        latest, begin = Latest(), -1
        row = connection.execute(_BEFORE, (place,)).fetchone()
        if row is None:
            at = _at(connection, _FIRST)
        else:
            begin, at = row[0], _at(connection, _AT, row[0])
            latest.restore(zstd.decompress(row[1]).splitlines())
        if not holds(at, since if place >= 0 else None):
            raise Unrecoverable(UNKNOWN)
        while begin < place:
            end = min(begin + READ_PLACES, place)
            latest.restore(one.piece for one in sqlite_archive.read(connection, begin, end))
            begin = end
        return latest.snapshot(EVERYTHING)
