"""A client that keeps what a broker sends, so that a test can wait for a message."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import aiomqtt

POLL_S = 0.02


class Observer:
    """Everything that came, in order; one waiter at a time."""

    def __init__(self) -> None:
        self.messages: list[tuple[str, str, bool]] = []
        self._arrived = asyncio.Event()

    def payloads(self, topic: str) -> list[str]:
        """What came on a topic so far."""
        return [payload for name, payload, _ in self.messages if name == topic]

    async def keep(self, client: aiomqtt.Client) -> None:
        """Take messages for ever."""
        async for message in client.messages:
            payload = message.payload if isinstance(message.payload, bytes) else b""
            self.messages.append((message.topic.value, payload.decode(), bool(message.retain)))
            self._arrived.set()

    async def until(self, holds: Callable[[], bool], *, secs: float = 20) -> None:
        """Return when the condition holds; raises TimeoutError."""
        # What a condition asks may also change without a message, so that it is asked now and then, too.
        async with asyncio.timeout(secs):
            while not holds():
                self._arrived.clear()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._arrived.wait(), POLL_S)


@asynccontextmanager
async def observer(port: int, topic_filter: str = "#") -> AsyncIterator[tuple[Observer, aiomqtt.Client]]:
    """An observer that is subscribed, and its client to publish with."""
    async with aiomqtt.Client("127.0.0.1", port) as client:
        await client.subscribe(topic_filter, 1)
        seen = Observer()
        keeping = asyncio.create_task(seen.keep(client), name="observer")
        try:
            yield seen, client
        finally:
            keeping.cancel()
            with suppress(asyncio.CancelledError):
                await keeping
