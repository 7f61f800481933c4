"""Follows the log: everything that is appended, in order and whole, or the word that it is not."""

import asyncio
import logging
from collections.abc import Callable, Sequence

from hub.engine.base import Engine
from hub.errors import Unavailable, Unrecoverable
from hub.events import NOWHERE, Batch, Position
from hub.latest import Latest
from hub.rooms import Rooms
from hub.store.base import EventStore
from hub.talk import MAX_KEPT

log = logging.getLogger(__name__)

READ_BATCHES = 500
RETRY_S = 0.5
REACH_TIMEOUT_S = 5.0
EVER = 2**62
"""A time (ms) that no event has reached."""


class Follower:
    """The live end of the log in this process.

    `position` is the last batch taken, `latest` the state there; `ready` is set when both have caught up at the start.
    `rooms` is brought to the start's position too; from then on `take` applies to it what it is given.
    `begin` gets the start's position. Each batch is given to `take`, each burst of them ends with a call of `burst`.
    What the log can't prove to be whole is given as `gap`, with the position from which it goes on.
    """

    def __init__(
        self,
        engine: Engine,
        store: EventStore,
        *,
        begin: Callable[[Position], None],
        take: Callable[[Batch], None],
        burst: Callable[[], None],
        gap: Callable[[], None],
    ) -> None:
        self.position = NOWHERE
        self.latest = Latest()
        self.rooms = Rooms()
        self.ready = asyncio.Event()
        self.gaps = 0
        self._engine = engine
        self._store = store
        self._begin = begin
        self._take = take
        self._burst = burst
        self._gap = gap
        self._awaited: list[tuple[Position, asyncio.Event]] = []

    async def reach(self, position: Position) -> None:
        """Return when the batch at a position of the log was taken; raises Unavailable after REACH_TIMEOUT_S."""
        arrived = asyncio.Event()
        waiting = (position, arrived)
        self._awaited.append(waiting)
        self._wake()
        try:
            async with asyncio.timeout(REACH_TIMEOUT_S):
                await arrived.wait()
        except TimeoutError:
            raise Unavailable(f"It is on the log at {position}, but it did not come back in time.") from None
        finally:
            self._awaited.remove(waiting)

    def _wake(self) -> None:
        for position, arrived in self._awaited:
            if position.epoch != self.position.epoch or position.offset <= self.position.offset:
                arrived.set()

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
                self._begin(self.position)
                self.ready.set()
            async for batches in live:
                for batch in batches:
                    self._accept(batch)
                self._burst()
                self._wake()

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
        pieces = await self._store.latest()
        self.latest.restore(pieces, since)
        await self._restore_rooms(pieces)
        self.position = head
        try:
            missing = await self._read(since, head)
        except Unrecoverable as error:
            log.warning("The log does not reach back to the store's position %s (%s).", since, error)
            return
        for batch in missing:
            self.latest.apply(batch)
            self.rooms.apply(batch)

    async def _restore_rooms(self, pieces: Sequence[bytes]) -> None:
        # The latest events have the end of each room, which is fewer messages than are counted.
        self.rooms.restore_pieces(pieces)
        for topic in self.rooms.topics():
            self.rooms.restore(await self._store.events(topic, start=0, end=EVER, limit=MAX_KEPT, newest=True))

    async def _rejoin(self, head: Position) -> None:
        """Go on after the live end broke: read what was missed, or say the gap."""
        try:
            missing = await self._read(self.position, head)
        except Unrecoverable:
            # Who may see a private room must not hang on what was missed.
            await self._restore_rooms(await self._store.latest())
            self.gaps += 1
            self.position = head
            self._gap()
            return
        for batch in missing:
            self._accept(batch)
        self._burst()
        self._wake()

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
