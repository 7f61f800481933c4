"""How long to wait before trying again."""

from random import SystemRandom

FIRST_WAIT_S = 0.05
LONGEST_WAIT_S = 1.0

_random = SystemRandom()


def full_jitter_s(failures: int) -> float:
    """Seconds to wait after so many failures in a row: anything up to a bound that doubles (full jitter)."""
    bound_s: float = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** min(failures, 16))
    return _random.uniform(0, bound_s)
