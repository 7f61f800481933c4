"""Waiting for what must come to be, and not longer."""

import asyncio
from collections.abc import Callable

from hub.engine.base import Engine
from hub.store.base import EventStore

DEADLINE_S = 20


async def until(holds: Callable[[], object]) -> None:
    """Return as soon as the condition holds; raises TimeoutError."""
    async with asyncio.timeout(DEADLINE_S):
        while True:
            if holds():
                return
            await asyncio.sleep(0.001)


async def at_head(store: EventStore, engine: Engine) -> None:
    """Return as soon as the store has everything that is on the log now; raises TimeoutError."""
    head = await engine.head()
    async with asyncio.timeout(DEADLINE_S):
        while True:
            if await store.position() == head:
                return
            await asyncio.sleep(0.001)
