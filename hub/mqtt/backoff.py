"""How long to wait before the next attempt."""

from random import Random, SystemRandom

FLOOR_S = 0.5
CAP_S = 20.0


class Backoff:
    """Full jitter: each wait is drawn from 0 to a ceiling that doubles from `floor_s` to `cap_s`.

    Drawing from zero spreads the clients of a broker that restarts evenly, which a jitter around a fixed wait does not.
    """

    def __init__(self, *, floor_s: float = FLOOR_S, cap_s: float = CAP_S, random: Random | None = None) -> None:
        self._floor_s = floor_s
        self._cap_s = cap_s
        self._random = random or SystemRandom()
        self._ceiling_s = floor_s

    def next_s(self) -> float:
        """Seconds to wait now; the next ceiling is twice as high."""
        ceiling_s = self._ceiling_s
        self._ceiling_s = min(self._cap_s, ceiling_s * 2)
        return self._random.uniform(0, ceiling_s)

    def reset(self) -> None:
        """Start again from the floor: what was tried has held."""
        self._ceiling_s = self._floor_s
