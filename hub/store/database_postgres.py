"""The database of users, keys and tickets on PostgreSQL, which the event store shares."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Self, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import create_async_engine

from hub.store.migration import prepare
from hub.store.postgres_link import COMMAND_S, CONNECTIONS, FAILURES, connect, shown, unavailable

T = TypeVar("T")


class PostgresDatabase:
    """Database (see `database`) at `url`; any number of processes may open it."""

    def __init__(self, url: str) -> None:
        self._url = url
        # Connections are tried before they are used: after a restart of the server the old ones are dead.
        self._engine = create_async_engine(
            "postgresql+asyncpg://",
            async_creator=partial(connect, url),
            pool_size=1,
            max_overflow=CONNECTIONS - 1,
            pool_pre_ping=True,
        )

    async def __aenter__(self) -> Self:
        try:
            # However long migrating takes.
            await self._run(lambda connection: prepare(connection, shown(self._url)), limit_s=None)
        except BaseException:
            await self._engine.dispose()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._engine.dispose()

    async def run(self, work: Callable[[Connection], T]) -> T:
        """See Database."""
        return await self._run(work, limit_s=COMMAND_S)

    async def _run(self, work: Callable[[Connection], T], *, limit_s: float | None) -> T:
        try:
            async with asyncio.timeout(limit_s), self._engine.begin() as connection:
                return await connection.run_sync(work)
        except DBAPIError as error:
            raise unavailable(self._url, error.orig or error) from error
        except (*FAILURES, PoolTimeout) as error:
            raise unavailable(self._url, error) from error
