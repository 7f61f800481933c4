"""The tables of the SQLite store's events as they are now, and how its file is connected to.

An event's bytes are first one part of a journal row (one row a write, whatever it holds), later a row of `events`:
thousands of events sorted by topic touch each page once, while a write of its own would touch a page for each.
A place counts the events of all epochs; it orders events of one millisecond and makes every key unique.
The head of a journal row is [[topic id, time, start, length], …] of its body, `start` counts bytes over all rows.
"""

import sqlite3
from pathlib import Path

VERSION = 2
"""What a hub of the first release looks at, which starts with 1 only; since then `migrations` number the tables."""

BUSY_TIMEOUT_MS = 10_000
"""How long to wait for another process that writes; its transactions take well under a second."""

CACHE_KIB = 16 * 1024
CHECKPOINT_PAGES = 4_000
WAL_LIMIT_BYTES = 64 * 1024 * 1024

TABLES = """
CREATE TABLE store (version INTEGER NOT NULL, places INTEGER NOT NULL);
CREATE TABLE epochs (id INTEGER PRIMARY KEY, epoch TEXT NOT NULL UNIQUE, offset INTEGER NOT NULL);
CREATE TABLE topics (id INTEGER PRIMARY KEY, topic TEXT NOT NULL UNIQUE);
CREATE TABLE journal (
  place INTEGER PRIMARY KEY, start INTEGER NOT NULL, head TEXT NOT NULL, body BLOB NOT NULL
);
CREATE TABLE events (
  topic INTEGER NOT NULL, time INTEGER NOT NULL, place INTEGER NOT NULL, body BLOB NOT NULL,
  PRIMARY KEY (topic, time, place)
) WITHOUT ROWID;
CREATE INDEX events_place ON events (place);
CREATE TABLE erasing (
  topic INTEGER PRIMARY KEY, place INTEGER NOT NULL, snapshot INTEGER NOT NULL DEFAULT -1
);
CREATE TABLE runs (
  place INTEGER PRIMARY KEY, epoch TEXT NOT NULL, offset INTEGER NOT NULL, at INTEGER NOT NULL, counts TEXT NOT NULL
);
CREATE INDEX runs_offset ON runs (epoch, offset);
CREATE INDEX runs_at ON runs (at, place);
CREATE TABLE snapshots (place INTEGER PRIMARY KEY, body BLOB NOT NULL);
CREATE TABLE latest (topic TEXT PRIMARY KEY, place INTEGER NOT NULL, body BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE rollups (
  topic INTEGER NOT NULL, level INTEGER NOT NULL, start INTEGER NOT NULL, body BLOB NOT NULL,
  PRIMARY KEY (topic, level, start)
) WITHOUT ROWID;
CREATE TABLE stale (
  topic INTEGER NOT NULL, level INTEGER NOT NULL, start INTEGER NOT NULL, due INTEGER NOT NULL,
  PRIMARY KEY (topic, level, start)
) WITHOUT ROWID;
CREATE INDEX stale_due ON stale (level, due);
CREATE TABLE said (
  place INTEGER PRIMARY KEY, topic INTEGER NOT NULL, time INTEGER NOT NULL,
  device TEXT NOT NULL, user TEXT NOT NULL, position TEXT NOT NULL
);
CREATE INDEX said_device ON said (device, place);
CREATE INDEX said_user ON said (user, place);
CREATE INDEX said_time ON said (time);
CREATE VIRTUAL TABLE said_text USING fts5 (text, tokenize = 'unicode61 remove_diacritics 2');
CREATE TABLE projections (
  name TEXT PRIMARY KEY, version INTEGER NOT NULL, place INTEGER, made INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE grounds (topic TEXT PRIMARY KEY, place INTEGER NOT NULL, body BLOB NOT NULL) WITHOUT ROWID;
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
