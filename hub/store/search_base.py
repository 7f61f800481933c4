"""The search seam: events that are not telemetry, found by what they say, whom they are about and when they were."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol


@dataclass(frozen=True, slots=True)
class Wanted:
    """What events are to be like; empty and None: anything.

    `words` (of `search_entry.words_of`) begin words of the text; start <= time < end, behind < place <= last.
    """

    topic_filter: str = "#"
    words: Sequence[str] = field(default=())
    device: str = ""
    user: str = ""
    start: int | None = None
    end: int | None = None
    behind: int | None = None
    last: int | None = None


class Found(NamedTuple):
    """An event; `place` orders all events, `position` is that of its batch on the log."""

    place: int
    position: str
    event: dict[str, Any]


class FoundPage(NamedTuple):
    """Events, newest first; `more`: beyond `end`, the place up to which was looked, there may be others."""

    events: list[Found]
    end: int
    more: bool


class EventSearch(Protocol):
    """Finds events; what was written in the last seconds may not be found yet. Unavailable where it can't answer."""

    async def search(self, wanted: Wanted, *, before: int | None, after: int | None, limit: int) -> FoundPage:
        """At most `limit` events: the newest before a place, or the next after one; the newest of all without both.

        A page may have fewer, or none, and still `more` behind it.
        """
        ...
