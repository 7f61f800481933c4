"""The engine of one process: the log is an append-only SQLite file, fan-out is in memory."""

import asyncio
import copy
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path

from hub.engine.base import CLAIM_IDLE_S
from hub.engine.group import Group
from hub.engine.intake import Intake, Waiting
from hub.engine.local_live import LocalLive
from hub.engine.local_member import LocalMember
from hub.engine.log_file import LogFile
from hub.engine.log_reader import MAX_READ_BYTES, read_after, read_tail
from hub.engine.log_writer import Ack, LogWriter
from hub.engine.recent import MAX_RECENT_BATCHES, MAX_RECENT_BYTES, Recent
from hub.errors import Unavailable, Unrecoverable
from hub.events import Batch, Position

ACK_TIMEOUT_S = 5.0


class LocalEngine:
    """Engine (see `base`) on the file `path`, for one process; a second one gets Unavailable when it opens it.

    kill -9 loses nothing that was acknowledged. When the machine loses power the last commits can be gone; then a new
    epoch begins at the next start, and what is left keeps the positions it had. Batches older than `max_age_s` or beyond
    `max_bytes` are trimmed in small steps, those that a consumer group has not acked only beyond twice `max_bytes`.
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
        self._path = path
        self._claim_idle_s = claim_idle_s
        self._clock = clock
        self._log = LogFile(path, max_bytes=max_bytes, max_age_s=max_age_s)
        self._loop: asyncio.AbstractEventLoop
        self._intake: Intake
        self._writer: LogWriter
        self._recent = Recent()
        self._epoch = ""
        self._head = 0
        self._groups: dict[str, Group] = {}
        self._moved: set[asyncio.Event] = set()
        self._closed = False
        self.lost_batches = 0

    @property
    def overrun_batches(self) -> int:
        """Batches that were trimmed although a consumer group had not acked them."""
        return self._log.overrun_batches

    @property
    def size_bytes(self) -> int:
        """What the entries on the log sum up to."""
        return self._log.size_bytes

    @property
    def waiting_bytes(self) -> int:
        """What waits to be written."""
        return self._intake.waiting_bytes

    @property
    def write_failures(self) -> int:
        """Writes that failed and were tried again."""
        return self._writer.failures

    async def __aenter__(self) -> "LocalEngine":
        self._loop = asyncio.get_running_loop()
        self._writer = LogWriter(
            self._log, clock=self._clock, committed=self._on_committed, refused=self._on_refused
        )
        self._intake = Intake(self._writer.put)
        await asyncio.to_thread(self._log.open)
        self._epoch, self._head = self._log.epoch, self._log.head
        self._groups = {name: Group(acked) for name, acked in self._log.acked.items()}
        self._writer.start()
        newest = await asyncio.to_thread(
            read_tail, self._path, limit=MAX_RECENT_BATCHES, max_bytes=MAX_RECENT_BYTES
        )
        for offset, (batch, size_bytes) in enumerate(newest, self._head - len(newest) + 1):
            self._recent.append(offset, batch, size_bytes)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._intake.close()
        await asyncio.to_thread(self._writer.stop)
        self._closed = True
        self._wake()

    async def publish(self, batch: Batch, *, timeout_s: float | None = None) -> Position:
        """See Engine; the batch itself is what subscribers get."""
        return await self._intake.publish(batch, timeout_s=timeout_s)

    @asynccontextmanager
    async def subscribe(self) -> AsyncIterator[LocalLive]:
        """See Engine; a subscriber that lags behind what is in memory reads from the file."""
        with self._listening() as moved:
            yield LocalLive(self, await self.head(), moved)

    async def head(self) -> Position:
        """See Engine."""
        self._check_open()
        return Position(self._epoch, self._head)
