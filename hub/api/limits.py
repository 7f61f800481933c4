"""How often a sign-in may be tried, and how many passwords are checked at a time."""

import asyncio
import math
from collections.abc import Callable
from typing import TypeVar

from hub.errors import TooManyRequests
from hub.seats import network_of

ATTEMPTS = 5
ADDRESS_ATTEMPTS = 30
"""More than per name: many people may share an address."""
WINDOW_S = 60.0
MAX_NAMES = 10_000
"""Names, and addresses, whose attempts are remembered; the oldest is forgotten first.

More can't be tried in a window, as each attempt costs a hash.
"""
CONCURRENT = 2
"""An argon2id hash takes 64 MiB while it runs."""
MAX_WAITING = 64
"""Checks that may wait for their turn; beyond it they are refused (`busy`)."""

Result = TypeVar("Result")


class _Window:
    """Attempts of each of many: `attempts` in WINDOW_S; the next is refused until the oldest is out of the window."""

    def __init__(self, attempts: int) -> None:
        self._attempts = attempts
        self._times: dict[str, list[float]] = {}

    def attempt(self, whose: str, now_s: float) -> int:
        """Count one and give 0, or the whole seconds to wait for the next."""
        recent = [at for at in self._times.pop(whose, ()) if now_s - at < WINDOW_S]
        if len(recent) >= self._attempts:
            self._times[whose] = recent
            return max(1, math.ceil(recent[0] + WINDOW_S - now_s))
        if len(self._times) >= MAX_NAMES:
            del self._times[next(iter(self._times))]
        self._times[whose] = [*recent, now_s]
        return 0

    def forget(self, whose: str) -> None:
        self._times.pop(whose, None)

    def forget_last(self, whose: str) -> None:
        times = self._times.get(whose)
        if times:
            times.pop()


class SignInLimiter:
    """Attempts to sign in: ATTEMPTS per name and ADDRESS_ATTEMPTS per address in WINDOW_S.

    An IPv6 address counts with all of its /64 network: whoever has one of them has them all.
    """

    def __init__(self) -> None:
        self.refused = 0
        self._names = _Window(ATTEMPTS)
        self._addresses = _Window(ADDRESS_ATTEMPTS)

    def attempt(self, name: str, *, address: str = "", now_s: float) -> None:
        """Count an attempt before its password is checked, so that many at once count too; raises TooManyRequests."""
        self.attempt_from(address, now_s=now_s)
        self._refuse(self._names.attempt(name, now_s), "Too many wrong passwords for this name")

    def attempt_from(self, address: str, *, now_s: float) -> None:
        """Count an attempt whose name is not known; raises TooManyRequests."""
        if address:
            self._refuse(
                self._addresses.attempt(network_of(address), now_s), "Too many sign-ins of your address failed"
            )

    def succeed(self, name: str, *, address: str = "") -> None:
        """The name has signed in: its attempts count no longer, and this one not for the address."""
        self._names.forget(name)
        self.succeed_from(address)

    def succeed_from(self, address: str) -> None:
        """Somebody has signed in: this attempt does not count. What failed before does: it may be somebody else's."""
        self._addresses.forget_last(network_of(address))

    def _refuse(self, wait_s: int, reason: str) -> None:
        if wait_s:
            self.refused += 1
            raise TooManyRequests(f"{reason}; wait {wait_s} s.", retry_after_s=wait_s)


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
