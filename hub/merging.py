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

    __slots__ = ("_extremes", "_first_ms", "_last", "_newest", "_times", "count")

    def __init__(self) -> None:
        self.count = 0
        self._newest: Mapping[str, Any] = {"time": -math.inf}
        self._first_ms = math.inf
        self._last: dict[str, object] = {}
        self._times: dict[str, int] = {}
        self._extremes: dict[str, tuple[float, float]] = {}

    def add(self, event: Mapping[str, Any]) -> None:
        """Take a decoded event, or one that `encode` or `keep` gave."""
        time = event["time"]
        summary = event.get("conflated") or {}
        if time >= self._newest["time"]:
            self._newest = event
        self.count += summary.get("count", 1)
        self._first_ms = min(self._first_ms, summary.get("from", time))
        self._take_extremes(event["data"], summary)
        self._take_values(event["data"], time, summary.get("times", {}))

    def _take_values(self, values: Mapping[str, object], time: int, own_times: Mapping[str, int]) -> None:
        last, times = self._last, self._times
        for key, value in values.items():
            at = own_times.get(key, time)
            if at >= times.get(key, at):
                last[key] = value
                times[key] = at

    def _take_extremes(self, values: Mapping[str, object], summary: Mapping[str, Any]) -> None:
        extremes, last = self._extremes, self._last
        for key, value in values.items():
            found = _extremes(key, value, summary)
            if key in last:
                known = extremes.pop(key, None)
                found = found and known and (min(found[0], known[0]), max(found[1], known[1]))
            if found:
                extremes[key] = found

    def encode(self) -> bytes:
        """The event: like any other, with `conflated` beside its data."""
        return self._encode({})

    def keep(self) -> bytes:
        """The same with what only a later merge needs: the times of values that are older than the event."""
        newest = self._newest["time"]
        late = {key: at for key, at in self._times.items() if at != newest}
        return self._encode({"times": late} if late else {})

    def _encode(self, more: Mapping[str, object]) -> bytes:
        extremes = self._extremes
        conflated = {
            "count": self.count,
            "from": self._first_ms,
            "min": {key: low for key, (low, _) in extremes.items()},
            "max": {key: high for key, (_, high) in extremes.items()},
            **more,
        }
        return orjson.dumps({**self._newest, "data": self._last, "conflated": conflated})


def _extremes(key: str, value: object, summary: Mapping[str, Any]) -> tuple[float, float] | None:
    if summary:
        return (summary["min"][key], summary["max"][key]) if key in summary["min"] else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value, value


def merge(pieces: Iterable[bytes]) -> Merged:
    """Encoded telemetry events of one topic, merged."""
    merged = Merged()
    for piece in pieces:
        merged.add(decode_event(piece))
    return merged
