"""The edge `/socket.io`: the same verbs and frames for clients of Socket.IO 4 (docs/protocol.md).

Needs python-socketio (`hub[socketio]`), which speaks Engine.IO: WebSocket, polling, and the way from one to the other.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs

from engineio.payload import Payload
from socketio import AsyncServer
from socketio.exceptions import ConnectionRefusedError as Refused
from socketio.packet import CONNECT, DISCONNECT, EVENT, Packet
from starlette.types import Message, Receive, Scope, Send

from hub import protocol
from hub.auth import Identity
from hub.errors import (
    CLOSE_BAD_REQUEST,
    CLOSE_INTERNAL,
    CLOSE_NO_SIGN_IN,
    CLOSE_TOO_MANY_REQUESTS,
    HubError,
    InvalidFrame,
    PermissionDenied,
    TooManyRequests,
    Unauthorized,
)
from hub.node import Node
from hub.protocol import MAX_CLIENT_FRAME_BYTES
from hub.replaying import Replaying
from hub.seats import network_of
from hub.transports.conversation import AUTH_TIMEOUT_S, Conversation
from hub.transports.credentials import Admission
from hub.transports.forwarded import address_of
from hub.transports.guest import Guest
from hub.transports.socketio_peer import Line, Peer
from hub.transports.socketio_sieve import (
    MAX_PACKETS,
    UPGRADE,
    Call,
    StrictJson,
    check_request,
    join,
    read_body,
    refuse,
    split,
)
from hub.transports.socketio_wire import EngineText, SocketIoWire
from hub.transports.uvicorn_websocket import HubWebSocketProtocol, of_scope

log = logging.getLogger(__name__)
engine_log = logging.getLogger(f"{__name__}.engine")

PING_S = 25
PING_TIMEOUT_S = 20
MAX_ACKNOWLEDGEMENT = 2**53 - 1
LINE = "hub.socketio"
"""The ASGI scope extension under which the engine's connection is found."""
_CALL = "call"
_ROOT = "/"

EngineCall = Callable[..., Coroutine[Any, Any, None]]


class CallPacket(Packet):  # type: ignore[misc]  # python-socketio has no types
    """A Socket.IO packet whose event is always a Call, so that every verb, known or not, is answered in one place.

    The acknowledgement is taken out: the wire sends it, before the frames that have to come after it.
    """

    json = StrictJson
    id: int | None
    namespace: str | None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if kwargs.get("encoded_packet") in ("", {}, []):
            self._take("", problem="An empty packet is not understood.")

    def decode(self, encoded_packet: Any) -> int:
        """Read a packet; one that can't be understood becomes a Call that says why."""
        try:
            attachments = super().decode(encoded_packet)
        except (ValueError, TypeError, RecursionError):
            self._take("", problem="A packet could not be understood.")
            return 0
        if attachments or self.packet_type not in (CONNECT, DISCONNECT, EVENT):
            self._take("", problem="Only events with JSON are understood.")
        elif self.packet_type != CONNECT and self.namespace not in {None, _ROOT}:
            self._take("", problem="There is no such namespace.")
        elif self.packet_type == EVENT:
            self._read_event()
        return 0

    def _read_event(self) -> None:
        match self.data:
            case [str(verb)]:
                self._take(verb, {})
            case [str(verb), argument]:
                self._take(verb, argument)
            case _:
                self._take("", problem="An event is a verb and one object.")

    def _take(self, verb: str, argument: object = None, *, problem: str = "") -> None:
        if self.id is not None and self.id > MAX_ACKNOWLEDGEMENT:
            problem = "The number of the acknowledgement is too large."
        self.data = [_CALL, Call(verb, argument, self.id, problem)]
        self.packet_type = EVENT
        self.namespace = None
        self.id = None


class SocketIoEndpoint:
    """The ASGI application behind `/socket.io`, for HTTP and WebSocket. Opened and closed by `async with`."""

    def __init__(
        self,
        *,
        node: Node,
        verify: Callable[[str], Identity],
        identify: Callable[[str], Awaitable[Identity]],
        origins: frozenset[str],
        replaying: Replaying,
    ) -> None:
        self._node = node
        self._verify = verify
        self._replaying = replaying
        self._admission = Admission(identify, origins)
        self._peers: dict[str, Peer] = {}
        self._lines: dict[str, Line] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        # Below errors the engine tells of every packet, tokens included.
        engine_log.setLevel(logging.ERROR)
        Payload.max_decode_packets = MAX_PACKETS
        self._server = AsyncServer(
            async_mode="asgi",
            serializer=CallPacket,
            async_handlers=False,
            cors_allowed_origins=self._trusts,
            http_compression=False,
            max_http_buffer_size=MAX_CLIENT_FRAME_BYTES,
            ping_interval=PING_S,
            ping_timeout=PING_TIMEOUT_S,
            logger=engine_log,
            engineio_logger=engine_log,
        )
        self._server.on("connect", self._sign_in)
        self._server.on("disconnect", self._leave)
        self._server.on(_CALL, self._take)
        engine = self._server.eio
        engine.on("connect", partial(self._opened, engine.handlers["connect"]))
        engine.on("disconnect", partial(self._closed, engine.handlers["disconnect"]))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for line in self._lines.values():
            line.guest.leave()
        await self._server.shutdown()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or one WebSocket."""
        try:
            query = parse_qs(scope["query_string"].decode("ascii", "replace"))
            if scope["type"] == "websocket" or scope["method"] != "OPTIONS":
                self._check(scope, query)
            await self._serve(scope, receive, send, query.get("sid", [""])[0])
        except HubError as error:
            self._count(error)
            await refuse(scope, send, error)

    def _check(self, scope: Scope, query: dict[str, list[str]]) -> None:
        if not self._admission.trusts(_headers(scope)):
            raise PermissionDenied("This origin may not connect; the hub's HUB_HTTP_ORIGINS can allow it.")
        check_request(scope, query)
        if "sid" in query and not self._goes_on(query["sid"][0], websocket=scope["type"] == "websocket"):
            raise InvalidFrame("There is no such connection here; begin a new one.")

    def _goes_on(self, engine_id: str, *, websocket: bool) -> bool:
        """Whether a request may go on with a connection: one WebSocket may take it over from polling."""
        socket = self._server.eio.sockets.get(engine_id)
        if engine_id not in self._lines or socket is None or socket.closed:
            return False
        return socket.connected and not socket.upgraded and not (websocket and socket.upgrading)

    async def _serve(self, scope: Scope, receive: Receive, send: Send, engine_id: str) -> None:
        line = self._lines[engine_id] if engine_id else self._arrive(scope)
        try:
            if scope["type"] == "websocket":
                await self._serve_websocket(line, scope, receive, send)
            elif scope["method"] == "POST":
                await self._serve_post(line, scope, receive, send)
            else:
                await self._server.eio.handle_request(scope, receive, send)
        finally:
            if not line.engine_id:
                line.guest.leave()

    def _arrive(self, scope: Scope) -> Line:
        """A client that has not been here; raises TooManyRequests."""
        network = network_of(address_of(scope))
        guests = self._node.allowance.guests
        line = Line(Guest(guests, network, timeout_s=AUTH_TIMEOUT_S, late=lambda: self._end_unsigned(line)))
        line.guest.enter()
        scope["extensions"][LINE] = line
        return line

    async def _serve_websocket(self, line: Line, scope: Scope, receive: Receive, send: Send) -> None:
        line.websocket = of_scope(scope)
        due = list(UPGRADE) if line.engine_id else []
        hear = partial(self._hear, line, due, receive)
        await self._server.eio.handle_request(scope, hear, partial(_send_shared, line.websocket, send))

    async def _hear(self, line: Line, due: list[str], receive: Receive) -> Message:
        """The next of a WebSocket's messages that the engine can read."""
        while True:
            message = await receive()
            if message["type"] != "websocket.receive":
                return message
            text = message.get("text")
            if due and text == due[0]:
                due.pop(0)
                return message
            try:
                if line.sieve.take(message["bytes"] if text is None else text):
                    return message
            except HubError as error:
                self._shut_out(line, error)
                if due and line.websocket is not None:
                    line.websocket.close(CLOSE_BAD_REQUEST, str(error))
            await asyncio.sleep(0)

    async def _serve_post(self, line: Line, scope: Scope, receive: Receive, send: Send) -> None:
        """Give the engine a body that it can read, whole; else end the connection."""
        try:
            body = await read_body(receive)
            if body is None:
                return
            body = join([packet for packet in split(body) if line.sieve.take(packet)])
        except HubError as error:
            self._shut_out(line, error)
            await refuse(scope, send, error)
            return

        async def hear() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        headers = [(name, value) for name, value in scope["headers"] if name != b"content-length"]
        sized = {**scope, "headers": [*headers, (b"content-length", b"%d" % len(body))]}
        await self._server.eio.handle_request(sized, hear, send)

    def _shut_out(self, line: Line, error: HubError) -> None:
        """End the connection of a client that can't be understood; what else it sends is not looked at."""
        line.sieve.closed = True
        peer = next((peer for peer in self._peers.values() if peer.engine_id == line.engine_id), None)
        if peer is not None:
            peer.conversation.shut_out(error)
            return
        self._count(error)
        if line.websocket is not None:
            too_many = isinstance(error, TooManyRequests)
            line.websocket.close(CLOSE_TOO_MANY_REQUESTS if too_many else CLOSE_BAD_REQUEST, str(error))
        self._drop(line.engine_id)

    def _count(self, error: HubError) -> None:
        self._node.allowance.refused[error.code.name] += 1

    # The engine's connections, signed in or not

    async def _opened(self, open_engine: EngineCall, engine_id: str, environ: dict[str, Any]) -> None:
        await open_engine(engine_id, environ)
        line: Line = environ["asgi.scope"]["extensions"][LINE]
        line.engine_id = engine_id
        self._lines[engine_id] = line

    async def _closed(self, close_engine: EngineCall, engine_id: str, reason: str) -> None:
        await close_engine(engine_id, reason)
        # The engine forgets a request that waits for packets; its client would wait with it.
        socket = self._server.eio.sockets.get(engine_id)
        if socket is not None:
            socket.queue.put_nowait(None)
        line = self._lines.pop(engine_id, None)
        if line is not None:
            line.guest.leave()

    def _end_unsigned(self, line: Line) -> None:
        line.guest.leave()
        if line.websocket is not None:
            line.websocket.close(CLOSE_NO_SIGN_IN, CLOSE_NO_SIGN_IN.message)
        self._drop(line.engine_id)

    def _drop(self, engine_id: str) -> None:
        """End a connection, whatever it still had to send."""
        socket = self._server.eio.sockets.get(engine_id)
        if socket is not None:
            task = asyncio.create_task(socket.close(wait=False, abort=True), name=f"{__name__}[{engine_id}]")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def _abort(self, line: Line) -> None:
        if line.websocket is not None:
            line.websocket.transport.abort()
        self._drop(line.engine_id)

    # Clients

    def _trusts(self, _: str | None, environ: dict[str, Any]) -> bool:
        return self._admission.trusts(_headers(environ["asgi.scope"]))

    async def _sign_in(self, client_id: str, environ: dict[str, Any], auth: object = None) -> None:
        token = auth.get("token") if isinstance(auth, dict) else None
        try:
            scope = environ["asgi.scope"]
            identity = await self._admission.identity(_headers(scope), token if isinstance(token, str) else None)
            engine_id = self._server.manager.eio_sid_from_sid(client_id, _ROOT)
            line = self._lines.get(engine_id)
            if line is None:
                raise Unauthorized("The client has left.")
            wire = self._wire(client_id, line)
            address = address_of(scope)
            conversation = Conversation(self._node, wire, self._verify, replaying=self._replaying, address=address)
            conversation.begin(identity)
        except HubError as error:
            self._count(error)
            raise Refused(str(error), protocol.shown(error)) from None
        line.guest.leave()
        self._peers[client_id] = Peer(wire, conversation, engine_id)

    def _wire(self, client_id: str, line: Line) -> SocketIoWire:
        return SocketIoWire(
            self._server.eio.sockets[line.engine_id].queue,
            unsent_bytes=lambda: 0 if line.websocket is None else line.websocket.waiting_bytes(),
            ended=partial(self._forget, client_id),
            abort=partial(self._abort, line),
        )

    def _leave(self, client_id: str, _: str = "") -> None:
        """The client says goodbye, or is gone; signed in no more, it has no connection either."""
        peer = self._peers.get(client_id)
        self._forget(client_id)
        if peer is not None:
            self._drop(peer.engine_id)

    def _forget(self, client_id: str) -> None:
        peer = self._peers.pop(client_id, None)
        if peer is not None:
            peer.conversation.end()

    async def _take(self, client_id: str, call: Call) -> None:
        peer = self._peers.get(client_id)
        if peer is None:
            return
        async with peer.turn:
            try:
                await peer.take(call)
            except Exception:
                log.exception("A call failed; its connection is closed.")
                peer.wire.close(CLOSE_INTERNAL, CLOSE_INTERNAL.message)


async def _send_shared(connection: HubWebSocketProtocol, send: Send, message: Message) -> None:
    """Send what the engine sends, but a packet that many get with the bytes that were made once."""
    text = message.get("text")
    if isinstance(text, EngineText):
        await connection.write_when_taken(text.frame)
    else:
        await send(message)


def _headers(scope: Scope) -> dict[bytes, str]:
    return {name: value.decode("latin-1") for name, value in scope["headers"]}
