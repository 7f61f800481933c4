"""Reading an archive a window of places at a time, so that nothing else waits long and memory is bounded.

First whole windows are read. Where they have little of what is wanted, the topics that are wanted are looked up, and
then only their events are read, from windows that are much larger.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import NamedTuple

from hub.store.archive_base import Archived
from hub.topics import matches

WINDOW = 2_000
LEAST = 200
"""Places that are read at once: the most, and the least."""

WHOLE_WINDOWS = 4
PART_WINDOW = 200_000
"""How many windows are read whole before the topics are looked up, and the places of those that are read in part."""

TOPICS_AT_ONCE = 2_000

_BEHIND_TOPIC = "\x01"
_BEHIND_STEM = "\U0010ffff"
"""What makes of a topic the least text behind it, of a stem one behind all topics that begin so."""


class Reading(NamedTuple):
    """What a store gives: all events with first < place <= last, in order.

    Of certain topics (by their ids) the first `limit` of these; and ids and names of topics, in their order, from a
    name on and before another.
    """

    whole: Callable[[int, int], Awaitable[Sequence[Archived]]]
    part: Callable[[tuple[int, int], Sequence[int], int], Awaitable[Sequence[Archived]]]
    topics: Callable[[str, str, int], Awaitable[Sequence[tuple[int, str]]]]


async def selected(
    reading: Reading, *, after: int, until: int, filters: Sequence[str], limit: int
) -> Sequence[Archived]:
    """The first `limit` events with after < place <= until that a filter selects."""
    found: list[Archived] = []
    wanted: dict[str, bool] = {}
    windows = 0
    while after < until and len(found) < limit and windows < WHOLE_WINDOWS:
        last = min(after + min(WINDOW, max(LEAST, limit)), until)
        for one in await reading.whole(after, last):
            if one.topic not in wanted:
                wanted[one.topic] = any(matches(each, one.topic) for each in filters)
            if wanted[one.topic]:
                found.append(one)
        after = last
        # One that gave a good part of what it has is as well read whole.
        windows += len(found) < limit // 4
    if after < until and len(found) < limit:
        ids = [number async for number in _topics(reading, filters)]
        while ids and after < until and len(found) < limit:
            last = min(after + PART_WINDOW, until)
            found += await reading.part((after, last), ids, limit - len(found))
            after = last
    return found[:limit]


async def _topics(reading: Reading, filters: Sequence[str]) -> AsyncIterator[int]:
    seen: set[int] = set()
    for each in dict.fromkeys(filters):
        begin, end = _range(each)
        rows: Sequence[tuple[int, str]] = await reading.topics(begin, end, TOPICS_AT_ONCE)
        while rows:
            for number, topic in rows:
                if number not in seen and matches(each, topic):
                    seen.add(number)
                    yield number
            begin = rows[-1][1] + _BEHIND_TOPIC
            rows = await reading.topics(begin, end, TOPICS_AT_ONCE) if len(rows) == TOPICS_AT_ONCE else ()


def _range(topic_filter: str) -> tuple[str, str]:
    # Names between which all topics lie that the filter selects.
    levels = topic_filter.split("/")
    fixed = next((number for number, level in enumerate(levels) if level in {"+", "#"}), len(levels))
    stem = "/".join(levels[:fixed])
    return stem, stem + (_BEHIND_STEM if fixed < len(levels) else _BEHIND_TOPIC)
