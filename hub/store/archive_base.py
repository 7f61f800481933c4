"""The archive seam: everything that was recorded, in the order of the log."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from hub.events import Position


class Archived(NamedTuple):
    """An event as it was recorded. `place` orders all events of all epochs; `position` is that of its batch."""

    place: int
    position: Position
    topic: str
    time: int
    piece: bytes


class Archive(Protocol):
    """Reads what was recorded; raw/… is not kept, and what is too old is gone. Unavailable where it can't answer."""

    async def read(
        self, *, after: int, until: int | None = None, filters: Sequence[str] = ("#",), limit: int
    ) -> Sequence[Archived]:
        """The next events with after < place <= until that a filter selects, in order; `limit` at most.

        None are left where it gives none.
        """
        ...

    async def place_of(self, moment: Position | int) -> int:
        """The place of the last event of a moment: a position, or when it was recorded (ms since the epoch).

        -1 before the first. Raises Unrecoverable for a position that is not, or no longer, in the archive.
        """
        ...
