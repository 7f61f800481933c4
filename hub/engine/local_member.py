"""A member of a consumer group of the local engine."""

import asyncio
import logging
from contextlib import suppress

from hub.engine.group import Group
from hub.engine.log_view import LogView
from hub.events import Batch

logger = logging.getLogger(__name__)

MAX_TAKE_BATCHES = 100


class LocalMember:
    """Iterates over what its group has for it; a read that is cancelled or fails loses nothing."""

    def __init__(self, log: LogView, group: Group, *, name: str, idle_s: float, moved: asyncio.Event) -> None:
        self._log = log
        self._group = group
        self._name = name
        self._idle_s = idle_s
        self._moved = moved

    def __aiter__(self) -> "LocalMember":
        return self

    async def __anext__(self) -> list[Batch]:
        while True:
            offsets = self._group.take(
                self._name,
                head=self._log.head.offset,
                now=asyncio.get_running_loop().time(),
                idle_s=self._idle_s,
                limit=MAX_TAKE_BATCHES,
            )
            if not offsets:
                await self._wait()
            elif batches := await self._read(offsets):
                return batches

    async def _read(self, offsets: list[int]) -> list[Batch]:
        """The batches of the first of these offsets; the others are put back, and all if the read fails."""
        run = offsets[: _run_length(offsets)]
        later = offsets
        try:
            first, found = await self._log.read(run[0] - 1, limit=len(run))
            trimmed = [offset for offset in run if offset < first]
            batches = found[: len(run) - len(trimmed)]
            later = offsets[len(trimmed) + len(batches) :]
        finally:
            if later:
                self._group.put_back(self._name, later)
        if trimmed:
            self._group.lose(trimmed)
            logger.error("Batches %d to %d were trimmed before a consumer group took them.", trimmed[0], trimmed[-1])
        return batches

    async def _wait(self) -> None:
        claim_at = self._group.claim_at(self._name, idle_s=self._idle_s)
        self._moved.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout_at(claim_at):
                await self._moved.wait()


def _run_length(offsets: list[int]) -> int:
    """How many offsets from the first one follow each other without a gap."""
    return next((i for i, offset in enumerate(offsets) if offset != offsets[0] + i), len(offsets))
