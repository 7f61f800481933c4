"""The engine of one process: the log is an append-only SQLite file, fan-out is in memory."""

import asyncio
import copy
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Self

from hub.engine.base import CLAIM_IDLE_S
from hub.engine.group import Group
from hub.engine.intake import Intake, Waiting
from hub.engine.local_live import LocalLive
from hub.engine.local_member import LocalMember
from hub.engine.log_file import LogFile
from hub.engine.log_view import LogView
from hub.engine.log_writer import Ack, Committed, LogWriter
from hub.errors import Unavailable
from hub.events import Batch, Position

ACK_TIMEOUT_S = 5.0


class LocalEngine:
    """Engine (see `base`) on the file `path`, for one process; a second one gets Unavailable when it opens it.

    kill -9 loses nothing that was acknowledged. When the machine loses power the last commits can be gone; then a new
    epoch begins at the next start, and what is left keeps the positions it had. Batches older than `max_age_s` or
    beyond `max_bytes` are trimmed in small steps, those that a group has not acked only beyond twice `max_bytes`.
    """

    def __init__(
        self,
        path: Path,
        *,
        max_bytes: int,
        max_age_s: float,
        claim_idle_s: float = CLAIM_IDLE_S,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._claim_idle_s = claim_idle_s
        self._file = LogFile(path, max_bytes=max_bytes, max_age_s=max_age_s)
        self._view = LogView(path)
        self._writer = LogWriter(self._file, clock=clock, committed=self._on_committed, refused=self._on_refused)
        self._intake = Intake(self._writer.put)
        self._groups: dict[str, Group] = {}
        self._loop: asyncio.AbstractEventLoop

    @property
    def lost_batches(self) -> int:
        """Batches that were trimmed before a consumer group came to them, once for each group."""
        return sum(group.lost_batches for group in self._groups.values())

    @property
    def overrun_batches(self) -> int:
        """Batches that were trimmed although a consumer group had not acked them."""
        return self._file.overrun_batches

    @property
    def size_bytes(self) -> int:
        """What the entries on the log sum up to."""
        return self._file.size_bytes

    @property
    def waiting_bytes(self) -> int:
        """What publishers wait with."""
        return self._intake.waiting_bytes

    @property
    def write_failures(self) -> int:
        """Writes that failed and were tried again."""
        return self._writer.failures

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        await asyncio.to_thread(self._file.open)
        self._groups = {name: Group(acked) for name, acked in self._file.acked.items()}
        try:
            await self._view.open(self._file.epoch, self._file.head)
        except BaseException:
            await asyncio.to_thread(self._file.close)
            raise
        self._writer.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._intake.close()
        await asyncio.to_thread(self._writer.stop)
        # What the writer's thread has handed over is in the loop's queue before this line.
        await asyncio.sleep(0)
        self._view.close()

    async def publish(self, batch: Batch, *, timeout_s: float | None = None) -> Position:
        """See Engine; the batch itself is what subscribers get."""
        return await self._intake.publish(batch, timeout_s=timeout_s)

    @asynccontextmanager
    async def subscribe(self) -> AsyncIterator[LocalLive]:
        """See Engine; a subscriber that lags behind what is in memory reads from the file."""
        with self._view.watch() as moved:
            yield LocalLive(self._view, moved)

    async def head(self) -> Position:
        """See Engine."""
        return self._view.head

    async def history(self, since: Position, *, limit: int) -> list[Batch]:
        """See Engine; what is left of an earlier epoch is no history of this one."""
        return await self._view.history(since, limit=limit)

    async def tail(self, *, limit: int) -> list[Batch]:
        """See Engine; a batch that is left of an earlier epoch has the position it was acknowledged with."""
        return await self._view.tail(limit=limit)

    @asynccontextmanager
    async def consume(self, group: str, member: str) -> AsyncIterator[LocalMember]:
        """See Engine; after a restart of the process what any member had not acked comes to whoever asks first."""
        oldest, _ = await self._view.read(0, limit=1)
        if group not in self._groups:
            self._groups[group] = Group(oldest - 1)
            await self._keep_ack(group)
        self._groups[group].enter(member)
        with self._view.watch() as moved:
            yield LocalMember(self._view, self._groups[group], name=member, idle_s=self._claim_idle_s, moved=moved)

    async def ack(self, group: str, position: Position) -> None:
        """See Engine."""
        if group in self._groups and self._groups[group].ack(position.offset):
            await self._keep_ack(group)

    async def _keep_ack(self, group: str) -> None:
        kept = asyncio.Event()
        self._writer.put(Ack(group, self._groups[group].acked, kept.set))
        try:
            async with asyncio.timeout(ACK_TIMEOUT_S):
                await kept.wait()
        except TimeoutError:
            raise Unavailable(f"The log did not keep the ack of consumer group {group!r}.") from None

    def _on_committed(self, committed: Committed) -> None:
        self._loop.call_soon_threadsafe(self._hand_out, committed)

    def _on_refused(self, batches: list[Waiting]) -> None:
        self._loop.call_soon_threadsafe(self._refuse, batches)

    def _hand_out(self, committed: Committed) -> None:
        for offset, waiting in enumerate(committed.written, committed.first):
            position = Position(self._file.epoch, offset)
            batch = waiting.batch
            if batch.position is not None:  # published twice: each place on the log is an object of its own
                batch = copy.copy(batch)
                batch.position = position
            self._intake.confirm(waiting, position)
            self._view.append(batch, len(waiting.entry))
        for waiting in committed.left_out:
            self._intake.forget(waiting)
        self._view.announce()
        for ack in committed.acks:
            ack.done()

    def _refuse(self, batches: list[Waiting]) -> None:
        for waiting in batches:
            self._intake.refuse(waiting)
