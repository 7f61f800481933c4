"""What a store keeps of events to find them by, and how a page is cut from what it looked at; pure."""

from collections.abc import Iterable, Sequence

import orjson

from hub.search_entry import entry_of, is_found
from hub.store.search_base import Found, FoundPage, Wanted
from hub.topics import matches

LOOKED_AT = 2_000
"""Events that one page looks at, at most."""

Said = tuple[int, int, int, str, str, str, str]
"""Place, topic id, time, device, user, position and words."""


def said_of(rows: Iterable[tuple[int, int, int, str, str, bytes]]) -> list[Said]:
    """What is kept of events given by place, topic id, time, position, topic and JSON."""
    said = []
    for place, topic_id, time, position, topic, piece in rows:
        if is_found(topic):
            entry = entry_of(topic, time, orjson.loads(piece)["data"])
            if entry is not None:
                said.append((place, topic_id, time, entry.device, entry.user, position, entry.text))
    return said


def topics_of(topic_filter: str) -> tuple[str, str] | None:
    """Between which topics, by their bytes, all are that a filter selects; the second is not. None: any topic.

    What comes before the first wildcard; the parent that `/#` selects too has no slash at its end.
    """
    prefix = topic_filter.partition("#")[0].partition("+")[0]
    return (prefix.rstrip("/"), f"{prefix}\U0010ffff") if prefix else None


def cut(looked: Sequence[tuple[str, Found]], wanted: Wanted, *, begin: int, limit: int) -> FoundPage:
    """At most `limit` events; `looked` are the first behind `begin` with their topics, LOOKED_AT of them or all."""
    found: list[Found] = []
    end = begin
    for topic, one in looked:
        if len(found) == limit:
            break
        end = one.place
        if matches(wanted.topic_filter, topic):
            found.append(one)
    more = bool(looked) and (len(looked) == LOOKED_AT or end != looked[-1][1].place)
    return FoundPage(sorted(found, reverse=True, key=lambda one: one.place), end, more)
