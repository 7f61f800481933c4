"""Rollups: what many values of one key come to, in a stretch of time; pure.

They are put together in the order of time, and any cut gives the same: of events, of minutes or of hours.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from hub.events import Scalar

Number = int | float

VERSION = 1
"""Raised with each change of what the same events come to: what stores keep is then computed anew."""

_INT64 = 2**63
_NUMBER_TYPES = frozenset((int, float))
_ONE = 2
_NUMBERS = 9


class Rollup(NamedTuple):
    """Values of one key: `count` of all, `numbers` of those that are numbers, of which `low`, `high` and `total` are.

    `rise` is how much a counter has grown from `first` to `last`: what it falls to counts from zero, it began anew.
    Times are ms since the epoch.
    """

    count: int  # type: ignore[assignment] # hides a method of tuples that nobody needs
    numbers: int
    low: Number | None
    high: Number | None
    total: Number
    rise: Number
    first_time: int
    first: Scalar
    last_time: int
    last: Scalar


def is_number(value: object) -> bool:
    """Whether one can count with it; true and false are no numbers."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def of_values(points: Sequence[tuple[int, Scalar]]) -> Rollup:
    """The rollup of values with their times, which are in order; there is at least one."""
    values: list[Any] = [value for _, value in points]
    numbers = values if {*map(type, values)} <= _NUMBER_TYPES else [value for value in values if is_number(value)]
    rise: Number = 0
    if numbers is values:
        # Nearly all are like this: a call of `step` for each value would be half of what a rollup costs.
        before = values[0]
        for after in values:
            rise += after - before if after >= before else max(after, 0)
            before = after
    else:
        rise = sum(map(step, values, values[1:]))
    return Rollup(
        len(values),
        len(numbers),
        min(numbers) if numbers else None,
        max(numbers) if numbers else None,
        _bounded(sum(numbers)),
        _bounded(rise),
        points[0][0],
        values[0],
        points[-1][0],
        values[-1],
    )


def step(before: Any, after: Any) -> Number:
    """How much a counter has grown from one value to the next."""
    if not (is_number(before) and is_number(after)):
        return 0
    grown: Number = after - before if after >= before else max(after, 0)
    return grown


def merge(parts: Sequence[Rollup]) -> Rollup:
    """The rollup of parts that follow each other in time; there is at least one."""
    if len(parts) == 1:
        return parts[0]
    counts, numbers, lows, highs, totals, rises, first_times, firsts, last_times, lasts = zip(*parts, strict=True)
    count, number = sum(counts), sum(numbers)
    rise = sum(rises)
    if count == number:
        # Nearly all are like this, and answers are made of tens of thousands of them.
        for before, after in zip(lasts, firsts[1:], strict=False):
            rise += after - before if after >= before else max(after, 0)
    else:
        rise += sum(map(step, lasts, firsts[1:]))
        lows, highs = (tuple(one for one in some if one is not None) for some in (lows, highs))
    return Rollup(
        count,
        number,
        min(lows, default=None),
        max(highs, default=None),
        _bounded(sum(totals)),
        _bounded(rise),
        first_times[0],
        firsts[0],
        last_times[-1],
        lasts[-1],
    )


def by_key(events: Iterable[tuple[int, Mapping[str, Scalar]]]) -> dict[str, Rollup]:
    """The rollup of each key of events, which are in the order of time."""
    found: dict[str, list[tuple[int, Scalar]]] = {}
    for time, data in events:
        for key, value in data.items():
            try:
                found[key].append((time, value))
            except KeyError:
                found[key] = [(time, value)]
    return {key: of_values(points) for key, points in found.items()}


def encode(rollups: Mapping[str, Rollup], start: int) -> bytes:
    """The JSON that is kept of the rollups of a stretch that begins at `start`."""
    return orjson.dumps({key: _short(one, start) for key, one in rollups.items()})


def decode(kept: Sequence[Any], start: int) -> Rollup:
    """The rollup of what is kept of a key."""
    if len(kept) == _ONE:
        time, value = start + kept[0], kept[1]
        if is_number(value):
            return Rollup(1, 1, value, value, value, 0, time, value, time, value)
        return Rollup(1, 0, None, None, 0, 0, time, value, time, value)
    if len(kept) == _NUMBERS:
        count, low, high, total, rise, first_time, first, last_time, last = kept
        numbers = count
    else:
        count, numbers, low, high, total, rise, first_time, first, last_time, last = kept
    return Rollup(count, numbers, low, high, total, rise, start + first_time, first, start + last_time, last)


def _short(one: Rollup, start: int) -> list[Any]:
    # Times count from the start and what follows from the rest is left out: most minutes hold few values.
    if one.count == 1:
        return [one.first_time - start, one.first]
    numbers = [] if one.numbers == one.count else [one.numbers]
    times = [one.first_time - start, one.first, one.last_time - start, one.last]
    return [one.count, *numbers, one.low, one.high, one.total, one.rise, *times]


def _bounded(number: Number) -> Number:
    # JSON readers take integers of 64 bits; a sum beyond them is rounded.
    return number if -_INT64 <= number < _INT64 else float(number)
