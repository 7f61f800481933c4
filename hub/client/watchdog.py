"""Two ways to see that a link is dead though its socket is not: silence, and a position that stands still."""

HEARTBEAT_S = 25.0
SLACK_S = 10.0
STALL_LAG_MS = 1000.0


class Silence:
    """Whether a heartbeat and its slack have passed without a frame; judged by arrivals, never by a late timer."""

    def __init__(self, now_s: float) -> None:
        self.due_s = now_s + HEARTBEAT_S + SLACK_S
        self._last_s = now_s

    def heard(self, now_s: float) -> None:
        """A frame has come."""
        self._last_s = now_s

    def judge(self, now_s: float) -> bool:
        """Whether the link is dead; else `due_s` says when to ask again."""
        if now_s < self.due_s:
            return False
        silent_until_s = self._last_s + HEARTBEAT_S + SLACK_S
        if now_s < silent_until_s:
            self.due_s = silent_until_s
            return False
        if now_s >= self.due_s + SLACK_S:
            # The program was frozen or the machine slept: frames that did arrive may wait in line behind this call.
            self.due_s = now_s + SLACK_S
            return False
        return True


class StallDetector:
    """Compares heartbeats: a position that stands still while the lag grows is a dead subscription."""

    def __init__(self) -> None:
        self._position: str | None = None
        self._lag_ms = 0.0

    def observe(self, position: str, lag_ms: float) -> bool:
        """Take a heartbeat and say whether the subscription has stalled since the one before."""
        stalled = position == self._position and lag_ms > self._lag_ms and lag_ms >= STALL_LAG_MS
        self._position, self._lag_ms = position, lag_ms
        return stalled
