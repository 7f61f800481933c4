"""The archive seam: everything that was recorded, in the order of the log, and how things were at any moment."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol

from hub.events import Position
from hub.store.base import EventStore
from hub.store.search_base import EventSearch


class Moment(NamedTuple):
    """A moment of the archive: the last event of it (-1: before the first), its batch's position, and when (ms)."""

    place: int
    position: Position
    time: int


class Archived(NamedTuple):
    """An event as it was recorded. `place` orders all events of all epochs; `position` is that of its batch."""

    place: int
    position: Position
    topic: str
    time: int
    piece: bytes


class Archive(Protocol):
    """Reads what was recorded; raw/… is not kept, and what is too old is gone. Unavailable where it can't answer.

    When something was recorded is the newest time that an event of its batch has, as far as that is sane: after an
    hour without a store the events of that hour still have their own.
    """

    async def moment(self, at: Position | int | None = None) -> Moment:
        """The moment of a position, or of a time (ms since the epoch); None: the last that was recorded.

        Raises Unrecoverable for a position that is not, or no longer, in the archive.
        """
        ...

    async def read(
        self, *, after: int, until: int | None = None, filters: Sequence[str] = ("#",), limit: int
    ) -> Sequence[Archived]:
        """The next events with after < place <= until that one of the valid filters selects, in order.

        At most `limit`; none are left where it gives fewer. The position of what was recorded by a hub of before the
        archive is NOWHERE.
        """
        ...

    async def state(self, place: int) -> list[bytes]:
        """What a snapshot was made of when the event of this place was the last; see `EventStore.latest`.

        Raises Unrecoverable where that is no longer known.
        """
        ...


class Store(EventStore, Archive, EventSearch, Protocol):
    """What the recorder writes: history, what is latest, the archive of it all, and what is found in it."""

    def readings(self) -> Iterable[tuple[str, str, float]]:
        """What it counts, by the names of the metrics table."""
        ...
