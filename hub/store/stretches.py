"""Stretches of time whose rollup does not hold, and what it is when it is computed anew; the same for every database.

A rollup is never adjusted: a late event, a crash between two steps or an event that comes twice can't make it wrong.
A table `stale` has these stretches, `due` says when (ms) they are to be computed. What brings an event marks its minute
in the same transaction, a minute that is done marks its five, those their hour, an hour its day.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from hub.rollup import Rollup, by_key, decode, encode, merge
from hub.rollup_plan import DAY, FIVE_MINUTES, HOUR, MINUTE, UNITS_MS
from hub.store.pages import MAX_TIME

DELAYS_MS = {MINUTE: 65_000, FIVE_MINUTES: 150_000, HOUR: 600_000, DAY: 3_600_000}
"""How long after the first mark: a minute is over by then, and a late stretch is done once, not with each event."""

STEP_STRETCHES = 256
STEP_ROWS = 4_000
"""What one step takes, at most: stretches, and rows they are computed from; some 20 ms."""

Stretch = tuple[int, int]
"""Topic id and start (ms)."""

Part = tuple[int, int, int, Any]
"""The number of a stretch, the time (ms) and place of an event or the start and 0 of a rollup, and what it says."""


class Computed(NamedTuple):
    """What a step has computed: stretches with the body of their rollup, and those of which nothing is left."""

    kept: list[tuple[int, int, bytes]]
    empty: list[Stretch]


def changed(at: Iterable[Stretch], level: int, *, since: Mapping[int, int]) -> set[Stretch]:
    """The stretches of a level in which these times are.

    Those of which not everything is kept any more (`since`: by level, from when on it is) stay as they are.
    """
    unit, oldest = UNITS_MS[level], since.get(level - 1, -MAX_TIME)
    return {(topic, start) for topic, time in at if (start := time // unit * unit) >= oldest}


def read_whole(due: Sequence[Stretch], parts: Sequence[Part]) -> list[Stretch]:
    """The stretches that `parts`, STEP_ROWS at most and in their order, hold to the end; none: the first is longer."""
    # The last one may not have been read to its end.
    return list(due) if len(parts) < STEP_ROWS else list(due[: parts[-1][0]])


def computed(level: int, due: Sequence[Stretch], parts: Iterable[Part]) -> Computed:
    """What these stretches come to; parts of others are passed over."""
    found: list[list[tuple[int, int, Any]]] = [[] for _ in due]
    for number, time, place, said in parts:
        if number < len(due):
            found[number].append((time, place, said))
    made = Computed([], [])
    for (topic, start), of_stretch in zip(due, found, strict=True):
        if of_stretch:
            made.kept.append((topic, start, encode(_rolled(level, of_stretch), start)))
        else:
            made.empty.append((topic, start))
    return made


def _rolled(level: int, parts: list[tuple[int, int, Any]]) -> dict[str, Rollup]:
    parts.sort(key=lambda part: part[:2])
    if level == MINUTE:
        return by_key((time, event["data"]) for time, _, event in parts)
    finer: dict[str, list[Rollup]] = {}
    for start, _, kept in parts:
        for key, entry in kept.items():
            finer.setdefault(key, []).append(decode(entry, start))
    return {key: merge(rollups) for key, rollups in finer.items()}
