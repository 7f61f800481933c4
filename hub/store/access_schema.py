"""The tables of users, API keys and tickets; they may share a file with history.

A floor is when a user was last changed or removed (ms): his tokens of before hold no more. The one row of `access`
counts the changes of keys and floors, so that each process sees by one small read whether there is something new.
"""

import sqlite3
from pathlib import Path

from hub.store.schema import connect

_COUNT = " BEGIN UPDATE access SET version = version + 1; END"
TABLES = (
    """CREATE TABLE IF NOT EXISTS users (
      name TEXT PRIMARY KEY, role TEXT NOT NULL, password_hash TEXT NOT NULL, created INTEGER NOT NULL
    ) WITHOUT ROWID""",
    "CREATE TABLE IF NOT EXISTS token_floors (user TEXT PRIMARY KEY, floor INTEGER NOT NULL) WITHOUT ROWID",
    """CREATE TABLE IF NOT EXISTS api_keys (
      id TEXT PRIMARY KEY, digest TEXT NOT NULL UNIQUE, name TEXT NOT NULL UNIQUE, role TEXT NOT NULL,
      subscribe TEXT, publish TEXT, created INTEGER NOT NULL, expires INTEGER
    ) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS tickets (
      digest TEXT PRIMARY KEY, identity BLOB NOT NULL, expires INTEGER NOT NULL
    ) WITHOUT ROWID""",
    "CREATE TABLE IF NOT EXISTS access (version INTEGER NOT NULL)",
    "CREATE TRIGGER IF NOT EXISTS access_key_added AFTER INSERT ON api_keys" + _COUNT,
    "CREATE TRIGGER IF NOT EXISTS access_key_removed AFTER DELETE ON api_keys" + _COUNT,
    "CREATE TRIGGER IF NOT EXISTS access_floor_added AFTER INSERT ON token_floors" + _COUNT,
    "CREATE TRIGGER IF NOT EXISTS access_floor_raised AFTER UPDATE ON token_floors" + _COUNT,
)


def open_access(path: Path) -> sqlite3.Connection:
    """A connection to a file with these tables; raises sqlite3.Error."""
    connection = connect(path)
    try:
        for statement in TABLES:
            connection.execute(statement)
        if connection.execute("SELECT 1 FROM access").fetchone() is None:
            connection.execute("INSERT INTO access SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM access)")
    except sqlite3.Error:
        connection.close()
        raise
    return connection
