"""One chat room: what it is called, who may be in it, and who may change what of it; pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from hub.auth import Identity, Role, validate_user
from hub.errors import (
    CONFLICT,
    INVALID_DATA,
    LIMIT_EXCEEDED,
    NOT_FOUND,
    ROOM_ARCHIVED,
    HubError,
    PermissionDenied,
)
from hub.privacy import PRIVATE
from hub.topics import validate_topic

PREFIX = "room/"
MAX_NAME_CHARS = 64
MAX_TITLE_CHARS = 80
MAX_TOPIC_CHARS = 500
MAX_MEMBERS = 200

_CHANGES = {"title", "topic", "archived", "invite", "remove", "leave"}

_SHAPE = {
    "version": int,
    "title": str,
    "topic": str,
    "members": list,
    "created_by": str,
    "created": int,
    "archived": bool,
}


@dataclass(frozen=True, slots=True)
class Room:
    """A room after its `version`-th change; version 0 is a public one that only was spoken in.

    `created` is in ms since the epoch. Only private rooms have members.
    """

    name: str
    version: int = 0
    title: str = ""
    topic: str = ""
    members: tuple[str, ...] = ()
    created_by: str = ""
    created: int = 0
    archived: bool = False

    @property
    def private(self) -> bool:
        """Whether only its members see it."""
        return self.name.startswith(PRIVATE)

    def admits(self, user: str) -> bool:
        """Whether the user may read it and, with a role that may write, speak in it."""
        return not self.private or user in self.members

    def shown(self) -> dict[str, Any]:
        """The room as its event and the API say it."""
        return {
            "version": self.version,
            "title": self.title,
            "topic": self.topic,
            "private": self.private,
            "members": list(self.members),
            "created_by": self.created_by,
            "created": self.created,
            "archived": self.archived,
        }


def room_of(name: str, data: Mapping[str, Any]) -> Room | None:
    """The room that an event on `room/<name>` says; None where it is none of the hub's making."""
    if not all(isinstance(data.get(member), kind) for member, kind in _SHAPE.items()):
        return None
    return Room(
        name,
        version=data["version"],
        title=data["title"],
        topic=data["topic"],
        members=tuple(map(str, data["members"])),
        created_by=data["created_by"],
        created=data["created"],
        archived=data["archived"],
    )


def validate_name(name: str) -> str:
    """Give a room's name back if a new room may have it; raises HubError(INVALID_DATA) or InvalidTopic."""
    own = name.removeprefix(PRIVATE)
    if not own or "/" in name or len(name) > MAX_NAME_CHARS or name != name.strip() or not name.isprintable():
        raise HubError(
            f"A room's name is one level of 1 to {MAX_NAME_CHARS} characters that one can see.", code=INVALID_DATA
        )
    validate_topic(PREFIX + name)
    return name


def unknown(name: str) -> HubError:
    """There is no such room, or the asker is no member: which of both is not told."""
    return HubError(f"There is no room {name!r} that you are a member of.", code=NOT_FOUND)


def changed(name: str, room: Room | None, request: Mapping[str, Any], *, by: Identity, now_ms: int) -> Room:
    """The room after what somebody asks for on `room/<name>`; `room` is what it is now, None where there is none.

    Members of the request: title, topic, archived; of private rooms also invite and remove (lists of users) and leave.
    Raises HubError: INVALID_DATA, NOT_FOUND, ROOM_ARCHIVED, LIMIT_EXCEEDED, and PermissionDenied.
    """
    _check_form(request)
    leaves = request.get("leave", False)
    if by.role < Role.OPERATOR and set(request) != {"leave"}:
        raise PermissionDenied(f"Your role {by.role} may not change rooms.")
    if room is not None and not room.admits(by.user):
        raise unknown(name)
    if not name.startswith(PRIVATE) and set(request) & {"invite", "remove", "leave"}:
        raise HubError(
            f"{name!r} is public and has no members; a private room's name begins with ~.", code=INVALID_DATA
        )
    if room is None:
        if leaves or "remove" in request:
            raise unknown(name)
        founders = (by.user,) if name.startswith(PRIVATE) else ()
        room = Room(validate_name(name), members=founders, created_by=by.user, created=now_ms)
    elif room.version == 0:
        room = replace(room, created=now_ms)
    _check_allowed(room, request, by)
    members = _members(room, request, by.user)
    archived = request.get("archived", room.archived) or (room.private and not members)
    return replace(
        room,
        version=room.version + 1,
        title=request.get("title", room.title),
        topic=request.get("topic", room.topic),
        members=members,
        archived=archived,
    )


def created(name: str, room: Room | None, request: Mapping[str, Any], *, by: Identity, now_ms: int) -> Room:
    """The same for a room that must not be there yet; raises HubError(CONFLICT) too."""
    if room is not None:
        raise HubError(f"There is a room {name!r} already.", code=CONFLICT)
    return changed(name, room, request, by=by, now_ms=now_ms)


def _check_form(request: Mapping[str, Any]) -> None:
    if not request or request.keys() - _CHANGES:
        raise HubError(f"A change of a room has some of {', '.join(sorted(_CHANGES))}.", code=INVALID_DATA)
    for member, longest in (("title", MAX_TITLE_CHARS), ("topic", MAX_TOPIC_CHARS)):
        text = request.get(member, "")
        if not isinstance(text, str) or len(text) > longest:
            raise HubError(f"`{member}` is a string of at most {longest} characters.", code=INVALID_DATA)
    if not isinstance(request.get("archived", False), bool) or request.get("leave", True) is not True:
        raise HubError("`archived` is true or false, `leave` is true.", code=INVALID_DATA)
    for member in ("invite", "remove"):
        users = request.get(member, [])
        if not isinstance(users, list) or not all(isinstance(user, str) for user in users):
            raise HubError(f"`{member}` is a list of users.", code=INVALID_DATA)
        if len(users) > MAX_MEMBERS:
            raise HubError(f"A room has at most {MAX_MEMBERS} members.", code=LIMIT_EXCEEDED)


def _check_allowed(room: Room, request: Mapping[str, Any], by: Identity) -> None:
    owns = by.role is Role.ADMIN or by.user == room.created_by
    if not owns and ("archived" in request or any(user != by.user for user in request.get("remove", ()))):
        raise PermissionDenied(f"This takes an admin, or who has made the room {room.name!r}.")
    if room.archived and request.get("archived") is not False and "leave" not in request:
        raise HubError(f"The room {room.name!r} is archived.", code=ROOM_ARCHIVED)


def _members(room: Room, request: Mapping[str, Any], user: str) -> tuple[str, ...]:
    gone = {*request.get("remove", ()), *([user] if request.get("leave") else [])}
    invited = [validate_user(each) for each in request.get("invite", ())]
    members = tuple(each for each in dict.fromkeys([*room.members, *invited]) if each not in gone)
    if len(members) > MAX_MEMBERS:
        raise HubError(f"A room has at most {MAX_MEMBERS} members.", code=LIMIT_EXCEEDED)
    return members
