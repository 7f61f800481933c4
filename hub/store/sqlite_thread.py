"""A thread with an SQLite connection of its own: what is asked of it is answered in order, off the event loop."""

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from hub.errors import Unavailable
from hub.store.background import step_back

T = TypeVar("T")


class SqliteThread:
    """Runs functions of a connection one after the other; `failed` is told (in the thread) when one has failed."""

    def __init__(
        self,
        path: Path,
        *,
        name: str,
        connect: Callable[[Path], sqlite3.Connection],
        failed: Callable[[], None] = lambda: None,
    ) -> None:
        self._path = path
        self._connect = connect
        self._failed = failed
        self._connection: sqlite3.Connection | None = None
        self._executor = ThreadPoolExecutor(1, thread_name_prefix=name, initializer=step_back)

    async def open(self) -> None:
        """Connect; raises Unavailable, and the thread has ended then."""
        try:
            await self.run(lambda _: None)
        except BaseException:
            await self.close()
            raise

    async def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """What the function returns; raises Unavailable for what SQLite refuses, and begins anew with the next call.

        Cancelling does not stop a function that has begun.
        """
        return await asyncio.get_running_loop().run_in_executor(self._executor, self._run, work)

    async def close(self) -> None:
        """Wait for what was asked and close the connection."""
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._executor, self._disconnect)
        await asyncio.to_thread(self._executor.shutdown)

    def _run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        try:
            if self._connection is None:
                self._connection = self._connect(self._path)
            return work(self._connection)
        except sqlite3.Error as error:
            self._disconnect()
            self._failed()
            raise Unavailable(f"The database {self._path} does not take it: {error}.") from error
        except BaseException:
            self._disconnect()
            self._failed()
            raise

    def _disconnect(self) -> None:
        # Closing rolls back what was begun.
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()
