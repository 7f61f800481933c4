"""Reading an archive a window of places at a time, so that nothing else waits long and memory is bounded."""

from collections.abc import Awaitable, Callable, Sequence

from hub.store.archive_base import Archived
from hub.topics import matches

WINDOW = 2_000
LEAST = 200
"""Places that are read at once: the most, and the least."""

ReadWindow = Callable[[int, int], Awaitable[Sequence[Archived]]]
"""All events with first < place <= last, in order."""


async def selected(window: ReadWindow, *, after: int, until: int, filters: Sequence[str], limit: int) -> list[Archived]:
    """The first `limit` events with after < place <= until that a filter selects."""
    found: list[Archived] = []
    wanted: dict[str, bool] = {}
    while after < until and len(found) < limit:
        last = min(after + min(WINDOW, max(LEAST, limit)), until)
        for one in await window(after, last):
            if one.topic not in wanted:
                wanted[one.topic] = any(matches(each, one.topic) for each in filters)
            if wanted[one.topic]:
                found.append(one)
        after = last
    return found[:limit]
