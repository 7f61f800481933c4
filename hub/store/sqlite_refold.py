"""Folding the latest events of the SQLite store anew: from grounds and events, beside what is served until then."""

import sqlite3

import orjson

from hub.projections import LATEST
from hub.refold import Ground, Refold
from hub.store import sqlite_fold, sqlite_ground, sqlite_projections
from hub.store.merged import merge

STEP_EVENTS = 2_000
"""What one step takes, at most; some 20 ms."""

SWAP_TOPICS = 10_000

_GROUNDS = "SELECT topic, place, body FROM grounds WHERE place > ?"

_NEXT = """
SELECT CAST(group_concat(body, char(10)) AS BLOB), json_group_array(place), json_group_array(topic) FROM (
  SELECT place, topics.topic AS topic, body FROM events INDEXED BY events_place JOIN topics ON topics.id = events.topic
  WHERE place > :after ORDER BY place LIMIT :rows
)"""


class LatestRefold:
    """Takes recorded events step by step; the last step puts what they come to in the place of what is there.

    Killed before that nothing has changed, and it begins again. Of raw messages there is no history: theirs stay.
    """

    def __init__(self) -> None:
        self._refold: Refold | None = None
        self._begun = 0
        self._after = -1
        self._ended = False

    def step(self, connection: sqlite3.Connection) -> int | None:
        """Take some events; how many it was, or None when the new ones are there."""
        if self._ended:
            return None
        if self._refold is None:
            self._refold, self._begun = _begin(connection)
        taken = self._take(connection, self._refold)
        if taken < STEP_EVENTS:
            connection.execute("BEGIN IMMEDIATE")
            while more := self._take(connection, self._refold):
                # Nobody writes meanwhile, and what has come since the last look is little.
                taken += more
            self._refold.add(_grounds(connection, self._begun))
            _swap(connection, self._refold)
            connection.execute("COMMIT")
            self._ended = True
        return taken

    def _take(self, connection: sqlite3.Connection, refold: Refold) -> int:
        bodies, places, topics = connection.execute(_NEXT, {"after": self._after, "rows": STEP_EVENTS}).fetchone()
        if bodies is None:
            return 0
        places = orjson.loads(places)
        refold.take(zip(places, orjson.loads(topics), bodies.split(b"\n"), strict=True))
        self._after = places[-1]
        return len(places)


def _begin(connection: sqlite3.Connection) -> tuple[Refold, int]:
    # From here on nothing is deleted because of its age, so what is read later is whole.
    connection.execute("BEGIN IMMEDIATE")
    sqlite_projections.begin(connection, LATEST)
    grounds = _grounds(connection, -1)
    (places,) = connection.execute("SELECT places FROM store").fetchone()
    connection.execute("COMMIT")
    return Refold(grounds), places


def _grounds(connection: sqlite3.Connection, after: int) -> list[Ground]:
    return [Ground(*row) for row in connection.execute(_GROUNDS, (after,)).fetchall()]


def _swap(connection: sqlite3.Connection, refold: Refold) -> None:
    topics = refold.topics()
    (places,) = connection.execute("SELECT coalesce((SELECT min(place) FROM journal), places) FROM store").fetchone()
    connection.execute("DELETE FROM latest WHERE NOT topic BETWEEN 'raw/' AND 'raw0'")
    for first in range(0, len(topics), SWAP_TOPICS):
        some = topics[first : first + SWAP_TOPICS]
        behind = len(topics) - first - len(some)
        sqlite_fold.keep(connection, merge(refold.latest, some), places=places - behind)
    sqlite_ground.drop_lonely(connection)
    sqlite_projections.end(connection, LATEST)
