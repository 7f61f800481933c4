"""Positions that no recorded batch has; pure."""

from hub.errors import Unrecoverable
from hub.events import Position
from hub.store.archive_base import Moment
from hub.store.runs import Run


def unrecorded(at: Position) -> Unrecoverable:
    """The refusal of a position that is not there."""
    return Unrecoverable(f"{at} is not, or no longer, in what was recorded.")


def beginning(at: Position, first: Run | None) -> Moment:
    """The moment of a position before the first run of its epoch: only that of an empty log is known."""
    if first is None or at.offset or first.offset != 1:
        raise unrecorded(at)
    return Moment(first.place - 1, at, first.at)
