"""Notices of one process, in memory."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from hub.engine.ephemeral_base import Notice

MAX_WAITING = 1_000
"""Notices that wait for one follower; past it the oldest go (`dropped`)."""


class LocalEphemeral:
    """Ephemeral (see `ephemeral_base`) of a hub that is one process."""

    def __init__(self) -> None:
        self.dropped = 0
        self._followers: list[_Follower] = []

    async def announce(self, notice: Notice) -> None:
        """See Ephemeral."""
        for follower in self._followers:
            self.dropped += follower.put(notice)

    @asynccontextmanager
    async def follow(self) -> AsyncIterator[AsyncIterator[Notice]]:
        """See Ephemeral."""
        follower = _Follower()
        self._followers.append(follower)
        try:
            yield follower
        finally:
            self._followers.remove(follower)


class _Follower:
    def __init__(self) -> None:
        self._waiting: deque[Notice] = deque(maxlen=MAX_WAITING)
        self._moved = asyncio.Event()

    def put(self, notice: Notice) -> bool:
        full = len(self._waiting) == MAX_WAITING
        self._waiting.append(notice)
        self._moved.set()
        return full

    def __aiter__(self) -> AsyncIterator[Notice]:
        return self

    async def __anext__(self) -> Notice:
        while not self._waiting:
            self._moved.clear()
            await self._moved.wait()
        return self._waiting.popleft()
