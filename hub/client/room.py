"""A chat room, and what can be done in it (docs/chat.md)."""

from collections.abc import Mapping
from typing import Protocol, TypedDict

from hub.topics import to_level


class Publisher(Protocol):
    """What a room asks of the client."""

    async def publish(self, topic: str, data: Mapping[str, object]) -> str:
        """Put an event on the log and give its position."""
        ...

    async def typing(self, topic: str) -> None:
        """Tell those in a room that one is typing."""
        ...


class RoomChange(TypedDict, total=False):
    """What to change of a room; `invite`, `remove` and `leave` only of private ones."""

    title: str
    topic: str
    archived: bool
    invite: list[str]
    remove: list[str]
    leave: bool


class Room:
    """A room by its name. All methods raise as `publish` does, and give the position of the event."""

    def __init__(self, publisher: Publisher, name: str) -> None:
        self.name = name
        self.topic = f"chat/{name}"
        self._publisher = publisher

    async def say(self, text: str, *, reply_to: str | None = None, moment: Mapping[str, object] | None = None) -> str:
        """Say something, perhaps as an answer to a message, or about a moment (`position`, `device`, `key`, `time`)."""
        data: dict[str, object] = {"text": text}
        if reply_to is not None:
            data["reply_to"] = reply_to
        if moment is not None:
            data["moment"] = dict(moment)
        return await self._publisher.publish(self.topic, data)

    async def edit(self, message_id: str, text: str) -> str:
        """Put another text in the place of one's own message."""
        return await self._publisher.publish(self.topic, {"edit": message_id, "text": text})

    async def delete(self, message_id: str) -> str:
        """Delete one's own message, or as an admin anybody's."""
        return await self._publisher.publish(self.topic, {"delete": message_id})

    async def mark_read(self, message_id: str, *, user: str) -> str:
        """Say that the user, who is oneself, has read up to a message."""
        return await self._publisher.publish(f"$read/{to_level(user)}/{self.name}", {"id": message_id})

    async def change(self, change: RoomChange) -> str:
        """Change what the room is, or make a private one."""
        return await self._publisher.publish(f"room/{self.name}", dict(change))

    async def typing(self) -> None:
        """Tell those in it that one is typing; at most once in 2 s."""
        await self._publisher.typing(self.topic)
