"""The client protocol `hub.v1.json`, both ways: client frames parsed, server frames built (docs/protocol.md)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import orjson

from hub.deflate import MIN_BYTES, deflate
from hub.errors import UNKNOWN_VERB, CloseCode, HubError, InvalidFrame
from hub.events import NOWHERE, Position
from hub.topics import validate_filter, validate_topic

SUBPROTOCOL = "hub.v1.json"
MAX_CLIENT_FRAME_BYTES = 64 * 1024
MAX_FILTERS = 128
MAX_EVENTS_FRAME_BYTES = 512 * 1024
"""Above this, events are cut into several frames: common clients refuse messages of over 1 MiB."""

Form = TypeVar("Form")


class Frame:
    """One server message: its payload, and what each wire makes of it, built once for however many sessions.

    `kind` is the payload's `type`; `position` is the one a client may come back with after this frame.
    """

    __slots__ = ("_deflated", "_forms", "_sse", "_websocket", "kind", "payload", "position")

    def __init__(self, kind: str, payload: bytes, position: Position | None = None) -> None:
        self.kind = kind
        self.payload = payload
        self.position = position
        self._forms: dict[Callable[[Frame], Any], Any] = {}
        self._websocket: bytes | None = None
        self._deflated: bytes | None = None
        self._sse: bytes | None = None

    def form(self, build: Callable[["Frame"], Form]) -> Form:
        """What a wire's own function makes of this frame; called once, however many sessions ask."""
        form: Form | None = self._forms.get(build)
        if form is None:
            form = self._forms[build] = build(self)
        return form

    @property
    def websocket(self) -> bytes:
        """The payload as one unmasked, final text frame (RFC 6455 section 5.2)."""
        if self._websocket is None:
            self._websocket = _header(FINAL_TEXT, len(self.payload)) + self.payload
        return self._websocket

    @property
    def deflated(self) -> bytes:
        """The same for a client that negotiated permessage-deflate without context takeover (RFC 7692)."""
        if self._deflated is None:
            if len(self.payload) < MIN_BYTES:
                self._deflated = self.websocket
            else:
                packed = deflate(self.payload)
                self._deflated = _header(FINAL_TEXT | COMPRESSED, len(packed)) + packed
        return self._deflated

    @property
    def sse(self) -> bytes:
        """The payload as one event block (HTML standard, section 9.2): named by `kind`, its id the position."""
        if self._sse is None:
            event_id = b"" if self.position is None else b"id: %b\n" % str(self.position).encode()
            self._sse = b"event: %b\n%bdata: %b\n\n" % (self.kind.encode(), event_id, self.payload)
        return self._sse


FINAL_TEXT = 0x81
COMPRESSED = 0x40
"""First byte of a frame: FIN and the text opcode; RSV1 marks a compressed message."""


def _header(first: int, length: int) -> bytes:
    if length < 126:  # noqa: PLR2004 - the three forms of RFC 6455
        return bytes((first, length))
    if length < 1 << 16:
        return bytes((first, 126)) + length.to_bytes(2, "big")
    return bytes((first, 127)) + length.to_bytes(8, "big")


@dataclass(frozen=True, slots=True)
class Auth:
    """Sign in, or renew in place."""

    id: int
    token: str


@dataclass(frozen=True, slots=True)
class Subscribe:
    """Add filters; recover from `since`, or begin with a snapshot."""

    id: int
    filters: tuple[str, ...]
    since: Position | None
    snapshot: bool
    limit: int | None = None
    """Recover so many events at most, and the rest of the batch of the last; where more were missed nothing follows."""


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    """Take filters away."""

    id: int
    filters: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Publish:
    """Put one event on the log."""

    id: int
    topic: str
    data: Mapping[str, object]


ClientFrame = Auth | Subscribe | Unsubscribe | Publish


def parse(text: str) -> ClientFrame:
    """The frame of a text message; raises InvalidFrame with the reason."""
    try:
        fields = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise InvalidFrame(f"The frame is not JSON: {error}.", fatal=True) from None
    if not isinstance(fields, dict):
        raise InvalidFrame("The frame is not a JSON object.", fatal=True)
    return frame_of(fields)


def frame_of(fields: Mapping[str, object]) -> ClientFrame:
    """The frame of these members; raises InvalidFrame with the reason."""
    frame_id = fields.get("id")
    if type(frame_id) is not int or frame_id < 1:
        raise InvalidFrame("`id` must be a positive integer.")
    verb = fields.get("type")
    read = _VERBS.get(verb) if isinstance(verb, str) else None
    if read is None:
        known = ", ".join(_VERBS)
        raise InvalidFrame(f"Unknown type {str(verb)[:40]!r}; known: {known}.", code=UNKNOWN_VERB, frame_id=frame_id)
    try:
        return read(frame_id, fields)
    except HubError as error:
        raise InvalidFrame(str(error), code=error.code, frame_id=frame_id) from None


def _auth(frame_id: int, fields: Mapping[str, object]) -> Auth:
    return Auth(frame_id, _string(fields, "token"))


def _subscribe(frame_id: int, fields: Mapping[str, object]) -> Subscribe:
    since = fields.get("since")
    if since is not None and not isinstance(since, str):
        raise InvalidFrame("`since` must be a string.")
    snapshot = fields.get("snapshot", False)
    if not isinstance(snapshot, bool):
        raise InvalidFrame("`snapshot` must be true or false.")
    return Subscribe(frame_id, _filters(fields), None if since is None else Position.parse(since), snapshot)


def _unsubscribe(frame_id: int, fields: Mapping[str, object]) -> Unsubscribe:
    return Unsubscribe(frame_id, _filters(fields))


def _publish(frame_id: int, fields: Mapping[str, object]) -> Publish:
    data = fields.get("data")
    if not isinstance(data, dict):
        raise InvalidFrame("`data` must be an object.")
    return Publish(frame_id, validate_topic(_string(fields, "topic")), data)


def _string(fields: Mapping[str, object], name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str):
        raise InvalidFrame(f"`{name}` must be a string.")
    return value


def _filters(fields: Mapping[str, object]) -> tuple[str, ...]:
    filters = fields.get("filters")
    if not isinstance(filters, list) or not filters:
        raise InvalidFrame("`filters` must be a list of at least one topic filter.")
    if len(filters) > MAX_FILTERS:
        raise InvalidFrame(f"`filters` has over {MAX_FILTERS} entries.")
    for topic_filter in filters:
        if not isinstance(topic_filter, str):
            raise InvalidFrame("`filters` must be a list of strings.")
        validate_filter(topic_filter)
    return tuple(dict.fromkeys(filters))


_VERBS: Mapping[str, Callable[[int, Mapping[str, object]], ClientFrame]] = {
    "auth": _auth,
    "subscribe": _subscribe,
    "unsubscribe": _unsubscribe,
    "publish": _publish,
}


def reply(frame_id: int, fields: Mapping[str, object], position: Position | None = None) -> Frame:
    """The answer to a frame that was carried out; `position` where the one among the fields is the client's own."""
    return Frame("reply", orjson.dumps({"type": "reply", "id": frame_id, "ok": True, **fields}), position)


def refusal(frame_id: int | None, error: HubError) -> Frame:
    """The answer to a frame that was not carried out."""
    code = error.code
    shown = {"code": code.number, "name": code.name, "message": str(error)}
    return Frame("reply", orjson.dumps({"type": "reply", "id": frame_id, "ok": False, "error": shown}))


def events(position: Position, body: bytes, *, snapshot: bool = False) -> Frame:
    """Events: `body` is their JSON joined by commas."""
    mark = b',"snapshot":true' if snapshot else b""
    payload = b'{"type":"events","position":"%b"%b,"events":[%b]}' % (str(position).encode(), mark, body)
    return Frame("events", payload, position)


def cut(pieces: Sequence[bytes]) -> Iterator[bytes]:
    """Bodies of events frames of at most MAX_EVENTS_FRAME_BYTES, or of one event; one empty body for no pieces."""
    start, size = 0, 0
    for i, piece in enumerate(pieces):
        if size and size + len(piece) > MAX_EVENTS_FRAME_BYTES:
            yield b",".join(pieces[start:i])
            start, size = i, 0
        size += len(piece) + 1
    yield b",".join(pieces[start:])


def events_frames(since: Position, position: Position, pieces: Sequence[bytes]) -> list[Frame]:
    """Frames of events after `since` up to `position`; all but the last carry `since`, as they are only a part."""
    bodies = list(cut(pieces))
    return [*(events(since, body) for body in bodies[:-1]), events(position, bodies[-1])]


def snapshot_frames(position: Position, pieces: Sequence[bytes]) -> list[Frame]:
    """Frames of a snapshot at `position`; all but the last carry NOWHERE: a part of a snapshot proves nothing."""
    bodies = list(cut(pieces))
    parts = [events(NOWHERE, body, snapshot=True) for body in bodies[:-1]]
    return [*parts, events(position, bodies[-1], snapshot=True)]


def heartbeat(position: Position, lag_ms: int) -> Frame:
    """All that was due up to the position has been sent; it is `lag_ms` behind the log's head."""
    payload = orjson.dumps({"type": "heartbeat", "position": str(position), "lag_ms": lag_ms})
    return Frame("heartbeat", payload, position)


def gap(position: Position) -> Frame:
    """The log can't prove what lies before the position; a snapshot follows."""
    return Frame("gap", orjson.dumps({"type": "gap", "position": str(position)}))


def close(code: CloseCode, reason: str) -> Frame:
    """Why the hub ends the connection, on wires that have no close code of their own."""
    shown = {"code": code.number, "name": code.name, "message": reason, "reconnect": code.reconnect}
    return Frame("close", orjson.dumps({"type": "close", **shown}))
