"""The frames of `hub.v1.json` from the client's side: the server's read, the client's written (docs/protocol.md)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson

from hub.client.errors import refused
from hub.errors import INVALID_DATA, TOO_LARGE, HubError, InvalidFrame

SUBPROTOCOL = "hub.v1.json"
MAX_CLIENT_FRAME_BYTES = 64 * 1024


class Event(NamedTuple):
    """One event; `time` and `received` in ms since the epoch, `received` only where `time` is the device's clock.

    `snapshot`: it is the latest of its topic, not a new one. `conflated`: several events stand merged in it (this
    client was slow, or asked for a `max_rate`), with `count`, `from` (ms) and the `min` and `max` of each key.
    """

    topic: str
    time: int
    data: dict[str, Any]
    received: int | None = None
    snapshot: bool = False
    conflated: dict[str, Any] | None = None


class Member(NamedTuple):
    """A user on a topic: in how many tabs or programs, and since when (ms since the epoch)."""

    user: str
    sessions: int
    since: int


@dataclass(frozen=True, slots=True)
class Reply:
    """The hub's answer to the frame `id`; `error` where it refused (then `id` may be None: it could not read it).

    `expires`, of a sign-in, is in seconds since the epoch; `total` and `members` are those of `presence`.
    """

    id: int | None
    error: HubError | None = None
    position: str | None = None
    recovered: bool | None = None
    expires: int | None = None
    total: int = 0
    members: tuple[Member, ...] = ()


@dataclass(frozen=True, slots=True)
class Events:
    """Events up to `position`; a `part` is followed by more of the same and lies after its position.

    `conflated`: so many events of the log stand merged in some of these, because this client was slow.
    """

    position: str
    events: list[Event]
    snapshot: bool = False
    part: bool = False
    conflated: int = 0


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """All that was due up to `position` has been sent; it is `lag_ms` behind the log's head."""

    position: str
    lag_ms: float


@dataclass(frozen=True, slots=True)
class Gap:
    """The log can't prove what lies before `position`; a snapshot follows."""

    position: str


@dataclass(frozen=True, slots=True)
class Typing:
    """A user is typing in the room of the topic just now."""

    topic: str
    user: str


ServerFrame = Reply | Events | Heartbeat | Gap | Typing


def parse(payload: bytes | str) -> ServerFrame | None:
    """The frame of a server's message; None for a type this client does not know; raises InvalidFrame."""
    try:
        fields = orjson.loads(payload)
    except orjson.JSONDecodeError as error:
        raise InvalidFrame(f"A frame of the hub is not JSON: {error}.") from None
    if not isinstance(fields, dict) or not isinstance(fields.get("type"), str):
        raise InvalidFrame("A frame of the hub is not an object with a type.")
    # What a replay plays is not of now: this client asks for none.
    replayed = "replay" in fields and fields["type"] != "reply"
    read = None if replayed else _TYPES.get(fields["type"])
    return None if read is None else read(fields)


def encode(frame: Mapping[str, object]) -> bytes:
    """The bytes of a client's frame; HubError with TOO_LARGE where the hub would close, INVALID_DATA for no JSON."""
    try:
        payload = orjson.dumps(frame)
    except TypeError as error:
        raise HubError(f"It can't be said in JSON: {error}.", code=INVALID_DATA) from None
    if len(payload) > MAX_CLIENT_FRAME_BYTES:
        raise HubError(f"It has {len(payload)} bytes; the hub takes {MAX_CLIENT_FRAME_BYTES}.", code=TOO_LARGE)
    return payload


def _reply(fields: dict[str, Any]) -> Reply:
    frame_id, ok = fields.get("id"), fields.get("ok")
    if ok is True and type(frame_id) is int:
        position, recovered, expires = fields.get("position"), fields.get("recovered"), fields.get("expires")
        total, members = fields.get("total", 0), fields.get("members", [])
        known = isinstance(position, str | None) and isinstance(recovered, bool | None)
        if known and isinstance(expires, int | None) and isinstance(total, int) and isinstance(members, list):
            listed = tuple(_member(each, fields) for each in members)
            return Reply(frame_id, None, position, recovered, expires, total, listed)
    if ok is False and (frame_id is None or type(frame_id) is int):
        match fields.get("error"):
            case {"code": int(number), "name": str(name), "message": str(message)}:
                return Reply(frame_id, refused(number, name, message))
    raise _malformed(fields)


def _member(each: object, fields: dict[str, Any]) -> Member:
    match each:
        case {"user": str(user), "sessions": int(sessions), "since": int(since)}:
            return Member(user, sessions, since)
    raise _malformed(fields)


def _events(fields: dict[str, Any]) -> Events:
    position, found = fields.get("position"), fields.get("events")
    snapshot, part = fields.get("snapshot", False), fields.get("part", False)
    if not isinstance(position, str) or not isinstance(found, list):
        raise _malformed(fields)
    conflated = fields.get("conflated", 0)
    if not isinstance(snapshot, bool) or not isinstance(part, bool) or type(conflated) is not int:
        raise _malformed(fields)
    return Events(position, [_event(each, fields, snapshot=snapshot) for each in found], snapshot, part, conflated)


def _event(each: object, fields: dict[str, Any], *, snapshot: bool) -> Event:
    match each:
        case {"topic": str(topic), "time": int(time), "data": dict(data), **rest}:
            received, conflated = rest.get("received"), rest.get("conflated")
            if isinstance(received, int | None) and isinstance(conflated, dict | None):
                return Event(topic, time, data, received, snapshot, conflated)
    raise _malformed(fields)


def _heartbeat(fields: dict[str, Any]) -> Heartbeat:
    match fields:
        case {"position": str(position), "lag_ms": int(lag_ms) | float(lag_ms)}:
            return Heartbeat(position, lag_ms)
    raise _malformed(fields)


def _gap(fields: dict[str, Any]) -> Gap:
    position = fields.get("position")
    if not isinstance(position, str):
        raise _malformed(fields)
    return Gap(position)


def _typing(fields: dict[str, Any]) -> Typing:
    match fields:
        case {"topic": str(topic), "user": str(user)}:
            return Typing(topic, user)
    raise _malformed(fields)


def _malformed(fields: dict[str, Any]) -> InvalidFrame:
    return InvalidFrame(f"A frame of the hub of type {fields['type']} is malformed.")


_TYPES: Mapping[str, Callable[[dict[str, Any]], ServerFrame]] = {
    "reply": _reply,
    "events": _events,
    "heartbeat": _heartbeat,
    "gap": _gap,
    "typing": _typing,
}
