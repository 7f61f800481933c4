"""A connection that has not signed in yet."""

import asyncio
from collections.abc import Callable

from hub.seats import Seats


class Guest:
    """Has a seat among those of its network, and some seconds until `late` is called, until it leaves."""

    __slots__ = ("_deadline", "_late", "_network", "_seats", "_timeout_s")

    def __init__(self, seats: Seats, network: str, *, timeout_s: float, late: Callable[[], object]) -> None:
        self._seats = seats
        self._network = network
        self._timeout_s = timeout_s
        self._late = late
        self._deadline: asyncio.TimerHandle | None = None

    def enter(self) -> None:
        """Take the seat; raises TooManyRequests where there is none."""
        self._seats.take(self._network)
        self._deadline = asyncio.get_running_loop().call_later(self._timeout_s, self._late)

    def leave(self) -> None:
        """Give up the seat, if it still has one: it has signed in, or is gone."""
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
            self._seats.give(self._network)
