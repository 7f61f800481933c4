"""Whether to come back after a lost link, and how long to wait before the next try."""

from collections.abc import Callable

from hub.errors import CLOSE_EXPIRED, CLOSE_TOO_MANY_REQUESTS, FIRST_TERMINAL_CLOSE

MIN_BACKOFF_S = 0.5
MAX_BACKOFF_S = 20.0
LAST_TERMINAL_CLOSE = 3999
FAILURES_WHEN_BUSY = 5
"""The hub asked for time: wait as if so many tries had failed already."""


def backoff_s(failures: int, random: Callable[[], float]) -> float:
    """Seconds to wait after `failures` tries in a row have failed, from 0.5 to 20; `random` gives [0, 1).

    Full jitter: when a hub restarts, its clients come back spread over the whole span and not all at once.
    """
    most = min(MAX_BACKOFF_S, MIN_BACKOFF_S * 2.0 ** (min(failures, 8) + 1))
    return MIN_BACKOFF_S + random() * (most - MIN_BACKOFF_S)


def reconnects(close_code: int) -> bool:
    """Whether a client comes back by itself after this close code (docs/protocol.md, "Close codes")."""
    return close_code < FIRST_TERMINAL_CLOSE or close_code > LAST_TERMINAL_CLOSE


class Tries:
    """A row of tries that failed; it ends when the hub has spoken."""

    def __init__(self, random: Callable[[], float]) -> None:
        self._random = random
        self._failures = 0
        self._understood = False

    def begin(self) -> None:
        """A new try."""
        self._understood = False

    def understood(self) -> None:
        """The hub has spoken. Only that ends a row: one that accepts and closes at once would be hammered."""
        self._failures = 0
        self._understood = True

    def lost(self, close_code: int | None) -> float | None:
        """The try is over: seconds to wait before the next one; None where there is none by itself."""
        if close_code is not None and not reconnects(close_code):
            return None
        if close_code == CLOSE_EXPIRED.number and not self._understood:
            # A token that had expired before the hub said a word was the newest there is: only a new one helps.
            return None
        if close_code == CLOSE_TOO_MANY_REQUESTS.number:
            self._failures = max(self._failures, FAILURES_WHEN_BUSY)
        wait_s = backoff_s(self._failures, self._random)
        self._failures += 1
        return wait_s
