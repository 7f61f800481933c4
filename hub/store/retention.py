"""How long events and rollups are kept."""

from dataclasses import dataclass
from math import inf

from hub.rollup_plan import FIVE_MINUTES, HOUR, MINUTE, RAW, UNITS_MS


@dataclass(frozen=True, slots=True)
class Retention:
    """Events are kept for `events_s` (seconds; None: for ever), rollups of minutes for `minutes_s`, others for ever.

    Of events that are no values it is `others_s`; None: as values, inf: for ever.
    """

    events_s: float | None = None
    minutes_s: float | None = None
    others_s: float | None = None

    def whole_since(self, now_s: float) -> dict[int, int]:
        """By level, from when (ms) on everything is there, or is before its rollup was computed; see EventStore."""
        since = {}
        # Never within what is computed together: a rollup is made of all of it.
        if self.events_s is not None:
            since[RAW] = _edge(now_s - self.events_s, UNITS_MS[MINUTE])
        if self.minutes_s is not None:
            since[MINUTE] = since[FIVE_MINUTES] = _edge(now_s - self.minutes_s, UNITS_MS[HOUR])
        return since

    def others_since(self, now_s: float) -> dict[int, int]:
        """The same of events that are no values."""
        keep_s = self.events_s if self.others_s is None else self.others_s
        return {} if keep_s is None or keep_s == inf else {RAW: _edge(now_s - keep_s, UNITS_MS[MINUTE])}


def _edge(at_s: float, unit: int) -> int:
    return int(at_s * 1000) // unit * unit
