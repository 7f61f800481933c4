"""Pages of a series: where one begins, and what it has of the events that were read."""

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from hub.errors import BAD_REQUEST, HubError
from hub.store.base import Page, Point

TELEMETRY = "telemetry/"

MAX_TIME = 2**62
"""Times (ms) beyond it, which no clock has, are kept as it."""

SCAN_ROWS = 5_000
"""Events that one page looks at, at most."""

MIN_SCAN_ROWS = 500

Row = tuple[int, int, Any]
"""Time (ms), place and the decoded event."""

_CURSOR = re.compile(r"(-?[0-9]{1,18})\.([0-9]{1,18})")
_NOTHING = object()


def is_telemetry(topic: str) -> bool:
    """Whether its events have values, of which rollups are kept."""
    return topic.startswith(TELEMETRY)


class Place(NamedTuple):
    """Where a page begins: behind the event of this time (ms) and place."""

    time: int
    place: int

    def __str__(self) -> str:
        return f"{self.time}.{self.place}"


def clamp(time: int) -> int:
    """A time within those that are kept."""
    return max(-MAX_TIME, min(time, MAX_TIME))


def cursor(start: int, after: str | None) -> Place:
    """Where to begin; raises HubError (BAD_REQUEST) for an `after` that no page has given."""
    begin = Place(clamp(start), -1)
    if after is None:
        return begin
    found = _CURSOR.fullmatch(after)
    if found is None:
        raise HubError(f"{after[:80]!r} is not where a page of history ends.", code=BAD_REQUEST)
    return max(begin, Place(int(found[1]), int(found[2])))


def scan_rows(limit: int) -> int:
    """How many events to read for a page of at most `limit` values."""
    return min(max(limit + 1, MIN_SCAN_ROWS), SCAN_ROWS)


def cut(found: Sequence[Row], key: str, *, begin: Place, limit: int) -> Page:
    """At most `limit` values of a key; `found` are the first events behind `begin`, `scan_rows` of them or all."""
    rows = scan_rows(limit)
    more, found = len(found) >= rows, found[:rows]
    points: list[Point] = []
    for time, place, event in found:
        if len(points) >= limit:
            break
        value = event["data"].get(key, _NOTHING)
        if value is not _NOTHING:
            points.append(Point(time, value))
        begin = Place(time, place)
    more = more or (bool(found) and begin != found[-1][:2])
    return Page(points, str(begin) if more else None)
