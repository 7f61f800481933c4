"""Keeping rollups up to date beside writing."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

from hub.errors import Unavailable

log = logging.getLogger(__name__)

ROLL_S = 5.0
"""How often it is looked whether rollups are due."""


class Rolling:
    """Calls `first`, and `step`, which computes some of what is due and says how many it was, from `begin` to `end`.

    `done` counts rollups, `failures` the times that it did not succeed; it is tried again.
    """

    def __init__(self, step: Callable[[], Awaitable[int]], *, first: Callable[[], Awaitable[None]], name: str) -> None:
        self.done = 0
        self.failures = 0
        self._step = step
        self._first = first
        self._name = name
        self._task: asyncio.Task[None] | None = None

    def begin(self) -> bool:
        """Start the task if it does not run; whether it did not."""
        if self._task is not None:
            return False
        self._task = asyncio.create_task(self._run(), name=self._name)
        return True

    async def end(self) -> None:
        """End the task."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def roll(self) -> int:
        """Compute all that is due, in small steps between writes; how many rollups it was."""
        done = 0
        while True:
            begun = time.monotonic()
            step = await self._step()
            if not step:
                return done
            done += step
            self.done += step
            # As long as the step took, so that a backlog leaves the writer half of its thread.
            await asyncio.sleep(time.monotonic() - begun)

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(ROLL_S)
            try:
                await self._first()
                await self.roll()
            except Unavailable as error:
                self.failures += 1
                log.warning("Rollups were not brought up to date; it is tried again in %.0f s: %s", ROLL_S, error)
            except Exception:
                self.failures += 1
                log.exception("Rollups were not brought up to date; it is tried again in %.0f s.", ROLL_S)
