"""The loop of every consumer group: read, work, ack; what fails is tried again, nothing is passed over."""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from random import Random, SystemRandom

from hub.engine.base import Engine
from hub.errors import HubError, Unavailable
from hub.events import Batch, Position

log = logging.getLogger(__name__)

Work = Callable[[list[Batch]], Awaitable[object]]
"""What a consumer does with batches, oldest first. It may get them again after a failure or a restart."""

MAX_EVENTS = 20_000
MAX_BYTES = 8 * 1024 * 1024
"""What one call of the work gets at most (a single batch may be larger). As much may wait while it runs; then reading
pauses and the log keeps the rest (overflow `pause`)."""

BACKOFF_S = 0.2
BACKOFF_MAX_S = 20.0


class Consumer:
    """Runs `work` on everything since the group's last ack, for ever.

    What arrives while the work runs is one list for its next run. A failure of the work, or a log that does not
    answer, is logged and tried again after a wait with full jitter, for ever. `failures` counts them; `done` is the
    position of the last batch that was worked on.
    """

    def __init__(
        self,
        engine: Engine,
        work: Work,
        *,
        group: str,
        member: str,
        backoff_max_s: float = BACKOFF_MAX_S,
        random: Random | None = None,
    ) -> None:
        self.failures = 0
        self.done: Position | None = None
        self._engine = engine
        self._work = work
        self._group = group
        self._member = member
        self._backoff_max_s = backoff_max_s
        self._random = random or SystemRandom()
        self._ahead = _Ahead()
        self._tries = 0

    @property
    def waiting_batches(self) -> int:
        """Batches that were read and are not done."""
        return len(self._ahead.taken) + len(self._ahead.batches)

    async def run(self) -> None:
        """Consume until it is cancelled, which may cut the work short: the group then gets its batches again."""
        while True:
            try:
                async with self._engine.consume(self._group, self._member) as lists:
                    await self._consume(lists)
            except* HubError as failed:
                log.warning("Consumer group %s lost the log and comes back: %s", self._group, failed.exceptions[0])
            except* Exception:
                log.exception("Consumer group %s failed and begins again at its last ack.", self._group)
            _check_cancelled()
            await self._back_off()

    async def _consume(self, lists: AsyncIterator[list[Batch]]) -> None:
        ahead = self._ahead = _Ahead()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(ahead.fill(lists), name=f"hub.consumer[{self._group}].read")
            while True:
                batches = await ahead.take()
                await self._until_done(batches)
                ack = ahead.settle()
                if ack is not None:
                    await self._engine.ack(self._group, ack)
                self._tries = 0

    async def _until_done(self, batches: list[Batch]) -> None:
        first, last = batches[0].position, batches[-1].position
        while True:
            try:
                await self._work(batches)
            except HubError as error:
                log.warning("Consumer group %s: batches %s to %s wait: %s", self._group, first, last, error)
            except Exception:
                log.exception("Consumer group %s failed on batches %s to %s.", self._group, first, last)
            else:
                self.done = last
                return
            await self._back_off()

    async def _back_off(self) -> None:
        self.failures += 1
        wait_s = min(self._backoff_max_s, BACKOFF_S * 2 ** min(self._tries, 16))
        self._tries += 1
        await asyncio.sleep(self._random.uniform(0, wait_s))


def _check_cancelled() -> None:
    # A task group whose task fails in the moment of a cancellation raises the failure only.
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


class _Ahead:
    """What was read and not taken yet, in one task, and taken by another; full, it pauses reading."""

    def __init__(self) -> None:
        self.batches: deque[Batch] = deque()
        self.taken: list[Batch] = []
        self._events = 0
        self._bytes = 0
        self._changed = asyncio.Event()
        self._unacked: Position | None = None

    async def fill(self, lists: AsyncIterator[list[Batch]]) -> None:
        async for batches in lists:
            self.batches += batches
            self._events += sum(len(batch.topics) for batch in batches)
            self._bytes += sum(len(batch.body) for batch in batches)
            self._changed.set()
            while self._events >= MAX_EVENTS or self._bytes >= MAX_BYTES:
                self._changed.clear()
                await self._changed.wait()
        raise Unavailable("The log has ended the reading.")

    async def take(self) -> list[Batch]:
        while not self.batches:
            self._changed.clear()
            await self._changed.wait()
        events = size = 0
        while self.batches and events < MAX_EVENTS and size < MAX_BYTES:
            batch = self.batches.popleft()
            events += len(batch.topics)
            size += len(batch.body)
            self.taken.append(batch)
        self._events -= events
        self._bytes -= size
        self._changed.set()
        return self.taken

    def settle(self) -> Position | None:
        """What was taken is done; the position to ack, None while something before it waits (a claimed batch)."""
        done = [batch.position for batch in self.taken if batch.position is not None]
        self.taken = []
        if self._unacked is not None:
            done.insert(0, self._unacked)
        epoch = done[-1].epoch if done else ""
        newest = max((at for at in done if at.epoch == epoch), key=lambda at: at.offset, default=None)
        waiting = [batch.position for batch in self.batches if batch.position is not None]
        if newest is None or any(at.epoch == epoch and at.offset <= newest.offset for at in waiting):
            self._unacked = newest
            return None
        self._unacked = None
        return newest
