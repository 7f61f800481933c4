"""What was said in one room lately: enough to count what a user has not read; pure."""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from typing import Any, NamedTuple

from hub.message import Message, fold, message_of, revised_id

MAX_KEPT = 500
"""Messages of a room that are counted; past it the oldest go, and counts stand still there."""


class Unread(NamedTuple):
    """Messages of others that a user has not read, and those of them that mention him."""

    messages: int
    mentions: int


class Talk:
    """The newest messages of a room without their texts, in the order of their ids, and the last one whole.

    Events may come twice and late. `newest` is the time (ms) of the newest of all that was said and done.
    """

    __slots__ = ("_ids", "_kept", "_last_events", "newest")

    def __init__(self) -> None:
        self.newest = 0
        self._ids: list[str] = []
        self._kept: dict[str, Message] = {}
        self._last_events: list[Mapping[str, Any]] = []

    @property
    def last(self) -> Message | None:
        """The newest message, as it is to be read."""
        return next(iter(fold(self._last_events)), None)

    @property
    def authors(self) -> set[str]:
        """Who has said something lately."""
        return {message.author for message in self._kept.values()}

    def get(self, message_id: str) -> Message | None:
        """A message without its text; None where it is not among those that are kept."""
        return self._kept.get(message_id)

    def take(self, event: Mapping[str, Any]) -> None:
        """Take an event of the room."""
        self.newest = max(self.newest, event["time"], event.get("received", 0))
        message, revised = message_of(event), revised_id(event)
        if message is not None:
            self._add(message, event)
        elif revised is not None and revised in self._kept:
            self._keep(self._kept[revised].revised(event))
            if revised == self._ids[-1]:
                self._last_events.append(event)

    def _add(self, message: Message, event: Mapping[str, Any]) -> None:
        if message.id in self._kept:
            return
        if len(self._ids) >= MAX_KEPT:
            if message.id < self._ids[0]:
                return
            del self._kept[self._ids.pop(0)]
        self._ids.insert(bisect_left(self._ids, message.id), message.id)
        self._keep(message)
        if message.id == self._ids[-1]:
            self._last_events = [event]

    def _keep(self, message: Message) -> None:
        self._kept[message.id] = message.without_text()

    def unread(self, user: str, marker: str) -> Unread:
        """What the user has not read whose newest read message is the marker; "" where he has read none."""
        messages = mentions = 0
        for message_id in self._ids[bisect_right(self._ids, marker) :]:
            message = self._kept[message_id]
            if message.author != user and message.deleted is None:
                messages += 1
                mentions += user in message.mentions
        return Unread(messages, mentions)
