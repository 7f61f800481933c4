"""The one place that speaks redis-py: commands, scripts, Pub/Sub; whatever fails is Unavailable."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any, Protocol, cast

from redis.asyncio import BlockingConnectionPool, ConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import FullJitterBackoff, NoBackoff
from redis.exceptions import NoScriptError, RedisError, ResponseError

from hub.engine.ephemeral_redis import Hear
from hub.engine.redis_live import Announcement, Listen
from hub.errors import BAD_REQUEST, HubError, Unavailable
from hub.events import Position

ANSWER_S = 5.0
COMMAND_CONNECTIONS = 16
COMMAND_RETRIES = 2
IDLE_S = 0.05
"""A kept connection that was not used for longer is looked at before: Redis may have closed it."""

Argument = str | int | bytes
Command = Callable[..., Awaitable[Any]]


class Line(Protocol):
    """A connection of redis-py, as far as it is used here."""

    async def connect(self) -> None:
        """Connect, unless it is connected."""
        ...

    async def disconnect(self, *, nowait: bool = False) -> None:
        """Forget the connection and what is unread on it."""
        ...

    async def can_read(self) -> bool:
        """Whether there is something to read, or the end."""
        ...

    def pack_commands(self, commands: Sequence[tuple[Argument, ...]]) -> list[bytes]:
        """The bytes of commands."""
        ...

    async def send_packed_command(self, command: list[bytes]) -> None:
        """Write them."""
        ...

    async def send_command(self, *arguments: Argument) -> None:
        """Write one command."""
        ...

    async def read_response(self, *, disable_decoding: bool, timeout: float | None = None) -> Any:  # noqa: ASYNC109
        """The next answer; None when none came in time."""
        ...


class RedisClient:
    """Commands share a few connections and are tried again; what waits, and what counts its own attempts, has its own.

    Scripts and channels, which every event passes, are written to connections that are kept, without redis-py's pool
    and pipelines: these cost 0.8 ms of the 1.6 ms between a publish and its announcement (measured, idle machine).
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._shared: Redis
        self._own: Redis
        self._make_line: Callable[[], Line]
        self._send_shared: Command
        self._send_own: Command
        self._scripts: Line
        self._used_s = 0.0
        self._turn = asyncio.Lock()
        self._digests: dict[str, str] = {}

    def open(self) -> None:
        """Take the URL; connections are made when they are needed. Raises HubError where it is none."""
        # No socket_timeout: redis-py would use asyncio.wait_for, which on Python 3.11 can swallow a cancellation.
        options = {"socket_timeout": None, "socket_connect_timeout": ANSWER_S, "protocol": 2}
        try:
            shared = BlockingConnectionPool.from_url(
                self._url,
                max_connections=COMMAND_CONNECTIONS,
                timeout=ANSWER_S,
                retry=Retry(FullJitterBackoff(cap=0.2, base=0.02), COMMAND_RETRIES),
                **options,
            )
            own = ConnectionPool.from_url(self._url, retry=Retry(NoBackoff(), 0), **options)
        except ValueError as error:
            raise HubError("The engine's URL is not a Redis URL.", code=BAD_REQUEST) from error
        self._shared, self._own = Redis.from_pool(shared), Redis.from_pool(own)
        self._send_shared, self._send_own = self._shared.execute_command, self._own.execute_command
        self._make_line = cast("Callable[[], Line]", own.make_connection)
        self._scripts = self._make_line()

    async def close(self) -> None:
        """Close all connections."""
        await self._scripts.disconnect()
        await self._shared.aclose()
        await self._own.aclose()

    async def command(self, *arguments: Argument) -> Any:
        """See `redis_group.Client`."""
        async with answered():
            return await self._send_shared(*arguments)

    async def blocking(self, *arguments: Argument) -> Any:
        """See `redis_group.Client`."""
        async with answered():
            return await self._send_own(*arguments)

    async def make_group(self, stream: str, group: str) -> None:
        """See `redis_group.Client`."""
        async with answered():
            try:
                await self._send_shared("XGROUP", "CREATE", stream, group, "0", "MKSTREAM")
            except ResponseError as error:
                if not str(error).startswith("BUSYGROUP"):
                    raise

    async def run(self, source: str, calls: Sequence[Sequence[Argument]]) -> list[Any]:
        """Run a script once for each of the calls (number of keys, keys, arguments), in one write and in order.

        Gives the answers up to the first error; raises Unavailable where there is none.
        """
        sha = self._digest(source)
        commands = [("EVALSHA", sha, *call) for call in calls]
        async with answered(), self._turn:
            answers = await self._exchange(commands)
            if answers and isinstance(answers[0], NoScriptError):
                await self._exchange([("SCRIPT LOAD", source)])
                answers = await self._exchange(commands)
        failed = next((i for i, answer in enumerate(answers) if isinstance(answer, Exception)), len(answers))
        if failed == 0:
            raise Unavailable(f"Redis refuses a script of the hub: {answers[0]}")
        return answers[:failed]

    def _digest(self, source: str) -> str:
        sha = self._digests.get(source)
        if sha is None:
            sha = self._digests[source] = hashlib.sha1(source.encode(), usedforsecurity=False).hexdigest()
        return sha

    async def _exchange(self, commands: Sequence[tuple[Argument, ...]]) -> list[Any]:
        """The answer to each command, errors among them; whatever else happens, the connection is made anew."""
        connection = self._scripts
        answers: list[Any] = []
        try:
            await self._revive(connection)
            await connection.send_packed_command(connection.pack_commands(commands))
            for _ in commands:
                try:
                    answers.append(await connection.read_response(disable_decoding=True))
                except ResponseError as error:
                    answers.append(error)
        except BaseException:
            # An answer that nobody has read must not be taken for the next one's.
            await connection.disconnect(nowait=True)
            raise
        self._used_s = asyncio.get_running_loop().time()
        return answers

    async def _revive(self, connection: Line) -> None:
        if asyncio.get_running_loop().time() - self._used_s > IDLE_S and self._used_s:
            with suppress(RedisError, OSError):
                if not await connection.can_read():
                    return
            await connection.disconnect(nowait=True)
        await connection.connect()  # at once where it is connected

    @asynccontextmanager
    async def listen(self, channel: str) -> AsyncIterator[Listen]:
        """What is announced on the channel from now on."""
        async with self.hear(channel) as hear:

            async def listen(timeout_s: float) -> Announcement | None:
                heard = await hear(timeout_s)
                if heard is None:
                    return None
                position, _, entry = heard.partition(b"\n")
                return Announcement(Position.parse(position.decode()), entry)

            yield listen

    @asynccontextmanager
    async def hear(self, channel: str) -> AsyncIterator[Hear]:
        """What is said on the channel from now on, on a connection of its own."""
        connection = self._make_line()

        async def hear(timeout_s: float) -> bytes | None:
            with translated():
                heard = await connection.read_response(disable_decoding=True, timeout=timeout_s)
            return None if heard is None else bytes(heard[2])

        try:
            async with answered():
                await connection.connect()
                await connection.send_command("SUBSCRIBE", channel)
                await connection.read_response(disable_decoding=True)  # the confirmation
            yield hear
        finally:
            await connection.disconnect(nowait=True)


@contextmanager
def translated() -> Iterator[None]:
    """Foreign exceptions become Unavailable."""
    try:
        yield
    except (RedisError, OSError) as error:
        raise Unavailable(f"Redis does not answer: {str(error) or type(error).__name__}") from error


@asynccontextmanager
async def answered() -> AsyncIterator[None]:
    """What is inside takes no longer than ANSWER_S, else it is Unavailable like all foreign exceptions."""
    with translated():
        async with asyncio.timeout(ANSWER_S):
            yield
