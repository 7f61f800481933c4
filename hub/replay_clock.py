"""The clock of a replay: which moment of the past plays now, and when another one is due; pure."""


class ReplayClock:
    """Runs through the past `speed` times as fast as `now_s`, seconds of a clock that never goes back."""

    def __init__(self, moment: float, *, speed: float, now_s: float, paused: bool = False) -> None:
        self.speed = speed
        self.paused = paused
        self._moment = moment
        self._since_s = now_s

    def moment(self, now_s: float) -> float:
        """The moment that plays now, ms since the epoch."""
        if self.paused:
            return self._moment
        return self._moment + (now_s - self._since_s) * 1000 * self.speed

    def wait_s(self, moment: float, now_s: float) -> float | None:
        """How long until a moment is due; 0 where it is, None while the clock is paused."""
        if self.paused:
            return None
        return max(0.0, (moment - self.moment(now_s)) / 1000 / self.speed)

    def pause(self, now_s: float) -> None:
        """Stand still."""
        self.seek(self.moment(now_s), now_s)
        self.paused = True

    def resume(self, now_s: float) -> None:
        """Go on from where it stands."""
        self.seek(self.moment(now_s), now_s)
        self.paused = False

    def run_at(self, speed: float, now_s: float) -> None:
        """Go on at another speed."""
        self.seek(self.moment(now_s), now_s)
        self.speed = speed

    def seek(self, moment: float, now_s: float) -> None:
        """Go on from another moment, or stand there."""
        self._moment = moment
        self._since_s = now_s
