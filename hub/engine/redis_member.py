"""A member of a consumer group of the redis engine."""

import asyncio
import logging
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Protocol

from hub.engine.backoff import full_jitter_s
from hub.engine.redis_names import Entry
from hub.errors import Unavailable
from hub.events import Batch, Position

logger = logging.getLogger(__name__)

MAX_TAKE_BATCHES = 64
LONGEST_BLOCK_S = 2.0
CLAIMS_PER_IDLE = 4


class GroupSource(Protocol):
    """One member's view of one group. All of it raises Unavailable."""

    async def join(self) -> None:
        """Make the group, from the oldest batch on, if it is not there."""
        ...

    async def pending(self, after: int, *, limit: int) -> list[Entry]:
        """What the member took and did not ack, behind an offset."""
        ...

    async def claim(self, *, idle_s: float, limit: int) -> list[Entry]:
        """Take over what members did not ack for so long."""
        ...

    async def take(self, *, block_s: float, limit: int) -> list[Entry]:
        """New batches; waits for them, but no longer than `block_s`."""
        ...

    async def ack(self, offsets: Sequence[int]) -> None:
        """These are done."""
        ...


class RedisMember:
    """Iterates over what its group has for it; a read that is cancelled or fails loses nothing.

    `held` is what the member was given and did not ack; `lost_batches` counts what was trimmed before.
    """

    def __init__(self, source: GroupSource, *, idle_s: float) -> None:
        self._source = source
        self._idle_s = idle_s
        self._joined = False
        self._own_after: int | None = 0
        self._own: set[Position] = set()
        self._claim_at = 0.0
        self.held: set[Position] = set()
        self.lost_batches = 0

    async def start(self) -> None:
        """Make the group now if the log answers, so that nothing is trimmed before the first batch is asked for."""
        with suppress(Unavailable):
            await self._source.join()

    def __aiter__(self) -> "RedisMember":
        return self

    async def __anext__(self) -> list[Batch]:
        failures = 0
        while True:
            try:
                taken = await self._take()
                if batches := await self._keep(taken):
                    return batches
            except Unavailable as error:
                # The answer may have been lost on its way: what Redis gave is in the member's pending list.
                self._joined = False
                self._read_own()
                if not failures:
                    logger.warning("A consumer lost the log and comes back: %s", error)
                failures += 1
                await asyncio.sleep(full_jitter_s(failures))
            except asyncio.CancelledError:
                self._read_own()
                raise

    async def ack(self, position: Position) -> None:
        """Everything held up to the position is done."""
        done = [held for held in self.held if held.offset <= position.offset]
        await self._source.ack([held.offset for held in done])
        self.held.difference_update(done)

    def _read_own(self) -> None:
        self._own_after = 0
        self._own = set()

    async def _take(self) -> list[Entry]:
        if not self._joined:
            await self._source.join()
            self._joined = True
        if self._own_after is not None:
            return await self._take_own(self._own_after)
        now = asyncio.get_running_loop().time()
        if now >= self._claim_at:
            claimed = await self._source.claim(idle_s=self._idle_s, limit=MAX_TAKE_BATCHES)
            if claimed:
                return claimed
            self._claim_at = now + self._idle_s / CLAIMS_PER_IDLE
        block_s = min(LONGEST_BLOCK_S, self._claim_at - now)
        return await self._source.take(block_s=block_s, limit=MAX_TAKE_BATCHES)

    async def _take_own(self, after: int) -> list[Entry]:
        own = await self._source.pending(after, limit=MAX_TAKE_BATCHES)
        self._own.update(batch.position for _, batch in own if batch is not None and batch.position is not None)
        self._own_after = own[-1].offset if own else None
        if not own:
            self.held &= self._own  # the rest went to another member, or the stream was lost
        return own

    async def _keep(self, taken: Iterable[Entry]) -> list[Batch]:
        batches, trimmed = [], []
        for offset, batch in taken:
            if batch is None or batch.position is None:
                trimmed.append(offset)
            elif batch.position not in self.held:
                batches.append(batch)
                self.held.add(batch.position)
        if trimmed:
            await self._source.ack(trimmed)
            self.lost_batches += len(trimmed)
            logger.error("Batches %d to %d were trimmed before a consumer group took them.", trimmed[0], trimmed[-1])
        return batches
