"""Who is on a topic, kept over a kill -9 of the only process: a small SQLite file beside the local engine's log."""

import asyncio
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from hub.errors import Unavailable

SCHEMA = """
CREATE TABLE IF NOT EXISTS presence (
  topic TEXT NOT NULL, user TEXT NOT NULL, since_ms INTEGER NOT NULL, said INTEGER NOT NULL, PRIMARY KEY (topic, user)
) WITHOUT ROWID
"""


class Kept(NamedTuple):
    """A user on a topic since a time (ms); `said` is whether his join is surely on the log."""

    topic: str
    user: str
    since_ms: int
    said: bool


class PresenceFile:
    """The file, one writer at a time, each write in a thread. All but `close` raise Unavailable where it can't be used.

    It survives kill -9, and may forget the last writes when the machine loses power: a leave is then said again.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._db: sqlite3.Connection

    async def open(self) -> list[Kept]:
        """What was kept."""
        return await asyncio.to_thread(self._open)

    async def put(self, kept: Sequence[Kept]) -> None:
        """Keep these, in place of what is there of them."""
        await asyncio.to_thread(self._write, "INSERT OR REPLACE INTO presence VALUES (?, ?, ?, ?)", kept)

    async def remove(self, gone: Sequence[tuple[str, str]]) -> None:
        """Forget these (topic, user)."""
        await asyncio.to_thread(self._write, "DELETE FROM presence WHERE topic = ? AND user = ?", gone)

    async def close(self) -> None:
        """Close it."""
        await asyncio.to_thread(self._db.close)

    def _open(self) -> list[Kept]:
        try:
            # One write after the other, each in whatever thread is free.
            self._db = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=NORMAL")
            self._db.execute(SCHEMA)
            rows = self._db.execute("SELECT topic, user, since_ms, said FROM presence ORDER BY since_ms").fetchall()
        except sqlite3.Error as error:
            raise Unavailable(f"The file of presence can't be read: {error}") from error
        return [Kept(topic, user, since_ms, bool(said)) for topic, user, since_ms, said in rows]

    def _write(self, statement: str, rows: Sequence[tuple[object, ...]]) -> None:
        if not rows:
            return
        try:
            self._db.execute("BEGIN")
            try:
                self._db.executemany(statement, rows)
                self._db.execute("COMMIT")
            except sqlite3.Error:
                self._db.rollback()
                raise
        except sqlite3.Error as error:
            raise Unavailable(f"The file of presence can't be written: {error}") from error
