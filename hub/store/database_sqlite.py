"""The database of users, keys and tickets on an SQLite file, which the event store shares."""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Self, TypeVar

from sqlalchemy import Connection, Engine

from hub.store.sqlite_open import engine_of, open_store, sqlite_errors
from hub.store.sqlite_thread import SqliteThread

T = TypeVar("T")


class SqliteDatabase:
    """Database (see `database`) on the file `path`; several processes may open it."""

    def __init__(self, path: Path) -> None:
        self._thread = SqliteThread(path, name="hub.store.database", connect=open_store)
        self._engine: tuple[sqlite3.Connection, Engine] | None = None

    async def __aenter__(self) -> Self:
        await self._thread.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._thread.close()

    async def run(self, work: Callable[[Connection], T]) -> T:
        """See Database."""
        return await self._thread.run(lambda connection: self._run(connection, work))

    def _run(self, connection: sqlite3.Connection, work: Callable[[Connection], T]) -> T:
        if self._engine is None or self._engine[0] is not connection:
            self._engine = connection, engine_of(connection)
        with sqlite_errors(), self._engine[1].begin() as begun:
            return work(begun)
