"""Which rollups, and which events, answer a question about a stretch of time; pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

RAW = 0
MINUTE = 1
FIVE_MINUTES = 2
HOUR = 3
DAY = 4

UNITS_MS = (1, 60_000, 300_000, 3_600_000, 86_400_000)
"""How long a stretch of each level is; those of a level begin at its multiples since the epoch."""

LEVELS = (MINUTE, FIVE_MINUTES, HOUR, DAY)


class Span(NamedTuple):
    """A stretch to be read at a level: start <= time < end (ms)."""

    level: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Plan:
    """`count` slots of `width` ms from `origin` on hold `start` <= time < `end`; `level` is the coarsest to read."""

    start: int
    end: int
    level: int
    origin: int
    width: int
    count: int

    def slot(self, time: int) -> int:
        """The number of the slot that a time lies in."""
        return (time - self.origin) // self.width


def plan(start: int, end: int, points: int, *, since: Mapping[int, int] | None = None) -> Plan:
    """A plan of at most `points` slots, and at least half as many unless what is kept is coarser.

    `since` says from when (ms) a level is whole; what began before is read at a coarser one.
    """
    whole = [level for level in (RAW, *LEVELS) if level == DAY or start >= (since or {}).get(level, start)]
    # Where nothing finer is left, what is asked for begins where a stretch does.
    start = start // UNITS_MS[whole[0]] * UNITS_MS[whole[0]]
    fitting = [_fitting(start, end, points, level) for level in reversed(whole)]
    return next((found for found in fitting if found.count * 2 > points), fitting[-1])


def _fitting(start: int, end: int, points: int, level: int) -> Plan:
    unit = UNITS_MS[level]
    origin = start // unit * unit
    units = -(-(end - origin) // unit)
    width = -(-units // points) * unit
    return Plan(start, end, level, origin, width, -(-(end - origin) // width))


def spans(level: int, start: int, end: int, stale: Mapping[int, Iterable[int]]) -> list[Span]:
    """What to read of a topic, in the order of time; together just start <= time < end.

    `stale` has, by level, the starts of stretches whose rollup does not hold; they are read at finer levels.
    """
    unsound = {MINUTE: set(stale.get(MINUTE, ()))}
    for finer, coarser in pairwise(LEVELS):
        unit = UNITS_MS[coarser]
        unsound[coarser] = {*stale.get(coarser, ()), *(at // unit * unit for at in unsound[finer])}
    joined: list[Span] = []
    for span in _cover(level, start, end, {of: sorted(starts) for of, starts in unsound.items()}):
        if joined and joined[-1].level == span.level and joined[-1].end == span.start:
            joined[-1] = Span(span.level, joined[-1].start, span.end)
        else:
            joined.append(span)
    return joined


def _cover(level: int, start: int, end: int, unsound: Mapping[int, list[int]]) -> Iterator[Span]:
    if start >= end:
        return
    if level == RAW:
        yield Span(RAW, start, end)
        return
    unit = UNITS_MS[level]
    first, last = -(-start // unit) * unit, end // unit * unit
    if first >= last:
        yield from _cover(level - 1, start, end, unsound)
        return
    yield from _cover(level - 1, start, first, unsound)
    at = first
    for stale in unsound[level]:
        if first <= stale < last:
            if at < stale:
                yield Span(level, at, stale)
            yield from _cover(level - 1, stale, stale + unit, unsound)
            at = stale + unit
    if at < last:
        yield Span(level, at, last)
    yield from _cover(level - 1, last, end, unsound)
