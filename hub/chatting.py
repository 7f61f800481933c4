"""What people do in chat rooms, put on the log: say, edit, delete, change a room, mark what was read."""

import secrets
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

from hub import chat, room
from hub.auth import READ_PREFIX, Identity, Role, may
from hub.errors import (
    CONFLICT,
    INVALID_DATA,
    LIMIT_EXCEEDED,
    NOT_FOUND,
    ROOM_ARCHIVED,
    HubError,
    PermissionDenied,
)
from hub.events import Position
from hub.message import SALTS, Message, fold, message_id, time_of
from hub.privacy import PRIVATE
from hub.room import Room, changed, unknown, validate_name
from hub.rooms import MAX_ROOMS, Rooms, read_topic
from hub.store.base import EventStore

CHANGE_TRIES = 5
"""Times that a change of a room is made anew because others changed it at the same moment."""

MAX_AHEAD_MS = 60_000
"""A room whose newest message is further in the future had a wrong clock, which must not spread to all that follows."""

Change = Callable[..., Room]


class Append(Protocol):
    """Puts one event on the log; `time` and `received` are ms since the epoch, by default now and nothing."""

    def __call__(
        self, topic: str, data: Mapping[str, object], *, time: int | None = None, received: int | None = None
    ) -> Awaitable[Position]:
        """Raises Unavailable where the log does not take it."""
        ...


class Chat:
    """Chat rooms of this process; `rooms` is what the log says of them.

    `reach` returns when `rooms` has what is on the log at a position, which `position` gives.
    """

    def __init__(
        self,
        *,
        rooms: Rooms,
        store: EventStore,
        append: Append,
        reach: Callable[[Position], Awaitable[None]],
        position: Callable[[], Position],
        now_ms: Callable[[], int],
    ) -> None:
        self.rooms = rooms
        self._store = store
        self._append = append
        self.reach = reach
        self._position = position
        self._now_ms = now_ms
        self._stamped: dict[str, int] = {}

    async def publish(self, by: Identity, topic: str, data: Mapping[str, Any]) -> Position:
        """Do what a person publishes on chat/…, room/… or $read/…, where the role allows it.

        Raises HubError: INVALID_DATA, TOO_LARGE, NOT_FOUND, ROOM_ARCHIVED, LIMIT_EXCEEDED, CONFLICT; PermissionDenied,
        Unavailable.
        """
        if topic.startswith(chat.PREFIX):
            return await self._say(by, topic.removeprefix(chat.PREFIX), data)
        if topic.startswith(room.PREFIX):
            _, position = await self.change(by, topic.removeprefix(room.PREFIX), data)
            return position
        if not topic.startswith(READ_PREFIX):
            raise PermissionDenied(f"Nothing is published on {topic!r} but by the HTTP API (`/openapi.json`).")
        return await self._mark(by, topic.rpartition("/")[2], data)

    def room_for(self, user: str, name: str) -> Room:
        """The room that the user may read; raises HubError(NOT_FOUND)."""
        found = self.rooms.get(name)
        if found is None or not found.admits(user):
            raise unknown(name)
        return found

    def check_typing(self, by: Identity, topic: str) -> None:
        """Raise PermissionDenied or HubError (NOT_FOUND, ROOM_ARCHIVED) where one may not speak on a topic now."""
        if not topic.startswith(chat.PREFIX):
            raise HubError(f"{topic!r} is no chat room.", code=NOT_FOUND)
        if not may(by, "publish", topic):
            raise PermissionDenied(f"Your role {by.role} may not publish on {topic!r}.")
        _check_open(self.room_for(by.user, topic.removeprefix(chat.PREFIX)))

    async def _say(self, by: Identity, name: str, data: Mapping[str, object]) -> Position:
        request = chat.read(data)
        spoken_in = self._room_to_say(by.user, name)
        if isinstance(request, chat.Saying):
            return await self._message(by, spoken_in, request)
        message = await self._message_to_revise(by, name, request)
        if isinstance(request, chat.Edit):
            _check_open(spoken_in)
            event = chat.compose_edit(request, by=by.user, mentions=self._mentioned(spoken_in, request.text))
        else:
            event = chat.compose_deletion(request, by=by.user)
        # At the time of the message, so that whoever reads that part of the history, at any age, finds both.
        received = max(self._stamp(name), message.newest + 1)
        return await self._append(chat.PREFIX + name, event, time=message.time, received=received)

    async def _message(self, by: Identity, spoken_in: Room, saying: chat.Saying) -> Position:
        _check_open(spoken_in)
        name = spoken_in.name
        if saying.reply_to is not None:
            await self.find(name, saying.reply_to)
        time = self._stamp(name)
        event = chat.compose_message(
            saying,
            author=by.user,
            message_id=message_id(time, secrets.randbelow(SALTS)),
            mentions=self._mentioned(spoken_in, saying.text),
        )
        return await self._append(chat.PREFIX + name, event, time=time)

    def _room_to_say(self, user: str, name: str) -> Room:
        found = self.rooms.get(name)
        if found is not None or name.startswith(PRIVATE):
            return self.room_for(user, name)
        self._check_count()
        return Room(validate_name(name))

    def _check_count(self) -> None:
        if len(self.rooms) >= MAX_ROOMS:
            raise HubError(f"There are {MAX_ROOMS} rooms; no other can be made.", code=LIMIT_EXCEEDED)

    def _mentioned(self, spoken_in: Room, text: str) -> list[str]:
        known = spoken_in.members if spoken_in.private else self.rooms.talk(spoken_in.name).authors
        return chat.mentioned(text, known, only_known=spoken_in.private)

    def _stamp(self, name: str) -> int:
        """The time of what is said now: later than all that was said in the room, whatever another node's clock is."""
        now, newest = self._now_ms(), max(self.rooms.talk(name).newest, self._stamped.get(name, 0))
        time = max(now, newest + 1) if newest < now + MAX_AHEAD_MS else now
        if len(self._stamped) > MAX_ROOMS:
            self._stamped.clear()
        self._stamped[name] = time
        return time

    async def find(self, name: str, wanted: str) -> Message:
        """A message of any age, perhaps without its text; raises HubError(NOT_FOUND)."""
        found = self.rooms.talk(name).get(wanted)
        if found is None:
            time = time_of(wanted) or 0
            limit = chat.MAX_REVISIONS * 2
            events = await self._store.events(chat.PREFIX + name, start=time, end=time + 1, limit=limit)
            found = next((message for message in fold(events) if message.id == wanted), None)
        if found is None or found.deleted is not None:
            raise HubError(f"There is no message {wanted!r} in this room.", code=NOT_FOUND)
        return found

    async def _message_to_revise(self, by: Identity, name: str, request: chat.Edit | chat.Deletion) -> Message:
        message = await self.find(name, request.id)
        moderates = by.role is Role.ADMIN and isinstance(request, chat.Deletion)
        if message.author != by.user and not moderates:
            raise PermissionDenied("Only its author may edit a message, and only its author or an admin delete it.")
        if isinstance(request, chat.Edit) and message.revisions >= chat.MAX_REVISIONS:
            raise HubError(f"A message is edited at most {chat.MAX_REVISIONS} times.", code=LIMIT_EXCEEDED)
        return message

    async def change(
        self, by: Identity, name: str, request: Mapping[str, Any], *, make: Change = changed
    ) -> tuple[Room, Position]:
        """Make or change a room as somebody asks, and return when it counts: the room and its event's position.

        Raises what `make` (see `room`) raises, and HubError(CONFLICT) where others kept on changing it.
        """
        for _ in range(CHANGE_TRIES):
            before = self.rooms.get(name)
            if before is None:
                self._check_count()
            after = make(name, before, request, by=by, now_ms=self._now_ms())
            position = await self._append(room.PREFIX + name, {**after.shown(), "by": by.user})
            await self.reach(position)
            if self.rooms.applied(name, position):
                return after, position
        raise HubError("Others changed the room at the same moment; try again.", code=CONFLICT)

    async def _mark(self, by: Identity, name: str, data: Mapping[str, object]) -> Position:
        marker = data.get("id")
        if set(data) != {"id"} or not isinstance(marker, str) or time_of(marker) is None:
            raise HubError('A read marker is {"id": "…"}, the id of a message.', code=INVALID_DATA)
        self.room_for(by.user, name)
        if marker <= self.rooms.marker(by.user, name):
            return self._position()
        return await self._append(read_topic(by.user, name), {"id": marker})


def _check_open(spoken_in: Room) -> None:
    if spoken_in.archived:
        raise HubError(f"The room {spoken_in.name!r} is archived.", code=ROOM_ARCHIVED)
