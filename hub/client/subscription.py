"""A subscription as a program has it: events to iterate over."""

import asyncio
from collections.abc import AsyncIterator, Callable
from types import TracebackType
from typing import Self

from hub.client.frames import Event
from hub.client.inbox import Batch
from hub.client.interest import Interest


class Subscription:
    """Events of the filters, from now on and over every reconnect: iterate over it.

    It ends with `close`, `async with`, or when the loop over it ends and nobody keeps it. Raises HubError where the hub
    refuses it and Ended where the connection is over, after what had come before.
    """

    def __init__(self, interest: Interest, *, close: Callable[[Interest], None], room: Callable[[], None]) -> None:
        self._interest = interest
        self._inbox = interest.inbox
        self._close = close
        self._room = room
        self._wake = asyncio.Event()
        self._inbox.woken = self._wake.set
        self._batch: Batch | None = None
        self._next = 0
        self._position: str | None = None

    @property
    def filters(self) -> tuple[str, ...]:
        """What it selects."""
        return self._interest.filters

    @property
    def state(self) -> str:
        """`subscribing`, `subscribed` or `unsubscribed`."""
        return self._interest.state.value

    @property
    def position(self) -> str | None:
        """All before it has been given and, but for the last event, done with: come back later with `since` of it."""
        if self._batch is None and self._inbox.empty:
            return self._interest.position or self._position
        return self._position or self._interest.start

    @property
    def dropped_events(self) -> int:
        """Events that were dropped because nobody took them in time (`drop_oldest`)."""
        return self._inbox.dropped_events

    @property
    def gaps(self) -> int:
        """Times that something is missing between two events."""
        return self._inbox.gaps

    def close(self) -> None:
        """End it; what has come and was not taken is forgotten."""
        self._close(self._interest)
        while self._inbox.take() is not None:
            pass

    def __del__(self) -> None:
        self._close(self._interest)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Event:
        while self._batch is None or self._next >= len(self._batch.events):
            self._batch = await self._take()
            self._next = 0
        self._next += 1
        return self._batch.events[self._next - 1]

    async def batches(self) -> AsyncIterator[Batch]:
        """What comes, frame by frame: with the word of gaps, empty snapshots, and positions."""
        while True:
            try:
                self._batch = batch = await self._take()
            except StopAsyncIteration:
                return
            self._next = len(batch.events)
            yield batch

    async def _take(self) -> Batch:
        if self._batch is not None:
            self._position = self._batch.position or self._position
            self._batch = None
        while (batch := self._inbox.take()) is None:
            if self._inbox.ended:
                if self._inbox.error is not None:
                    raise self._inbox.error
                raise StopAsyncIteration
            self._wake.clear()
            await self._wake.wait()
        self._room()
        return batch
