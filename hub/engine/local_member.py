"""A member of a consumer group of the local engine."""

import asyncio
import logging

from hub.engine.group import Group
from hub.engine.log_view import LogView
from hub.events import Batch

logger = logging.getLogger(__name__)

MAX_TAKE_BATCHES = 100


class LocalMember:
    """Iterates over what its group has for it. `lost_batches` counts what was trimmed before the group got to it."""

    def __init__(self, log: LogView, group: Group, *, name: str, idle_s: float, moved: asyncio.Event) -> None:
        self._log = log
        self._group = group
        self._name = name
        self._idle_s = idle_s
        self._moved = moved
        self.lost_batches = 0

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
        """The batches of the first of these offsets; those that don't come now are put back."""
        delivered = 0
        try:
            batches = await self._log.read(offsets[0] - 1, limit=_run_length(offsets))
            first = batches[0].position.offset if batches and batches[0].position else offsets[-1] + 1
            trimmed = [offset for offset in offsets if offset < first]
            delivered = len(batches) + len(trimmed) if batches else len(trimmed)
        finally:
            self._group.put_back(self._name, offsets[delivered:])
        if trimmed:
            self._lose(trimmed)
        return batches

    def _lose(self, offsets: list[int]) -> None:
        self._group.drop(offsets)
        self.lost_batches += len(offsets)
        logger.error("Batches %d to %d were trimmed before a consumer group took them.", offsets[0], offsets[-1])

    async def _wait(self) -> None:
        claim_at = self._group.claim_at(self._name, idle_s=self._idle_s)
        self._moved.clear()
        try:
            async with asyncio.timeout_at(claim_at):
                await self._moved.wait()
        except TimeoutError:
            pass


def _run_length(offsets: list[int]) -> int:
    """How many offsets from the first one follow each other without a gap."""
    return next((i for i, offset in enumerate(offsets) if offset != offsets[0] + i), len(offsets))
