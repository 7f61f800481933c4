"""How often a sign-in may be tried, and how many passwords are checked at a time."""

import asyncio
import math
from collections.abc import Callable
from typing import TypeVar

from hub.errors import TOO_MANY_REQUESTS, HubError

ATTEMPTS = 5
WINDOW_S = 60.0
MAX_NAMES = 10_000
"""Names whose attempts are remembered; the oldest is forgotten first.

More can't be tried in a window, as each attempt costs a hash.
"""
CONCURRENT = 2
"""An argon2id hash takes 64 MiB while it runs."""
MAX_WAITING = 64
"""Checks that may wait for their turn; beyond it they are refused (`busy`)."""

Result = TypeVar("Result")


class TooManyRequests(HubError):
    """A limit on how often is reached; `retry_after_s` whole seconds from now it may be tried again."""

    code = TOO_MANY_REQUESTS

    def __init__(self, message: str, *, retry_after_s: int) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class SignInLimiter:
    """Attempts per name: ATTEMPTS in WINDOW_S; the next is refused until the oldest is out of the window."""

    def __init__(self) -> None:
        self.refused = 0
        self._attempts: dict[str, list[float]] = {}

    def attempt(self, name: str, *, now_s: float) -> None:
        """Count an attempt before its password is checked, so that many at once count too; raises TooManyRequests."""
        recent = [at for at in self._attempts.pop(name, ()) if now_s - at < WINDOW_S]
        if len(recent) >= ATTEMPTS:
            self.refused += 1
            self._attempts[name] = recent
            wait_s = max(1, math.ceil(recent[0] + WINDOW_S - now_s))
            raise TooManyRequests(f"Too many wrong passwords for this name; wait {wait_s} s.", retry_after_s=wait_s)
        if len(self._attempts) >= MAX_NAMES:
            del self._attempts[next(iter(self._attempts))]
        self._attempts[name] = [*recent, now_s]

    def forget(self, name: str) -> None:
        """The name has signed in: its attempts count no longer."""
        self._attempts.pop(name, None)


class PasswordThreads:
    """Runs what hashes passwords in threads, CONCURRENT at a time, so that sign-ins never starve the hub."""

    def __init__(self) -> None:
        self.refused = 0
        self._turn = asyncio.Semaphore(CONCURRENT)
        self._waiting = 0

    async def run(self, work: Callable[[], Result]) -> Result:
        """The result of the work; raises TooManyRequests where MAX_WAITING wait already."""
        if self._waiting >= MAX_WAITING:
            self.refused += 1
            raise TooManyRequests("Many people sign in just now; try again.", retry_after_s=1)
        self._waiting += 1
        try:
            async with self._turn:
                return await asyncio.to_thread(work)
        finally:
            self._waiting -= 1
