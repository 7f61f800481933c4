"""Merging: several telemetry events of one topic as one, of which no extreme is lost; pure."""

import math
from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from hub.events import decode_event


class Merged:
    """Telemetry events of one topic as one: per key the newest value, and of numbers the least and the greatest.

    Newest is by the events' own times, among equal ones the last that was added: a device that sends again what it had
    kept does not turn its values back. A key that was not always a number has no extremes. What was merged before may
    be merged again; the result is that of merging all at once.
    """

    __slots__ = ("_first_ms", "_high", "_last", "_low", "_newest", "_newest_ms", "_times", "count")

    def __init__(self) -> None:
        self.count = 0
        self._newest: Mapping[str, Any] = {}
        self._newest_ms = -math.inf
        self._first_ms = math.inf
        self._last: dict[str, object] = {}
        self._times: dict[str, int] = {}
        self._low: dict[str, float] = {}
        self._high: dict[str, float] = {}

    def add(self, event: Mapping[str, Any]) -> None:
        """Take a decoded event, or one that `encode` or `keep` gave."""
        time, values, summary = event["time"], event["data"], event.get("conflated")
        if summary is None:
            self.count += 1
            self._first_ms = min(self._first_ms, time)
            self._take_numbers(values)
            self._take_values(values, time, {})
        else:
            self.count += summary["count"]
            self._first_ms = min(self._first_ms, summary["from"])
            self._take_extremes(values, summary["min"], summary["max"])
            self._take_values(values, time, summary.get("times", {}))
        if time >= self._newest_ms:
            self._newest, self._newest_ms = event, time

    def _take_numbers(self, values: Mapping[str, Any]) -> None:
        # Written out, as it is most of the work for a slow session. By class, as True is an int in Python.
        low, high, last = self._low, self._high, self._last
        for key, value in values.items():
            if value.__class__ is not float and value.__class__ is not int:
                self._forget_extremes(key)
            elif key not in last:
                low[key] = high[key] = value
            elif key in low:
                if value < low[key]:
                    low[key] = value
                elif value > high[key]:
                    high[key] = value

    def _take_extremes(
        self, values: Mapping[str, object], lows: Mapping[str, float], highs: Mapping[str, float]
    ) -> None:
        low, high = self._low, self._high
        for key in values:
            if key not in lows:
                self._forget_extremes(key)
            elif key not in self._last:
                low[key], high[key] = lows[key], highs[key]
            elif key in low:
                low[key], high[key] = min(low[key], lows[key]), max(high[key], highs[key])

    def _forget_extremes(self, key: str) -> None:
        if key in self._low:
            del self._low[key], self._high[key]

    def _take_values(self, values: Mapping[str, object], time: int, own_times: Mapping[str, int]) -> None:
        last, times = self._last, self._times
        if time >= self._newest_ms and not own_times:
            last.update(values)
            times.update(dict.fromkeys(values, time))
            return
        for key, value in values.items():
            at = own_times.get(key, time)
            if at >= times.get(key, at):
                last[key] = value
                times[key] = at

    def encode(self) -> bytes:
        """The event: like any other, with `conflated` beside its data."""
        return self._encode({})

    def keep(self) -> bytes:
        """The same with what only a later merge needs: the times of values that are older than the event."""
        late = {key: at for key, at in self._times.items() if at != self._newest_ms}
        return self._encode({"times": late} if late else {})

    def _encode(self, more: Mapping[str, object]) -> bytes:
        conflated = {"count": self.count, "from": self._first_ms, "min": self._low, "max": self._high, **more}
        return orjson.dumps({**self._newest, "data": self._last, "conflated": conflated})


def merge(pieces: Iterable[bytes]) -> Merged:
    """Encoded telemetry events of one topic, merged."""
    merged = Merged()
    for piece in pieces:
        merged.add(decode_event(piece))
    return merged
