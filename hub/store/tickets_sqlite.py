"""Tickets on an SQLite file, which other stores may share; a ticket is taken once, by whichever process is first."""

import sqlite3
from pathlib import Path
from typing import Self

from hub.errors import LIMIT_EXCEEDED, HubError
from hub.store.access_schema import open_access
from hub.store.sqlite_thread import SqliteThread

MAX_TICKETS = 10_000
"""Tickets that wait to be used; the next is refused (`limit_exceeded`)."""


class SqliteTicketStore:
    """TicketStore (see `base`) on the file `path`."""

    def __init__(self, path: Path) -> None:
        self._thread = SqliteThread(path, name="hub.store.tickets", connect=open_access)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._thread.close()

    async def add(self, digest: str, identity: bytes, *, expires_s: int, now_s: float) -> None:
        """See TicketStore."""

        def work(connection: sqlite3.Connection) -> bool:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("DELETE FROM tickets WHERE expires <= ?", (now_s,))
            (waiting,) = connection.execute("SELECT count(*) FROM tickets").fetchone()
            if waiting < MAX_TICKETS:
                connection.execute("INSERT INTO tickets VALUES (?, ?, ?)", (digest, identity, expires_s))
            connection.execute("COMMIT")
            return bool(waiting < MAX_TICKETS)

        if not await self._thread.run(work):
            raise HubError(f"{MAX_TICKETS} tickets wait to be used; try again later.", code=LIMIT_EXCEEDED)

    async def take(self, digest: str, *, now_s: float) -> bytes | None:
        """See TicketStore."""
        sql = "DELETE FROM tickets WHERE digest = ? RETURNING identity, expires"
        rows = await self._thread.run(lambda connection: connection.execute(sql, (digest,)).fetchall())
        return rows[0][0] if rows and rows[0][1] > now_s else None
