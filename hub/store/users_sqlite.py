"""Users on an SQLite file, which the event store may share; several processes may open it."""

import sqlite3
from pathlib import Path
from typing import Self

from hub.errors import CONFLICT, NOT_FOUND, HubError
from hub.store.access_schema import open_access
from hub.store.base import User
from hub.store.sqlite_thread import SqliteThread

_COLUMNS = "SELECT name, role, password_hash, created FROM users"
_RAISE_FLOOR = """
INSERT INTO token_floors VALUES (?, ?) ON CONFLICT (user) DO UPDATE SET floor = max(floor + 1, excluded.floor)"""
"""Whatever the clock of this process says, a token that was issued past the floor of before is below the new one."""

Rows = list[tuple[str, str, str, int]]


class SqliteUserStore:
    """UserStore (see `base`) on the file `path`."""

    def __init__(self, path: Path) -> None:
        self._thread = SqliteThread(path, name="hub.store.users", connect=open_access)

    async def __aenter__(self) -> Self:
        await self._thread.open()
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

    async def set_password(self, name: str, password_hash: str, *, now_ms: int) -> None:
        """See UserStore."""
        await self._change_one(name, "UPDATE users SET password_hash = ? WHERE name = ?", (password_hash, name), now_ms)

    async def set_role(self, name: str, role: str, *, now_ms: int) -> None:
        """See UserStore."""
        await self._change_one(name, "UPDATE users SET role = ? WHERE name = ?", (role, name), now_ms)

    async def remove(self, name: str, *, now_ms: int) -> None:
        """See UserStore."""
        await self._change_one(name, "DELETE FROM users WHERE name = ?", (name,), now_ms)

    async def list(self) -> list[User]:
        """See UserStore."""
        return [User(*row) for row in await self._ask(f"{_COLUMNS} ORDER BY name", ())]

    async def _change_one(self, name: str, sql: str, values: tuple[str, ...], now_ms: int) -> None:
        def work(connection: sqlite3.Connection) -> bool:
            connection.execute("BEGIN IMMEDIATE")
            changed = bool(connection.execute(sql, values).rowcount)
            if changed:
                connection.execute(_RAISE_FLOOR, (name, now_ms))
            connection.execute("COMMIT")
            return changed

        if not await self._thread.run(work):
            raise HubError(f"There is no user {name!r}.", code=NOT_FOUND)

    async def _change(self, sql: str, values: tuple[str | int, ...]) -> bool:
        return bool(await self._thread.run(lambda connection: connection.execute(sql, values).rowcount))

    async def _ask(self, sql: str, values: tuple[str, ...]) -> Rows:
        return await self._thread.run(lambda connection: connection.execute(sql, values).fetchall())
