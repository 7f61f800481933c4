"""The tables of the SQLite store, and how its file is opened.

An event's bytes are first one part of a journal row (one row a write, whatever it holds), later a row of `events`:
thousands of events sorted by topic touch each page once, while a write of its own would touch a page for each.
A place counts the events of all epochs; it orders events of one millisecond and makes every key unique.
The head of a journal row is [[topic id, time, start, length], …] of its body, `start` counts bytes over all rows.
"""

import sqlite3
from pathlib import Path

from hub.errors import Unavailable

VERSION = 1

MAX_TIME = 2**62
"""Times (ms) beyond it, which no clock has, are kept as it."""

BUSY_TIMEOUT_MS = 10_000
"""How long to wait for another process that writes; its transactions take well under a second."""

CACHE_KIB = 16 * 1024
CHECKPOINT_PAGES = 4_000
WAL_LIMIT_BYTES = 64 * 1024 * 1024

TABLES = """
CREATE TABLE IF NOT EXISTS store (version INTEGER NOT NULL, places INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS epochs (id INTEGER PRIMARY KEY, epoch TEXT NOT NULL UNIQUE, offset INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS topics (id INTEGER PRIMARY KEY, topic TEXT NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS journal (
  place INTEGER PRIMARY KEY, start INTEGER NOT NULL, head TEXT NOT NULL, body BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS events (
  topic INTEGER NOT NULL, time INTEGER NOT NULL, place INTEGER NOT NULL, body BLOB NOT NULL,
  PRIMARY KEY (topic, time, place)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS erasing (topic INTEGER PRIMARY KEY, place INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS latest (topic TEXT PRIMARY KEY, place INTEGER NOT NULL, body BLOB NOT NULL) WITHOUT ROWID;
"""


def connect(path: Path) -> sqlite3.Connection:
    """A connection in autocommit mode to the file, which is made if need be; raises sqlite3.Error."""
    connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_MS / 1000, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        # NORMAL loses no commit to kill -9; to a power cut perhaps the last ones, which the log then gives again.
        connection.execute("PRAGMA temp_store = MEMORY")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
        connection.execute(f"PRAGMA journal_size_limit = {WAL_LIMIT_BYTES}")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def open_store(path: Path) -> sqlite3.Connection:
    """A connection to a file with all tables of this version; raises Unavailable for a file of a newer hub."""
    connection = connect(path)
    try:
        _prepare(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    connection.execute("BEGIN IMMEDIATE")
    for statement in TABLES.split(";")[:-1]:
        connection.execute(statement)
    connection.execute("INSERT INTO store SELECT ?, 0 WHERE NOT EXISTS (SELECT 1 FROM store)", (VERSION,))
    (version,) = connection.execute("SELECT version FROM store").fetchone()
    connection.execute("COMMIT")
    if version > VERSION:
        raise Unavailable(f"{path} was written by a newer hub (its tables are version {version}); update this one.")
