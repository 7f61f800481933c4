"""Users on an SQLite file, which the event store may share; several processes may open it."""

import sqlite3
from pathlib import Path
from typing import Self

from hub.errors import CONFLICT, NOT_FOUND, HubError
from hub.store.base import User
from hub.store.schema import connect
from hub.store.sqlite_thread import SqliteThread

_TABLE = """
CREATE TABLE IF NOT EXISTS users (
  name TEXT PRIMARY KEY, role TEXT NOT NULL, password_hash TEXT NOT NULL, created INTEGER NOT NULL
) WITHOUT ROWID"""
_COLUMNS = "SELECT name, role, password_hash, created FROM users"

Rows = list[tuple[str, str, str, int]]


class SqliteUserStore:
    """UserStore (see `base`) on the file `path`."""

    def __init__(self, path: Path) -> None:
        self._thread = SqliteThread(path, name="hub.store.users", connect=_open)

    async def __aenter__(self) -> Self:
        try:
            await self.list()
        except BaseException:
            await self._thread.close()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._thread.close()

    async def add(self, user: User) -> None:
        """See UserStore."""
        row = (user.name, user.role, user.password_hash, user.created)
        if not await self._change("INSERT OR IGNORE INTO users VALUES (?, ?, ?, ?)", row):
            raise HubError(f"There is a user {user.name!r} already.", code=CONFLICT)

    async def get(self, name: str) -> User | None:
        """See UserStore."""
        rows = await self._ask(f"{_COLUMNS} WHERE name = ?", (name,))
        return User(*rows[0]) if rows else None

    async def set_password(self, name: str, password_hash: str) -> None:
        """See UserStore."""
        await self._change_one(name, "UPDATE users SET password_hash = ? WHERE name = ?", (password_hash, name))

    async def set_role(self, name: str, role: str) -> None:
        """See UserStore."""
        await self._change_one(name, "UPDATE users SET role = ? WHERE name = ?", (role, name))

    async def remove(self, name: str) -> None:
        """See UserStore."""
        await self._change_one(name, "DELETE FROM users WHERE name = ?", (name,))

    async def list(self) -> list[User]:
        """See UserStore."""
        return [User(*row) for row in await self._ask(f"{_COLUMNS} ORDER BY name", ())]

    async def _change_one(self, name: str, sql: str, values: tuple[str, ...]) -> None:
        if not await self._change(sql, values):
            raise HubError(f"There is no user {name!r}.", code=NOT_FOUND)

    async def _change(self, sql: str, values: tuple[str | int, ...]) -> bool:
        return bool(await self._thread.run(lambda connection: connection.execute(sql, values).rowcount))

    async def _ask(self, sql: str, values: tuple[str, ...]) -> Rows:
        return await self._thread.run(lambda connection: connection.execute(sql, values).fetchall())


def _open(path: Path) -> sqlite3.Connection:
    connection = connect(path)
    try:
        connection.execute(_TABLE)
    except sqlite3.Error:
        connection.close()
        raise
    return connection
