"""Follows the log: everything that is appended, in order and whole, or the word that it is not."""

import asyncio
import logging
from collections.abc import Callable

from hub.engine.base import Engine
from hub.errors import Unrecoverable
from hub.events import NOWHERE, Batch, Position
from hub.latest import Latest
from hub.store.base import EventStore

log = logging.getLogger(__name__)

READ_BATCHES = 500
RETRY_S = 0.5


class Follower:
    """The live end of the log in this process.

    `position` is the last batch taken, `latest` the state there; `ready` is set when both have caught up at the start.
    Each batch is given to `take`, each burst of them ends with a call of `burst`. What the log can't prove to be whole
    is given as `gap`, with the position from which it goes on.
    """

    def __init__(
        self,
        engine: Engine,
        store: EventStore,
        *,
        take: Callable[[Batch], None],
        burst: Callable[[], None],
        gap: Callable[[], None],
    ) -> None:
        self.position = NOWHERE
        self.latest = Latest()
        self.ready = asyncio.Event()
        self.gaps = 0
        self._engine = engine
        self._store = store
        self._take = take
        self._burst = burst
        self._gap = gap

    async def run(self) -> None:
        """Follow for ever, whatever breaks."""
        while True:
            try:
                await self._follow()
            except Unrecoverable as error:
                log.warning("The log broke after %s (%s); going on from its head.", self.position, error)
            except Exception:
                log.exception("Following the log failed after %s; trying again.", self.position)
            await asyncio.sleep(RETRY_S)

    async def _follow(self) -> None:
        async with self._engine.subscribe() as live:
            if self.ready.is_set():
                await self._rejoin(live.position)
            else:
                await self._restore(live.position)
                self.ready.set()
            async for batches in live:
                for batch in batches:
                    self._accept(batch)
                self._burst()

    def _accept(self, batch: Batch) -> None:
        position, last = batch.position, self.position
        if position is None or (position.epoch == last.epoch and position.offset <= last.offset):
            return
        self.latest.apply(batch)
        self.position = position
        self._take(batch)

    async def _restore(self, head: Position) -> None:
        """Bring `latest` to where the live end began: from the store, and from the log what the store lacks."""
        since = await self._store.position() or Position(head.epoch, 0)
        self.latest.restore(await self._store.latest(), since)
        self.position = head
        try:
            missing = await self._read(since, head)
        except Unrecoverable as error:
            log.warning("The log does not reach back to the store's position %s (%s).", since, error)
            return
        for batch in missing:
            self.latest.apply(batch)

    async def _rejoin(self, head: Position) -> None:
        """Go on after the live end broke: read what was missed, or say the gap."""
        try:
            missing = await self._read(self.position, head)
        except Unrecoverable:
            self.gaps += 1
            self.position = head
            self._gap()
            return
        for batch in missing:
            self._accept(batch)
        self._burst()

    async def _read(self, since: Position, head: Position) -> list[Batch]:
        if since.epoch == head.epoch and since.offset >= head.offset:
            return []
        found: list[Batch] = []
        while True:
            batches = await self._engine.history(since, limit=READ_BATCHES)
            for batch in batches:
                since = batch.position or since
                if since.offset <= head.offset:
                    found.append(batch)
            if not batches or since.offset >= head.offset:
                return found
