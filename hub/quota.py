"""How often somebody may do something: a bucket of tokens for each, filled at a rate."""

import math

from hub.errors import TooManyRequests

MAX_KNOWN = 100_000
"""Whose buckets are remembered; past it the one that was used longest ago is taken for full."""


class Quota:
    """`per_s` times a second on the average, `burst` at once; each who does it has a bucket of their own.

    Times are seconds of one clock that never goes back. `refused` counts refusals.
    """

    def __init__(self, *, per_s: float, burst: int) -> None:
        self.refused = 0
        self._per_s = per_s
        self._burst = burst
        self._full_at: dict[str, float] = {}

    def take(self, whose: str, what: str, *, now_s: float) -> None:
        """Count one; raises TooManyRequests, naming `what`, with how long to wait."""
        full_at = max(now_s, self._full_at.pop(whose, now_s)) + 1 / self._per_s
        wait_s = full_at - now_s - self._burst / self._per_s
        if wait_s > 1e-9:  # noqa: PLR2004 - what adding fractions leaves
            self.refused += 1
            self._full_at[whose] = full_at - 1 / self._per_s
            seconds = max(1, math.ceil(wait_s))
            raise TooManyRequests(f"At most {self._per_s:g} {what} a second; wait {seconds} s.", retry_after_s=seconds)
        if len(self._full_at) >= MAX_KNOWN:
            del self._full_at[next(iter(self._full_at))]
        self._full_at[whose] = full_at
