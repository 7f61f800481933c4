"""What has arrived and nobody has asked for yet."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable

from hub.mqtt.base import Delivery, Message

MAX_WAITING_MESSAGES = 10_000
MAX_WAITING_BYTES = 16 * 1024 * 1024


class Inbox:
    """Messages between socket and consumer, in order, over all connections of one client.

    Its overflow is `pause`: past either limit `full` is true and whoever fills it stops reading; at most what it had
    read already comes on top. `when_room` is called once the consumer has taken what made it full.
    """

    def __init__(self, *, max_messages: int = MAX_WAITING_MESSAGES, max_bytes: int = MAX_WAITING_BYTES) -> None:
        self._max_messages = max_messages
        self._max_bytes = max_bytes
        self._waiting: deque[tuple[Delivery, list[Message], int]] = deque()
        self._messages = 0
        self._bytes = 0
        self._arrival = asyncio.Event()
        self._resumed = False
        self.connection = 0
        """Number of the newest connection, counted from 1."""
        self.when_room: Callable[[], None] = _nothing

    @property
    def full(self) -> bool:
        """Whether a limit is reached."""
        return self._messages >= self._max_messages or self._bytes >= self._max_bytes

    def begin(self, *, resumed: bool) -> int:
        """A new connection begins; gives its number. What came on earlier ones and was not taken stays, first."""
        self.connection += 1
        self._resumed = resumed
        return self.connection

    def put(self, messages: list[Message], size_bytes: int) -> None:
        """What one read of the newest connection brought; several reads that wait become one delivery."""
        if self._waiting and self._waiting[-1][0].connection == self.connection:
            delivery, waiting, waiting_bytes = self._waiting[-1]
            waiting += messages
            self._waiting[-1] = (delivery, waiting, waiting_bytes + size_bytes)
        else:
            delivery = Delivery(messages, self.connection, self._resumed)
            self._waiting.append((delivery, messages, size_bytes))
        self._messages += len(messages)
        self._bytes += size_bytes
        self._arrival.set()

    async def deliveries(self) -> AsyncIterator[Delivery]:
        """What arrives, for ever; one delivery is all that waits of one connection."""
        while True:
            while not self._waiting:
                self._arrival.clear()
                await self._arrival.wait()
            yield self._take()

    def _take(self) -> Delivery:
        was_full = self.full
        delivery, messages, size_bytes = self._waiting.popleft()
        self._messages -= len(messages)
        self._bytes -= size_bytes
        if was_full and not self.full:
            self.when_room()
        return delivery


def _nothing() -> None:
    return None
