"""The client protocol `hub.v1.json`, both ways: client frames parsed, server frames built (docs/protocol.md)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import orjson

from hub.conflation import Taken
from hub.deflate import MIN_BYTES, deflate
from hub.errors import UNKNOWN_VERB, CloseCode, HubError, InvalidFrame, TooManyRequests
from hub.events import NOWHERE, Position
from hub.interest import MEMBERS, PLAIN, Interest, Options
from hub.replay_request import Replay, ReplayAction, read_replay
from hub.topics import validate_filter, validate_topic

SUBPROTOCOL = "hub.v1.json"
MAX_CLIENT_FRAME_BYTES = 64 * 1024
MAX_FILTERS = 128
MAX_EVENTS_FRAME_BYTES = 512 * 1024
"""Above this, events are cut into several frames: common clients refuse messages of over 1 MiB."""

Form = TypeVar("Form")


class Frame:
    """One server message: its payload, and what each wire makes of it, built once for however many sessions.

    `kind` is the payload's `type`; `position` is the one a client may come back with after this frame. Live events
    keep their `pieces`, and the position `since` which they come.
    """

    __slots__ = ("_deflated", "_forms", "_sse", "_websocket", "kind", "payload", "pieces", "position", "since")

    def __init__(self, kind: str, payload: bytes, position: Position | None = None) -> None:
        self.kind = kind
        self.payload = payload
        self.position = position
        self.pieces: Sequence[bytes] = ()
        self.since: Position | None = None
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
    options: Options = PLAIN
    presence: bool = False
    """Be present on all topics that the filters name, not only on those of chat."""

    @property
    def interests(self) -> frozenset[Interest]:
        """What is asked: each filter with the options."""
        return frozenset(Interest(each, self.options) for each in self.filters)


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    """Take filters away: with any options, or only with these."""

    id: int
    filters: tuple[str, ...]
    options: Options | None = None

    def takes(self, interest: Interest) -> bool:
        """Whether the interest is among those to be taken away."""
        return interest.filter in self.filters and self.options in (None, interest.options)


@dataclass(frozen=True, slots=True)
class Publish:
    """Put one event on the log."""

    id: int
    topic: str
    data: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Presence:
    """Tell who is on a topic."""

    id: int
    topic: str


@dataclass(frozen=True, slots=True)
class Typing:
    """Tell those in a chat room that one is typing."""

    id: int
    topic: str


ClientFrame = Auth | Subscribe | Unsubscribe | Publish | Presence | Typing | Replay | ReplayAction


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
    snapshot, presence = _boolean(fields, "snapshot"), _boolean(fields, "presence")
    position = None if since is None else Position.parse(since)
    return Subscribe(frame_id, _filters(fields), position, snapshot, options=Options.parse(fields), presence=presence)


def _unsubscribe(frame_id: int, fields: Mapping[str, object]) -> Unsubscribe:
    narrowed = any(name in fields for name in MEMBERS)
    return Unsubscribe(frame_id, _filters(fields), Options.parse(fields) if narrowed else None)


def _publish(frame_id: int, fields: Mapping[str, object]) -> Publish:
    data = fields.get("data")
    if not isinstance(data, dict):
        raise InvalidFrame("`data` must be an object.")
    return Publish(frame_id, validate_topic(_string(fields, "topic")), data)


def _presence(frame_id: int, fields: Mapping[str, object]) -> Presence:
    return Presence(frame_id, validate_topic(_string(fields, "topic")))


def _typing(frame_id: int, fields: Mapping[str, object]) -> Typing:
    return Typing(frame_id, validate_topic(_string(fields, "topic")))


def _replay(frame_id: int, fields: Mapping[str, object]) -> Replay | ReplayAction:
    return read_replay(frame_id, fields, _filters)


def _string(fields: Mapping[str, object], name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str):
        raise InvalidFrame(f"`{name}` must be a string.")
    return value


def _boolean(fields: Mapping[str, object], name: str) -> bool:
    value = fields.get(name, False)
    if not isinstance(value, bool):
        raise InvalidFrame(f"`{name}` must be true or false.")
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
    "presence": _presence,
    "typing": _typing,
    "replay": _replay,
}


def reply(frame_id: int, fields: Mapping[str, object], position: Position | None = None) -> Frame:
    """The answer to a frame that was carried out; `position` where the one among the fields is the client's own."""
    return Frame("reply", orjson.dumps({"type": "reply", "id": frame_id, "ok": True, **fields}), position)


def refusal(frame_id: int | None, error: HubError) -> Frame:
    """The answer to a frame that was not carried out."""
    return Frame("reply", orjson.dumps({"type": "reply", "id": frame_id, "ok": False, "error": shown(error)}))


def shown(error: HubError) -> dict[str, object]:
    """An error as clients get it."""
    members: dict[str, object] = {"code": error.code.number, "name": error.code.name, "message": str(error)}
    if isinstance(error, TooManyRequests):
        members["retry_after_s"] = error.retry_after_s
    return members


def events(position: Position, body: bytes, *, snapshot: bool = False, conflated: int = 0, part: bool = False) -> Frame:
    """Events: `body` is their JSON joined by commas, `conflated` how many of the log stand merged in some of them.

    `part`: more of the same follows, and the position is the one before these events.
    """
    mark = b',"snapshot":true' if snapshot else b""
    if part:
        mark += b',"part":true'
    if conflated:
        mark += b',"conflated":%d' % conflated
    payload = b'{"type":"events","position":"%b"%b,"events":[%b]}' % (str(position).encode(), mark, body)
    return Frame("events", payload, position)


def cut(pieces: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    """Parts of at most MAX_EVENTS_FRAME_BYTES, or of one event; one empty part for no pieces."""
    start, size = 0, 0
    for i, piece in enumerate(pieces):
        if size and size + len(piece) > MAX_EVENTS_FRAME_BYTES:
            yield pieces[start:i]
            start, size = i, 0
        size += len(piece) + 1
    yield pieces[start:] if start else pieces


def events_frames(since: Position, position: Position, pieces: Sequence[bytes], *, conflated: int = 0) -> list[Frame]:
    """Frames of events after `since` up to `position`; all but the last carry `since`, as they are only a part."""
    parts = list(cut(pieces))
    frames = [events(since, b",".join(part), conflated=conflated, part=True) for part in parts[:-1]]
    frames.append(events(position, b",".join(parts[-1]), conflated=conflated))
    for frame, part in zip(frames, parts, strict=True):
        frame.pieces, frame.since = part, since
    return frames


def late_frames(since: Position, position: Position, taken: Taken) -> list[Frame]:
    """Frames of telemetry under a rate, for a client that has all up to `since`; the last says `position`.

    They are no parts: who is cut off between two gets the latest of them at recovery, in whatever order. They count
    as conflated even where each is as it was: a client that counted them would take them for events after its position.
    """
    frames = []
    parts = list(cut(taken.pieces))
    for number, part in enumerate(parts, 1):
        reached = position if number == len(parts) else since
        frame = events(reached, b",".join(part), conflated=taken.conflated or len(part))
        frame.pieces, frame.since = part, since
        frames.append(frame)
    return frames


def snapshot_frames(position: Position, pieces: Sequence[bytes]) -> list[Frame]:
    """Frames of a snapshot at `position`; all but the last carry NOWHERE: a part of a snapshot proves nothing."""
    *parts, last = [b",".join(part) for part in cut(pieces)]
    return [*(events(NOWHERE, body, snapshot=True, part=True) for body in parts), events(position, last, snapshot=True)]


def heartbeat(position: Position, lag_ms: int) -> Frame:
    """All that was due up to the position has been sent; it is `lag_ms` behind the log's head."""
    payload = orjson.dumps({"type": "heartbeat", "position": str(position), "lag_ms": lag_ms})
    return Frame("heartbeat", payload, position)


def typing(topic: str, user: str) -> Frame:
    """A user is typing in a room just now."""
    return Frame("typing", orjson.dumps({"type": "typing", "topic": topic, "user": user}))


def gap(position: Position) -> Frame:
    """The log can't prove what lies before the position; a snapshot follows."""
    return Frame("gap", orjson.dumps({"type": "gap", "position": str(position)}))


def close(code: CloseCode, reason: str) -> Frame:
    """Why the hub ends the connection, on wires that have no close code of their own."""
    shown = {"code": code.number, "name": code.name, "message": reason, "reconnect": code.reconnect}
    return Frame("close", orjson.dumps({"type": "close", **shown}))
