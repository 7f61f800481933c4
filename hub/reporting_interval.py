"""How often something reports, learned from when it did: what is silent for longer than that is stale; pure."""

from array import array

STEPS = 9
"""Steps between reports that are remembered."""
TRUSTED_STEPS = 3
BURST_MS = 1_000
"""What comes within it is one report: a device that says ten things at once is no faster for it."""
SILENT_INTERVALS = 3
MIN_SILENCE_MS = 30_000


class ReportingInterval:
    """The rhythm of one device or key. Times are ms of the hub's clock.

    The interval is the second longest of the last steps: one outage among them does not count, and pauses inside a
    burst do not hide how long it is to the next. `last_ms` is when a report began last. `kind` is for its owner.
    """

    __slots__ = ("_count", "_steps", "kind", "last_ms")

    def __init__(self, now_ms: int, kind: str = "") -> None:
        self.kind = kind
        self.last_ms = now_ms
        self._count = 0
        self._steps: array[float] = array("f")

    def report(self, now_ms: int) -> None:
        """It has reported."""
        step_ms = now_ms - self.last_ms
        if step_ms < BURST_MS:
            return
        self.last_ms = now_ms
        if self._count < STEPS:
            self._steps.append(step_ms)
        else:
            self._steps[self._count % STEPS] = step_ms
        self._count += 1

    @property
    def interval_ms(self) -> int | None:
        """How often it reports; None while it is not known."""
        return int(sorted(self._steps)[-2]) if self._count >= TRUSTED_STEPS else None

    def due_ms(self) -> int | None:
        """The time from which it is stale if it says nothing; None while that is not known."""
        interval_ms = self.interval_ms
        return None if interval_ms is None else self.last_ms + silence_ms(interval_ms)


def silence_ms(interval_ms: float) -> int:
    """How long something with this interval may say nothing."""
    return max(MIN_SILENCE_MS, int(SILENT_INTERVALS * interval_ms))
