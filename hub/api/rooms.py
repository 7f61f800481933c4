"""Chat rooms: `/api/rooms` (docs/chat.md). What is said goes by publishing on `chat/<room>`, on any transport."""

from typing import Annotated, Any, cast

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, Field

from hub.api.answers import answer, example
from hub.api.deps import Asking, Context, Here, Where, address_of, context
from hub.auth import MAX_USER_CHARS, Identity, may
from hub.chat_history import message_page
from hub.errors import (
    CONFLICT,
    INVALID_DATA,
    INVALID_TOPIC,
    LIMIT_EXCEEDED,
    NOT_AVAILABLE,
    NOT_FOUND,
    PERMISSION_DENIED,
    ROOM_ARCHIVED,
    TOO_MANY_REQUESTS,
    HubError,
    PermissionDenied,
)
from hub.events import decode_event
from hub.message import time_of
from hub.refusals import refusals
from hub.room import MAX_MEMBERS, MAX_NAME_CHARS, MAX_TITLE_CHARS, MAX_TOPIC_CHARS, Room, changed, created
from hub.rooms import read_topic

router = APIRouter(prefix="/rooms", tags=["chat"])

DEFAULT_LIMIT = 100
MAX_LIMIT = 1000

Name = Annotated[str, Path(min_length=1, max_length=1024, description="The room's name.", examples=["ops"])]
UserName = Annotated[str, Field(max_length=MAX_USER_CHARS)]


_MESSAGE = {
    "id": "0m3vbj0lg00b8",
    "time": 1_732_412_345_127,
    "author": "anna",
    "text": "@ivan look here",
    "mentions": ["ivan"],
    "moment": {"position": "k3v9-1041", "device": "kitchen", "key": "temperature", "time": 1_732_412_345_120},
}
_ROOM = {
    "room": "~boiler",
    "version": 2,
    "title": "Boiler",
    "topic": "it leaks",
    "private": True,
    "members": ["anna", "ivan"],
    "created_by": "anna",
    "created": 1_732_412_345_121,
    "archived": False,
    "unread": 1,
    "mentions": 1,
    "read": "0m3vbj0lf00a7",
    "last_message": _MESSAGE,
}
_MAY_READ = refusals(PERMISSION_DENIED, NOT_FOUND)
_MAY_CHANGE = refusals(
    INVALID_DATA, NOT_FOUND, CONFLICT, ROOM_ARCHIVED, LIMIT_EXCEEDED, TOO_MANY_REQUESTS, NOT_AVAILABLE
)


class RevisionEntry(BaseModel):
    """Who edited or deleted a message, and when (ms since the epoch)."""

    by: str
    time: int


class MessageEntry(BaseModel):
    """A chat message as it is to be read; the text of a deleted one is empty."""

    model_config = example(**_MESSAGE)

    id: str
    time: int
    author: str
    text: str
    reply_to: str | None = None
    mentions: list[str] | None = None
    moment: dict[str, str | int] | None = None
    edited: RevisionEntry | None = None
    deleted: RevisionEntry | None = None


class RoomEntry(BaseModel):
    """A room as the one who asks sees it; only private rooms have members.

    `unread` and `mentions` count what is behind `read`, the id of the newest message that he has read.
    """

    model_config = example(**_ROOM)

    room: str
    version: int
    title: str
    topic: str
    private: bool
    members: list[str]
    created_by: str
    created: int
    archived: bool
    unread: int
    mentions: int
    read: str | None
    last_message: MessageEntry | None


class RoomList(BaseModel):
    """Rooms by name; what lies behind `position` on the log is not in them yet."""

    model_config = example(rooms=[_ROOM], position="k3v9-1041")

    rooms: list[RoomEntry]
    position: str | None


class NewRoom(BaseModel):
    """A room to make; the name of a private one begins with `~`, and `members` are invited."""

    model_config = example(room="~boiler", title="Boiler", topic="it leaks", members=["ivan"])

    room: str = Field(max_length=MAX_NAME_CHARS)
    title: str = Field(default="", max_length=MAX_TITLE_CHARS)
    topic: str = Field(default="", max_length=MAX_TOPIC_CHARS)
    members: list[UserName] = Field(default_factory=list, max_length=MAX_MEMBERS)


class RoomChange(BaseModel):
    """What to change; what is left out stays."""

    model_config = example(topic="it leaks no more")

    title: str | None = Field(default=None, max_length=MAX_TITLE_CHARS)
    topic: str | None = Field(default=None, max_length=MAX_TOPIC_CHARS)
    archived: bool | None = None


class Invitation(BaseModel):
    """Users to make members."""

    model_config = example(users=["ivan"])

    users: list[UserName] = Field(min_length=1, max_length=MAX_MEMBERS)


class ReadMarker(BaseModel):
    """The id of the newest message that was read."""

    model_config = example(id="0m3vbj0lg00b8")

    id: str


class MessageList(BaseModel):
    """Messages, oldest first; `next` is what to give as `before` for those before them.

    Everything up to `position` is in them, so that a subscription with `since` goes on without a hole.
    """

    model_config = example(messages=[_MESSAGE], next="0m3vbj0lg00b8", position="k3v9-1041")

    messages: list[MessageEntry]
    next: str | None
    position: str | None


@router.get("", response_model=RoomList, summary="List rooms")
async def list_rooms(here: Here, asking: Asking) -> Response:
    """The rooms that one may read, by name."""
    found = [room for room in here.node.chat.rooms.admitting(asking.user) if _may_read(asking, room.name)]
    return answer({"rooms": [_entry(room, here, asking) for room in found], "position": _position(here)})


@router.post(
    "",
    status_code=201,
    response_model=RoomEntry,
    summary="Make a room",
    responses=refusals(INVALID_DATA, INVALID_TOPIC, CONFLICT, LIMIT_EXCEEDED, TOO_MANY_REQUESTS, NOT_AVAILABLE),
)
async def make_room(new: NewRoom, here: Here, asking: Asking, where: Where) -> Response:
    """Make a room; 409 where the name is taken."""
    request: dict[str, Any] = {"title": new.title, "topic": new.topic}
    if new.members:
        request["invite"] = new.members
    here.node.permit(asking, f"room/{new.room}", address=where)
    room, _ = await here.node.chat.change(asking, new.room, request, make=created)
    return answer(_entry(room, here, asking), status=201)


@router.get("/{room}", response_model=RoomEntry, summary="Read a room", responses=_MAY_READ)
async def one_room(room: Name, here: Here, asking: Asking) -> Response:
    """One room by its name; 404 where there is none that one may read."""
    return answer(_entry(_readable(room, here, asking), here, asking))


@router.patch("/{room}", response_model=RoomEntry, summary="Change a room", responses=_MAY_CHANGE)
async def change_room(room: Name, change: RoomChange, request: Request, asking: Asking) -> Response:
    """Give a room another title or topic text, archive it or open it again; 404 where there is none."""
    return await _change(room, change.model_dump(exclude_none=True), request, asking)


@router.post("/{room}/members", response_model=RoomEntry, summary="Invite into a private room", responses=_MAY_CHANGE)
async def invite_members(room: Name, invitation: Invitation, request: Request, asking: Asking) -> Response:
    """Make users members of a private room that one is a member of."""
    return await _change(room, {"invite": invitation.users}, request, asking)


@router.delete(
    "/{room}/members/{user:path}",
    status_code=204,
    summary="Leave a private room, or remove from it",
    responses=_MAY_CHANGE,
)
async def remove_member(
    room: Name,
    user: Annotated[str, Path(description="The member's name.", examples=["ivan"])],
    request: Request,
    asking: Asking,
) -> None:
    """Leave a private room, or remove another member as an admin or the one who has made it."""
    change = {"leave": True} if user == asking.user else {"remove": [user]}
    await _change(room, change, request, asking)


@router.put(
    "/{room}/read",
    response_model=RoomEntry,
    summary="Move the read marker",
    responses=refusals(INVALID_DATA, NOT_FOUND, TOO_MANY_REQUESTS, NOT_AVAILABLE),
)
async def mark_read(room: Name, marker: ReadMarker, here: Here, asking: Asking, where: Where) -> Response:  # noqa: PLR0917 - as above
    """Say how far one has read; only ever further. The counts in the answer are those after it."""
    readable = _readable(room, here, asking)
    position = await here.node.publish(asking, read_topic(asking.user, room), {"id": marker.id}, address=where)
    await here.node.chat.reach(position)
    return answer(_entry(readable, here, asking))


@router.get(
    "/{room}/messages",
    response_model=MessageList,
    summary="Read messages",
    responses=refusals(INVALID_DATA, PERMISSION_DENIED, NOT_FOUND),
)
async def read_messages(  # noqa: PLR0917 - the parameters of the query are the interface
    room: Name,
    here: Here,
    asking: Asking,
    before: Annotated[str | None, Query(description="the id of a message; `next` of the answer before")] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT, description="messages in one answer")] = DEFAULT_LIMIT,
) -> Response:
    """Messages of any age, as they are to be read today; without `before` the newest."""
    _readable(room, here, asking)
    if before is not None and time_of(before) is None:
        raise HubError("before is not the id of a message.", code=INVALID_DATA)
    topic, position = f"chat/{room}", _position(here)
    tail = [cast("dict[str, Any]", decode_event(piece)) for piece in here.node.latest.snapshot([topic])]
    page = await message_page(here.store, topic, tail, before=before, limit=limit)
    shown = [message.shown() for message in page.messages]
    return answer({"messages": shown, "next": page.next, "position": position})


async def _change(name: str, change: dict[str, Any], request: Request, asking: Identity) -> Response:
    here = context(request)
    _readable(name, here, asking)
    here.node.permit(asking, f"room/{name}", address=address_of(request))
    room, _ = await here.node.chat.change(asking, name, change, make=changed)
    return answer(_entry(room, here, asking))


def _readable(name: str, here: Context, asking: Identity) -> Room:
    if not _may_read(asking, name):
        raise PermissionDenied(f"Your token does not reach the room {name!r}.")
    return here.node.chat.room_for(asking.user, name)


def _may_read(asking: Identity, name: str) -> bool:
    return may(asking, "subscribe", f"chat/{name}")


def _position(here: Context) -> str | None:
    position = here.node.latest.position
    return None if position is None else str(position)


def _entry(room: Room, here: Context, asking: Identity) -> dict[str, Any]:
    rooms = here.node.chat.rooms
    unread, last = rooms.unread(asking.user, room.name), rooms.talk(room.name).last
    return {
        "room": room.name,
        **room.shown(),
        "unread": unread.messages,
        "mentions": unread.mentions,
        "read": rooms.marker(asking.user, room.name) or None,
        "last_message": None if last is None else last.shown(),
    }
