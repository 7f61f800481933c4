"""Waits for events on topics to come by, the proof that all hops before this one work; or looks at all that does."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from hub.events import Batch

Look = Callable[[Batch], object]
"""Is given every batch of the log, in order; must be quick and raise nothing."""


class Watch:
    """Who waits for a topic; `see` is given everything that comes by."""

    def __init__(self) -> None:
        self._waiting: dict[str, asyncio.Event] = {}
        self._looks: list[Look] = []

    @contextmanager
    def following(self, look: Look) -> Iterator[None]:
        """Let `look` see every batch."""
        self._looks.append(look)
        try:
            yield
        finally:
            self._looks.remove(look)

    def see(self, batch: Batch) -> None:
        """A batch has come by."""
        for look in self._looks:
            look(batch)
        if self._waiting:
            for topic in batch.topics:
                waiting = self._waiting.get(topic)
                if waiting is not None:
                    waiting.set()

    async def wait_for(self, topic: str, *, timeout_s: float) -> bool:
        """Whether an event on the topic comes by within the time."""
        waiting = self._waiting.setdefault(topic, asyncio.Event())
        try:
            async with asyncio.timeout(timeout_s):
                await waiting.wait()
        except TimeoutError:
            return False
        finally:
            self._waiting.pop(topic, None)
        return True
