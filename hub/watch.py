"""Waits for events on topics to come by: the proof that all hops before this one work."""

import asyncio
from collections.abc import Iterable


class Watch:
    """Who waits for a topic; `see` is told of the topics of everything that comes by."""

    def __init__(self) -> None:
        self._waiting: dict[str, asyncio.Event] = {}

    def see(self, topics: Iterable[str]) -> None:
        """Events on these topics have come by."""
        if self._waiting:
            for topic in topics:
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
