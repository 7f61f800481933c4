"""Notices of several processes: Redis Pub/Sub beside the log."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Protocol

import orjson

from hub.engine.ephemeral_base import Notice

SILENCE_S = 60.0

Hear = Callable[[float], Awaitable[bytes | None]]
"""What is said next; None after so many seconds of silence. Raises Unavailable where the connection is gone."""


class Speaker(Protocol):
    """What is needed of the engine. All of it raises Unavailable."""

    async def tell(self, message: bytes) -> None:
        """Say it on the channel beside the log."""
        ...

    def hear(self) -> AbstractAsyncContextManager[Hear]:
        """What is said there from now on, on a connection of its own."""
        ...


class RedisEphemeral:
    """Ephemeral (see `ephemeral_base`) on the Redis of the log."""

    def __init__(self, speaker: Speaker) -> None:
        # Redis itself drops what waits for too long, by closing the connection.
        self.dropped = 0
        self._speaker = speaker

    async def announce(self, notice: Notice) -> None:
        """See Ephemeral."""
        await self._speaker.tell(orjson.dumps(notice._asdict()))

    @asynccontextmanager
    async def follow(self) -> AsyncIterator[AsyncIterator[Notice]]:
        """See Ephemeral."""
        async with self._speaker.hear() as hear:
            yield _notices(hear)


async def _notices(hear: Hear) -> AsyncIterator[Notice]:
    while True:
        message = await hear(SILENCE_S)
        if message is not None:
            yield Notice(**orjson.loads(message))
