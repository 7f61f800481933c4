"""The edge `/events`: server-sent events (HTML standard, section 9.2; docs/protocol.md)."""

from collections.abc import Awaitable, Callable

from starlette.types import Receive, Scope, Send

from hub.auth import Identity
from hub.errors import (
    CLOSE_INVALID_TOKEN,
    CLOSE_PERMISSION_DENIED,
    INVALID_TOKEN,
    PERMISSION_DENIED,
    HubError,
)
from hub.node import Node
from hub.protocol import Subscribe
from hub.replay_request import Replay
from hub.replaying import Replaying, Replays
from hub.transports.credentials import Admission, find_ticket
from hub.transports.forwarded import address_of
from hub.transports.query import read_begin, read_query, read_replay
from hub.transports.sse_stream import EventStream, ReplayStream
from hub.transports.uvicorn_http import of_scope

_HEAD = [
    (b"content-type", b"text/event-stream"),
    (b"cache-control", b"no-cache, no-transform"),
    (b"x-accel-buffering", b"no"),
    (b"connection", b"close"),
]
_FOR_GOOD = {INVALID_TOKEN: CLOSE_INVALID_TOKEN, PERMISSION_DENIED: CLOSE_PERMISSION_DENIED}
"""What ends a connection for good: a browser that comes back by itself is told so in its own way, with 204."""


class EventsEndpoint:
    """The ASGI application behind `/events`. What is wrong before the stream begins is raised as HubError."""

    def __init__(
        self,
        *,
        node: Node,
        identify: Callable[[str], Awaitable[Identity]],
        redeem: Callable[[str], Awaitable[Identity]],
        origins: frozenset[str],
        replaying: Replaying,
    ) -> None:
        self._node = node
        self._redeem = redeem
        self._replaying = replaying
        self._admission = Admission(identify, origins)

    async def __call__(self, scope: Scope, _: Receive, send: Send) -> None:
        """Serve one stream until it ends."""
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        last_event_id = headers.get(b"last-event-id", "")
        try:
            ticket = find_ticket(scope["query_string"])
            identity = await (self._admission.identity(headers) if ticket is None else self._redeem(ticket))
            replay = read_replay(scope["query_string"], last_event_id=last_event_id)
            frames: list[Replay | Subscribe | None] = [replay]
            if replay is None:
                subscription = read_query(scope["query_string"], last_event_id=last_event_id)
                frames = [subscription, read_begin(scope["query_string"])]
            if scope["method"] == "HEAD":
                await _answer(send, 200, _HEAD)
            else:
                await self._serve(scope, send, identity, [frame for frame in frames if frame is not None])
        except HubError as error:
            code = _FOR_GOOD.get(error.code)
            if code is None or not last_event_id:
                raise
            await _answer(send, 204, [(b"hub-close", b"%d %b" % (code.number, code.name.encode()))])

    async def _serve(self, scope: Scope, send: Send, identity: Identity, frames: list[Replay | Subscribe]) -> None:
        connection = of_scope(scope)
        replay = any(isinstance(frame, Replay) for frame in frames)
        stream = ReplayStream(connection.socket) if replay else EventStream(connection.socket)
        connection.on_lost = stream.lost
        session = self._node.open(identity, stream, address=address_of(scope))
        playing = Replays(self._replaying, session)
        try:
            for frame in frames:
                if isinstance(frame, Replay):
                    await playing.start(frame)
                else:
                    await self._node.subscribe(session, frame)
            await send({"type": "http.response.start", "status": 200, "headers": _HEAD})
            stream.begin()
            await stream.ended.wait()
        finally:
            playing.end()
            self._node.close(session)
        await send({"type": "http.response.body", "body": b""})


async def _answer(send: Send, status: int, headers: list[tuple[bytes, bytes]]) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b""})
