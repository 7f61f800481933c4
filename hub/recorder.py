"""The recorder: a consumer that writes every event to the store, once."""

import asyncio
import logging
from collections.abc import Callable, Sequence

from hub.backlog import TOPIC, Backlog
from hub.consumer import BACKOFF_MAX_S, Consumer
from hub.engine.base import Engine
from hub.errors import Unrecoverable
from hub.events import Batch, Position, encode_event
from hub.store.base import EventStore

log = logging.getLogger(__name__)

GROUP = "recorder"
FILL_BATCHES = 500
"""How much of a hole is read from the log at once."""

LOOK_S = 1.0
"""How often it is looked whether history is behind."""


class Recorder:
    """Writes what waits on the log to the store, one write for all of it.

    A store that does not answer makes it wait and stops nothing else; that history is behind is said on the log. What
    lies between the store's position and what comes (another recorder took it, or a power cut took the store's last
    write) is read from the log first, so the store never has a hole that the log could fill. `written` counts events,
    `holes` the holes that it could not, `newest_ms` is the time of the newest event written.
    """

    def __init__(
        self,
        engine: Engine,
        store: EventStore,
        *,
        now_ms: Callable[[], int],
        member: str = "recorder",
        backoff_max_s: float = BACKOFF_MAX_S,
    ) -> None:
        self.written = 0
        self.holes = 0
        self.newest_ms = 0
        self._now_ms = now_ms
        self._engine = engine
        self._store = store
        self._position: Position | None = None
        self._consumer = Consumer(engine, self._write, group=GROUP, member=member, backoff_max_s=backoff_max_s)

    @property
    def failures(self) -> int:
        """Times that the store or the log did not answer; each was tried again."""
        return self._consumer.failures

    @property
    def position(self) -> Position | None:
        """The position of the last batch written since the start."""
        return self._position

    @property
    def lag_ms(self) -> int:
        """Age of the newest event written while others wait; 0 when none does, or before the first."""
        if not self._consumer.waiting_batches or not self.newest_ms:
            return 0
        return max(0, self._now_ms() - self.newest_ms)

    async def run(self) -> None:
        """Record until it is cancelled."""
        self._position = None
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._tell(), name="hub.recorder[backlog]")
            await self._consumer.run()

    async def _tell(self) -> None:
        backlog = Backlog()
        while True:
            await asyncio.sleep(LOOK_S)
            said = backlog.look(self.lag_ms)
            if said is not None:
                now_ms = self._now_ms()
                await self._engine.publish(Batch.of([TOPIC], [now_ms], [encode_event(TOPIC, now_ms, said)]))

    async def _write(self, batches: list[Batch]) -> None:
        run: list[Batch] = []
        last = self._position
        for batch in batches:
            position = batch.position
            if position is None or _is_there(position, last):
                continue
            if not _follows(last, position):
                await self._store_all(run)
                run = []
                await self._fill(position)
            run.append(batch)
            last = position
        await self._store_all(run)

    async def _fill(self, until: Position) -> None:
        """Write what the log has between the store's position and this one, or say that it is lost."""
        kept = await self._store.position()
        same = kept is not None and kept.epoch == until.epoch
        since = kept if kept is not None and same else Position(until.epoch, 0)
        try:
            while since.offset + 1 < until.offset:
                missing = await self._engine.history(since, limit=FILL_BATCHES)
                batches = [batch for batch in missing if batch.position and batch.position.offset < until.offset]
                if not batches or batches[-1].position is None:
                    return
                await self._store_all(batches)
                since = batches[-1].position
        except Unrecoverable as error:
            if kept is not None:
                self.holes += 1
                log.warning("History has a hole between %s and %s, which the log can't fill: %s", kept, until, error)

    async def _store_all(self, batches: Sequence[Batch]) -> None:
        if not batches:
            return
        self.written += await self._store.write(batches)
        self._position = batches[-1].position
        self.newest_ms = max((max(batch.times) for batch in batches if batch.times), default=self.newest_ms)


def _follows(last: Position | None, position: Position) -> bool:
    return last is not None and last.epoch == position.epoch and last.offset + 1 == position.offset


def _is_there(position: Position, last: Position | None) -> bool:
    return last is not None and last.epoch == position.epoch and position.offset <= last.offset
