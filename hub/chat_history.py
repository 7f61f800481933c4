"""What was said in a room at any time, page by page, as it is to be read today."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from hub.message import Message, fold, time_of
from hub.store.base import EventStore

EVER = 2**53
"""A time (ms) that no event has reached."""

LEAST_READ = 500
"""Events read at once, at least: more than a message usually has revisions, so that each reading comes further."""


class MessagePage(NamedTuple):
    """Messages of a room, oldest first; `next` is what to give as `before` for those before them, or None."""

    messages: list[Message]
    next: str | None


async def message_page(
    store: EventStore, topic: str, tail: Sequence[Mapping[str, Any]], *, before: str | None, limit: int
) -> MessagePage:
    """The newest `limit` messages of a room before the one with the id `before`; None: the newest of all.

    `tail` are the newest events of the room, some of which the store may not have yet. Edits and deletions are at the
    time of their message, so a part of the history is whole by itself. Raises Unavailable.
    """
    end = EVER if before is None else (time_of(before) or 0) + 1
    rows = max(LEAST_READ, 2 * limit)
    events = [event for event in tail if event["time"] < end]
    while True:
        read = await store.events(topic, start=0, end=end, limit=rows, newest=True)
        events += read
        # Of the oldest time that was read something may be missing, unless that was all.
        whole_from = read[0]["time"] + 1 if len(read) == rows else 0
        messages = [
            message
            for message in fold(events)
            if message.time >= whole_from and (before is None or message.id < before)
        ]
        if len(messages) > limit or not whole_from:
            break
        if whole_from >= end:
            # All that was read is of one time, which is whole only when more is read of it.
            rows *= 2
        end = min(end, whole_from)
    shown = messages[-limit:]
    more = len(messages) > limit or bool(whole_from)
    return MessagePage(shown, shown[0].id if more and shown else None)
