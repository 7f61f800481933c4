"""Grounds in the SQLite store: what a topic's latest was when events of it were deleted, or not kept.

The latest is folded from all events of a topic, and those that go can't be asked again. So the transaction that
deletes some keeps the latest as it is then, with the place up to which it was folded; folding anew begins there.
"""

import sqlite3
from collections.abc import Iterable, Mapping

import orjson

_GOING = "CREATE TEMP TABLE IF NOT EXISTS going (topic INTEGER, time INTEGER, place INTEGER)"

# A ground holds until an event behind its place goes: of a topic that sends all the time once in the time of keeping.
_KEEP_GOING = """
INSERT OR REPLACE INTO grounds (topic, place, body)
SELECT latest.topic, store.places, latest.body
FROM (SELECT topic, max(place) AS last FROM going GROUP BY topic) AS gone
JOIN topics ON topics.id = gone.topic JOIN latest ON latest.topic = topics.topic JOIN store
LEFT JOIN grounds ON grounds.topic = topics.topic WHERE last >= coalesce(grounds.place, 0)"""

_DELETE = "DELETE FROM events WHERE (topic, time, place) IN (SELECT topic, time, place FROM going)"

_KEEP = """
INSERT OR REPLACE INTO grounds (topic, place, body)
SELECT latest.topic, store.places, latest.body FROM json_each(?) AS asked
JOIN latest ON latest.topic = asked.value JOIN store"""

_DROP = "DELETE FROM grounds WHERE topic IN (SELECT value FROM json_each(?))"


def delete_events(connection: sqlite3.Connection, selection: str, asked: Mapping[str, object]) -> int:
    """Delete the events that a statement puts into `going`, in the caller's transaction; how many it was.

    All that was written has been folded into `latest` in this transaction.
    """
    connection.execute(_GOING)
    found = connection.execute(selection, asked).rowcount
    if found:
        connection.execute(_KEEP_GOING)
        connection.execute(_DELETE)
        connection.execute("DELETE FROM going")
    return found


def keep(connection: sqlite3.Connection, topics: Iterable[str]) -> None:
    """Make the latest of topics their ground: events of theirs are in it that are nowhere else."""
    asked = [*topics]
    if asked:
        connection.execute(_KEEP, (orjson.dumps(asked).decode(),))


def drop(connection: sqlite3.Connection, topics: Iterable[str]) -> None:
    """Forget the grounds of topics whose history is to go."""
    connection.execute(_DROP, (orjson.dumps([*topics]).decode(),))


def drop_lonely(connection: sqlite3.Connection) -> None:
    """Forget the grounds of topics that have no latest any more."""
    connection.execute("DELETE FROM grounds WHERE topic NOT IN (SELECT topic FROM latest)")
