"""What publishes to Redis: whatever waits goes into one pipeline, in order, again and again until it is confirmed."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Sequence

from hub.engine.backoff import full_jitter_s
from hub.engine.intake import Intake, Waiting
from hub.errors import Unavailable
from hub.events import Batch, Position

logger = logging.getLogger(__name__)

MAX_WINDOW_BATCHES = 64
MAX_WINDOW_BYTES = 4 * 1024 * 1024

Append = Callable[[Sequence[Waiting], Callable[[Position], None]], Awaitable[None]]
"""Appends batches in their order, calls back for each in turn, and raises Unavailable at the first that fails."""


class RedisSender:
    """Owns the order and the numbering of one producer's batches; `run` is a task. `failures` counts failed attempts.

    A batch keeps its sequence number through all attempts and never leaves the window unconfirmed, not even when its
    publisher gave up: the log knows the numbers it has, so that a lost answer can't append a batch twice.
    """

    def __init__(self, append: Append) -> None:
        self._append = append
        self._intake = Intake(self._put)
        self._queue: deque[Waiting] = deque()
        self._window: deque[Waiting] = deque()
        self._window_bytes = 0
        self._filled = asyncio.Event()
        self._sequence = 0
        self.failures = 0

    @property
    def waiting_bytes(self) -> int:
        """What publishers wait with."""
        return self._intake.waiting_bytes

    async def publish(self, batch: Batch, *, timeout_s: float | None) -> Position:
        """Wait until the log has it; raises Unavailable after `timeout_s`."""
        return await self._intake.publish(batch, timeout_s=timeout_s)

    def close(self) -> None:
        """Refuse everything; `run` has ended."""
        self._intake.close()
        for waiting in (*self._window, *self._queue):
            self._intake.refuse(waiting)

    async def run(self) -> None:
        """Send for ever."""
        in_a_row = 0
        while True:
            await self._fill_window()
            try:
                await self._append(tuple(self._window), self._confirm)
            except Unavailable as error:
                if not in_a_row:
                    logger.warning("Publishers wait: %s", error)
                in_a_row += 1
                self.failures += 1
                await asyncio.sleep(full_jitter_s(in_a_row))
            else:
                if in_a_row:
                    logger.warning("The log takes batches again after %d failed attempts.", in_a_row)
                in_a_row = 0

    def _put(self, waiting: Waiting) -> None:
        self._queue.append(waiting)
        self._filled.set()

    async def _fill_window(self) -> None:
        while not self._window and not self._queue:
            self._filled.clear()
            await self._filled.wait()
        while self._queue and len(self._window) < MAX_WINDOW_BATCHES and self._window_bytes < MAX_WINDOW_BYTES:
            waiting = self._queue.popleft()
            if waiting.done.cancelled():
                self._intake.forget(waiting)
                continue
            self._sequence += 1
            waiting.sequence = self._sequence
            self._window.append(waiting)
            self._window_bytes += waiting.size_bytes

    def _confirm(self, position: Position) -> None:
        waiting = self._window.popleft()
        self._window_bytes -= waiting.size_bytes
        self._intake.confirm(waiting, position)
