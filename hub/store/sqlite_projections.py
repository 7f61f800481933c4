"""Which projections of the SQLite store are of which version: one row each, written with what it speaks of.

`place` is there while a refold is under way, `made` counts those that have ended: who keeps something of it in memory
reads it anew then.
"""

import sqlite3
from collections.abc import Iterable

import orjson

from hub.projections import VERSIONS

_NOTE = """
INSERT OR IGNORE INTO projections (name, version, place, made)
SELECT json_extract(value, '$[0]'), CASE places WHEN 0 THEN json_extract(value, '$[1]') ELSE 1 END, NULL, 0
FROM json_each(?), store"""

_WANT = "UPDATE projections SET version = 0, place = NULL WHERE name IN (SELECT value FROM json_each(?))"


def kept(connection: sqlite3.Connection) -> dict[str, tuple[int, bool]]:
    """By name the version, and whether a refold has begun; what was there before versions were is of the first."""
    rows = connection.execute("SELECT name, version, place FROM projections").fetchall()
    if len(rows) < len(VERSIONS):
        connection.execute(_NOTE, (orjson.dumps([*VERSIONS.items()]).decode(),))
        rows = connection.execute("SELECT name, version, place FROM projections").fetchall()
    return {name: (version, place is not None) for name, version, place in rows}


def want(connection: sqlite3.Connection, names: Iterable[str]) -> None:
    """Say that projections are to be folded anew from the first event on, also by the next start if this ends."""
    kept(connection)
    connection.execute(_WANT, (orjson.dumps([*names]).decode(),))


def under_way(connection: sqlite3.Connection, name: str) -> bool:
    """Whether a refold has begun and not ended."""
    return (
        connection.execute("SELECT 1 FROM projections WHERE name = ? AND place IS NOT NULL", (name,)).fetchone()
        is not None
    )


def begin(connection: sqlite3.Connection, name: str, *, place: int = 0) -> None:
    """Say that a refold is under way, and how far it has come."""
    connection.execute("UPDATE projections SET place = ? WHERE name = ?", (place, name))


def place_of(connection: sqlite3.Connection, name: str) -> int:
    """How far a refold has come; 0 where none is under way."""
    (place,) = connection.execute("SELECT coalesce(max(place), 0) FROM projections WHERE name = ?", (name,)).fetchone()
    return int(place)


def end(connection: sqlite3.Connection, name: str) -> None:
    """Say, in the transaction that makes it so, that a projection is as this hub folds it."""
    connection.execute(
        "UPDATE projections SET version = ?, place = NULL, made = made + 1 WHERE name = ?", (VERSIONS[name], name)
    )
