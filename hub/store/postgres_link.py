"""The driver of PostgreSQL: connections, and a thread with an event loop of its own that works with them."""

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar
from urllib.parse import urlsplit

import asyncpg

from hub.errors import Unavailable
from hub.store.background import step_back

T = TypeVar("T")

log = logging.getLogger(__name__)

Connection = Any
"""A connection of asyncpg, which has no types."""

CONNECTIONS = 4
CONNECT_S = 10.0
COMMAND_S = 60.0
"""What does not answer for so long is given up, and tried again by who asked."""

MIN_VERSION = 15
_SESSION = {"idle_in_transaction_session_timeout": "60s", "tcp_keepalives_idle": "30", "tcp_keepalives_interval": "10"}
"""What a machine that is gone held is let go by the server in a minute, not in hours."""

FAILURES = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
    TimeoutError,
)
"""What it raises where the server refuses, does not answer or is not there."""


async def connect(url: str) -> Connection:
    """A connection whose commands may take as long as they want; raises one of FAILURES, or Unavailable for no URL."""
    with _readable():
        return await asyncpg.connect(url, timeout=CONNECT_S, server_settings=_SESSION)


@contextmanager
def _readable() -> Iterator[None]:
    try:
        yield
    except FAILURES:
        raise
    except ValueError as error:
        raise Unavailable(f"The database's URL can't be read: {error}; see HUB_STORE_URL.") from error


def unavailable(url: str, error: BaseException) -> Unavailable:
    """The sentence for a failure; it names the database without its password."""
    return Unavailable(f"{shown(url)} does not take it: {str(error) or type(error).__name__}.")


def shown(url: str) -> str:
    """A database's URL without user, password and options."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


class PostgresThread:
    """Runs coroutines of a connection off the event loop, several at a time; raises Unavailable for FAILURES."""

    def __init__(self, url: str, *, name: str) -> None:
        self._url = url
        self._loop: asyncio.AbstractEventLoop
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._pool: Any = None
        self._turn = asyncio.Lock()

    async def open(self) -> None:
        """Connect; raises Unavailable, and the thread has ended then."""
        self._loop = asyncio.new_event_loop()
        self._thread.start()
        try:
            await self._call(self._connect())
        except BaseException:
            await self.close()
            raise

    async def run(self, work: Callable[[Connection], Awaitable[T]]) -> T:
        """What the function returns; raises Unavailable. Cancelling cancels it, and what it had begun is undone."""
        return await self._call(self._run(work))

    async def run_in_turn(self, work: Callable[[Connection], Awaitable[T]]) -> T:
        """The same, one after the other in the order that they are asked in."""
        return await self._call(self._run_in_turn(work))

    async def close(self) -> None:
        """Close the connections, at once where the server does not answer, and end the thread."""
        await self._call(self._disconnect())
        self._loop.call_soon_threadsafe(self._loop.stop)
        await asyncio.to_thread(self._thread.join)
        self._loop.close()

    def _work(self) -> None:
        step_back()
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    async def _call(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(coroutine, self._loop))

    async def _connect(self) -> None:
        try:
            with _readable():
                self._pool = await asyncpg.create_pool(
                    self._url,
                    min_size=1,
                    max_size=CONNECTIONS,
                    timeout=CONNECT_S,
                    command_timeout=COMMAND_S,
                    server_settings=_SESSION,
                )
            version = int(await self._pool.fetchval("SHOW server_version_num")) // 10_000
        except FAILURES as error:
            raise unavailable(self._url, error) from error
        if version < MIN_VERSION:
            raise Unavailable(f"{shown(self._url)} is PostgreSQL {version}; {MIN_VERSION} or newer is needed.")

    async def _run(self, work: Callable[[Connection], Awaitable[T]]) -> T:
        try:
            async with self._pool.acquire() as connection:
                return await work(connection)
        except FAILURES as error:
            raise unavailable(self._url, error) from error

    async def _run_in_turn(self, work: Callable[[Connection], Awaitable[T]]) -> T:
        async with self._turn:
            return await self._run(work)

    async def _disconnect(self) -> None:
        if self._pool is None:
            return
        try:
            async with asyncio.timeout(CONNECT_S):
                await self._pool.close()
        except FAILURES as error:
            log.warning("Closing %s: %s", shown(self._url), error)
            self._pool.terminate()
