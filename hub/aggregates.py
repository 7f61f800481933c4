"""What is answered of rollups: a row of aggregates for each slot of a plan, and where there is a gap; pure."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from statistics import median_low
from typing import Any, Literal, get_args

from hub.reporting_interval import silence_ms
from hub.rollup import Rollup, step
from hub.rollup_plan import Plan

Aggregate = Literal["avg", "min", "max", "sum", "count", "first", "last", "increase", "rate"]
AGGREGATES: tuple[Aggregate, ...] = get_args(Aggregate)
DEFAULT: tuple[Aggregate, ...] = ("avg", "min", "max", "last")

Row = list[Any]
"""Time (ms since the epoch), then one value for each aggregate; None where there is none, all of them at a gap."""

_SECOND_MS = 1000
_LEAST_FOR_RHYTHM = 3


def rows(slots: Sequence[tuple[int, Rollup]], plan: Plan, aggregates: Sequence[Aggregate]) -> list[Row]:
    """A row for each slot with values, in order, and one without where values had stopped for longer than usual.

    The time of a row is that of the first value in it, that of a gap where the last slot before it ends.
    """
    longest = _longest(slots, plan)
    found: list[Row] = []
    before: tuple[int, Rollup] | None = None
    for number, rollup in slots:
        if before is not None and number - before[0] > longest:
            found.append([plan.origin + (before[0] + 1) * plan.width, *[None] * len(aggregates)])
        start = max(plan.start, plan.origin + number * plan.width)
        length_ms = min(plan.end, plan.origin + (number + 1) * plan.width) - start
        last = None if before is None else before[1]
        found.append([rollup.first_time, *(_VALUES[name](rollup, last, length_ms) for name in aggregates)])
        before = (number, rollup)
    return found


def _longest(slots: Sequence[tuple[int, Rollup]], plan: Plan) -> float:
    # How many slots on the next with values may be, before that is a gap.
    if len(slots) < _LEAST_FOR_RHYTHM:
        return float("inf")
    usual = median_low([after - before for (before, _), (after, _) in pairwise(slots)])
    return max(silence_ms(usual * plan.width) / plan.width, 1)


def _increase(rollup: Rollup, before: Rollup | None) -> float | None:
    if not rollup.numbers:
        return None
    return rollup.rise + (0 if before is None else step(before.last, rollup.first))


def _rate(rollup: Rollup, before: Rollup | None, length_ms: int) -> float | None:
    increase = _increase(rollup, before)
    return None if increase is None else increase * _SECOND_MS / length_ms


_VALUES: dict[Aggregate, Callable[[Rollup, Rollup | None, int], Any]] = {
    "avg": lambda rollup, _, __: rollup.total / rollup.numbers if rollup.numbers else None,
    "min": lambda rollup, _, __: rollup.low,
    "max": lambda rollup, _, __: rollup.high,
    "sum": lambda rollup, _, __: rollup.total if rollup.numbers else None,
    "count": lambda rollup, _, __: rollup.count,
    "first": lambda rollup, _, __: rollup.first,
    "last": lambda rollup, _, __: rollup.last,
    "increase": lambda rollup, before, _: _increase(rollup, before),
    "rate": _rate,
}
