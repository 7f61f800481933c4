"""Making anew what events of the SQLite store are found by.

An entry is made of one event and nothing else. So entries are exchanged some at a time, each whole.
"""

import sqlite3
from collections.abc import Callable, Iterable, Mapping

import orjson

from hub.events import NOWHERE
from hub.projections import SEARCH
from hub.rollup_plan import RAW
from hub.search_entry import is_found
from hub.store import sqlite_archive, sqlite_projections, sqlite_search
from hub.store.pages import MAX_TIME
from hub.store.said import said_of

STEP_PLACES = 2_000
"""What one step takes, at most; some 20 ms."""

_END = "SELECT coalesce((SELECT min(place) FROM journal), places) FROM store"
_NEXT = "SELECT min(place) FROM events INDEXED BY events_place WHERE place >= ?"
_IDS = "SELECT json_group_object(topic, id) FROM topics WHERE topic IN (SELECT value FROM json_each(?))"
_POSITIONS = "SELECT place, position FROM said WHERE place >= ? AND place <= ?"


class SearchRefold:
    """Makes the entries of all events in the order of their places; killed, it begins again."""

    def __init__(self, since: Callable[[], Mapping[int, int]]) -> None:
        self._since = since

    def step(self, connection: sqlite3.Connection) -> int | None:
        """Make some entries; how many it was, or None when all are made."""
        connection.execute("BEGIN IMMEDIATE")
        first = sqlite_projections.place_of(connection, SEARCH)
        (end,) = connection.execute(_END).fetchone()
        (begin,) = connection.execute(_NEXT, (first,)).fetchone()
        made: int | None = None
        if begin is None:
            _drop(connection, first, MAX_TIME)
            sqlite_projections.end(connection, SEARCH)
        else:
            last = min(begin + STEP_PLACES, end) - 1
            made = self._exchange(connection, first, last)
            sqlite_projections.begin(connection, SEARCH, place=last + 1)
        connection.execute("COMMIT")
        return made

    def _exchange(self, connection: sqlite3.Connection, first: int, last: int) -> int:
        since = self._since().get(RAW, -MAX_TIME)
        events = [one for one in sqlite_archive.read(connection, first - 1, last) if is_found(one.topic)]
        ids = _ids(connection, (one.topic for one in events))
        # Entries that were trimmed do not come back. What was recorded before the archive has the position that its
        # entry had, if any.
        known = dict(connection.execute(_POSITIONS, (first, last)).fetchall())
        entries = said_of(
            (
                one.place,
                ids[one.topic],
                one.time,
                known.get(one.place, str(NOWHERE)) if one.position == NOWHERE else str(one.position),
                one.topic,
                one.piece,
            )
            for one in events
            if one.time >= since or one.place in known
        )
        _drop(connection, first, last)
        sqlite_search.keep(connection, entries)
        return len(entries)


def _ids(connection: sqlite3.Connection, topics: Iterable[str]) -> dict[str, int]:
    (found,) = connection.execute(_IDS, (orjson.dumps([*{*topics}]).decode(),)).fetchone()
    ids: dict[str, int] = orjson.loads(found)
    return ids


def _drop(connection: sqlite3.Connection, first: int, last: int) -> None:
    connection.execute("DELETE FROM said WHERE place >= ? AND place <= ?", (first, last))
    connection.execute("DELETE FROM said_text WHERE rowid >= ? AND rowid <= ?", (first, last))
