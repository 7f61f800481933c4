"""Which place belongs to which position: runs of batches, with how many events each of them has; pure."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import NamedTuple

from hub.events import NOWHERE, Batch, Position


class Run(NamedTuple):
    """Batches whose offsets follow each other: the first one's events begin at `place`, its offset is `offset`.

    `at` is when they were recorded (ms), `counts` how many events each has.
    """

    place: int
    epoch: str
    offset: int
    at: int
    counts: Sequence[int]

    @property
    def last(self) -> int:
        """The place of its last event."""
        return self.place + sum(self.counts) - 1

    def last_of(self, offset: int) -> int:
        """The place of the last event up to an offset, which is not before the run's."""
        return self.place + sum(self.counts[: offset - self.offset + 1]) - 1

    def ends(self) -> list[int]:
        """The place behind each batch."""
        return list(accumulate(self.counts, initial=self.place))[1:]

    def end(self) -> Position:
        """The position of its last batch."""
        return Position(self.epoch, self.offset + len(self.counts) - 1)


def runs_of(batches: Iterable[Batch], places: int, *, not_before: int, now_ms: int) -> list[Run]:
    """The runs of batches that are on the log; the first event of all has the place `places`.

    Each was recorded at the newest time in it, but neither before the run before it nor in the future.
    """
    runs: list[Run] = []
    for batch in batches:
        position, count = batch.position, len(batch.topics)
        if position is None or not count:
            continue
        last = runs[-1] if runs else None
        newest = min(max(batch.times), now_ms)
        if last is not None and last.epoch == position.epoch and last.offset + len(last.counts) == position.offset:
            runs[-1] = last._replace(at=max(last.at, newest), counts=[*last.counts, count])
        else:
            at = max(newest, not_before if last is None else last.at)
            runs.append(Run(places, position.epoch, position.offset, at, [count]))
        places += count
    return runs


class Positions:
    """The positions of places, by runs in their order."""

    def __init__(self, runs: Sequence[Run]) -> None:
        self._runs = runs
        self._places = [run.place for run in runs]
        self._ends: dict[int, list[int]] = {}

    def of(self, place: int) -> Position:
        """The position of a place; NOWHERE for what was recorded before runs were kept."""
        number = bisect_right(self._places, place) - 1
        if number < 0 or place > self._runs[number].last:
            return NOWHERE
        run = self._runs[number]
        if number not in self._ends:
            self._ends[number] = run.ends()
        return Position(run.epoch, run.offset + bisect_right(self._ends[number], place))
