"""The edge `/socket.io`: the same verbs and frames for clients of Socket.IO 4 (docs/protocol.md).

Needs python-socketio (`hub[socketio]`), which speaks Engine.IO: WebSocket, polling, and the way from one to the other.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from functools import partial
from types import TracebackType
from typing import Any, NamedTuple, Self
from urllib.parse import parse_qs

from socketio import AsyncServer
from socketio.exceptions import ConnectionRefusedError as Refused
from socketio.packet import CONNECT, DISCONNECT, EVENT, Packet
from starlette.types import Message, Receive, Scope, Send

from hub import protocol
from hub.auth import Identity
from hub.errors import CLOSE_INTERNAL, CLOSE_NO_SIGN_IN, HubError, InvalidFrame
from hub.node import Node
from hub.protocol import MAX_CLIENT_FRAME_BYTES
from hub.transports.conversation import AUTH_TIMEOUT_S, Conversation
from hub.transports.credentials import Admission
from hub.transports.forwarded import address_of
from hub.transports.socketio_wire import EngineText, SocketIoWire
from hub.transports.uvicorn_websocket import HubWebSocketProtocol, of_scope

log = logging.getLogger(__name__)
engine_log = logging.getLogger(f"{__name__}.engine")

PING_S = 25
PING_TIMEOUT_S = 20
MAX_ACKNOWLEDGEMENT = 2**53 - 1
_CALL = "call"
_ROOT = "/"

EngineCall = Callable[..., Coroutine[Any, Any, None]]


class Call(NamedTuple):
    """What a client emitted: the verb, its argument, and the number of the acknowledgement it waits for."""

    verb: str
    argument: object
    acknowledgement: int | None
    problem: str = ""


class CallPacket(Packet):  # type: ignore[misc]  # python-socketio has no types
    """A Socket.IO packet whose event is always a Call, so that every verb, known or not, is answered in one place.

    The acknowledgement is taken out: the wire sends it, before the frames that have to come after it.
    """

    id: int | None

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
        self.id = None


@dataclass(slots=True)
class Peer:
    """One client that has signed in; its calls are carried out one after the other."""

    wire: SocketIoWire
    conversation: Conversation
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def take(self, call: Call) -> None:
        """Carry out a call and answer it."""
        await self.conversation.drained()
        if call.problem:
            self.conversation.shut_out(InvalidFrame(call.problem))
            return
        frame_id = self.wire.expect(call.acknowledgement)
        try:
            frame = protocol.frame_of(_members(call) | {"type": call.verb, "id": frame_id})
        except InvalidFrame as error:
            self.conversation.refuse(frame_id, error)
            return
        await self.conversation.carry_out(frame)


def _members(call: Call) -> dict[str, Any]:
    if not isinstance(call.argument, dict):
        raise InvalidFrame("The argument must be an object.")
    return call.argument


class SocketIoEndpoint:
    """The ASGI application behind `/socket.io`, for HTTP and WebSocket. Opened and closed by `async with`."""

    def __init__(
        self,
        *,
        node: Node,
        verify: Callable[[str], Identity],
        identify: Callable[[str], Awaitable[Identity]],
        origins: frozenset[str],
    ) -> None:
        self._node = node
        self._verify = verify
        self._admission = Admission(identify, origins)
        self._peers: dict[str, Peer] = {}
        self._connections: dict[str, HubWebSocketProtocol] = {}
        self._deadlines: dict[str, asyncio.TimerHandle] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        # Below errors the engine tells of every packet, tokens included.
        engine_log.setLevel(logging.ERROR)
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
        self._server.on("disconnect", self._forget)
        self._server.on(_CALL, self._take)
        engine = self._server.eio
        engine.on("connect", partial(self._opened, engine.handlers["connect"]))
        engine.on("disconnect", partial(self._closed, engine.handlers["disconnect"]))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for deadline in self._deadlines.values():
            deadline.cancel()
        await self._server.shutdown()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or one WebSocket."""
        if scope["type"] == "websocket":
            connection = of_scope(scope)
            engine_id = parse_qs(scope["query_string"].decode("ascii", "replace")).get("sid", [""])[0]
            if engine_id in self._server.eio.sockets:
                self._connections[engine_id] = connection
            send = partial(_send_shared, connection, send)
        await self._server.eio.handle_request(scope, receive, send)

    # The engine's connections, signed in or not

    async def _opened(self, open_engine: EngineCall, engine_id: str, environ: dict[str, Any]) -> None:
        await open_engine(engine_id, environ)
        if environ["asgi.scope"]["type"] == "websocket":
            self._connections[engine_id] = of_scope(environ["asgi.scope"])
        loop = asyncio.get_running_loop()
        self._deadlines[engine_id] = loop.call_later(AUTH_TIMEOUT_S, self._end_unsigned, engine_id)

    async def _closed(self, close_engine: EngineCall, engine_id: str, reason: str) -> None:
        await close_engine(engine_id, reason)
        # The engine forgets a request that waits for packets; its client would wait with it.
        socket = self._server.eio.sockets.get(engine_id)
        if socket is not None:
            socket.queue.put_nowait(None)
        self._connections.pop(engine_id, None)
        self._settle(engine_id)

    def _settle(self, engine_id: str) -> None:
        deadline = self._deadlines.pop(engine_id, None)
        if deadline is not None:
            deadline.cancel()

    def _end_unsigned(self, engine_id: str) -> None:
        del self._deadlines[engine_id]
        connection = self._connections.get(engine_id)
        if connection is not None:
            connection.close(CLOSE_NO_SIGN_IN, CLOSE_NO_SIGN_IN.message)
        self._drop(engine_id)

    def _drop(self, engine_id: str) -> None:
        """End a connection, whatever it still had to send."""
        socket = self._server.eio.sockets.get(engine_id)
        if socket is not None:
            task = asyncio.create_task(socket.close(wait=False, abort=True), name=f"{__name__}[{engine_id}]")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def _abort(self, engine_id: str) -> None:
        connection = self._connections.get(engine_id)
        if connection is not None:
            connection.transport.abort()
        self._drop(engine_id)

    def _unsent_bytes(self, engine_id: str) -> int:
        connection = self._connections.get(engine_id)
        return 0 if connection is None else connection.waiting_bytes()

    # Clients

    def _trusts(self, _: str | None, environ: dict[str, Any]) -> bool:
        return self._admission.trusts(_headers(environ))

    async def _sign_in(self, client_id: str, environ: dict[str, Any], auth: object = None) -> None:
        token = auth.get("token") if isinstance(auth, dict) else None
        try:
            identity = await self._admission.identity(_headers(environ), token if isinstance(token, str) else None)
            engine_id = self._server.manager.eio_sid_from_sid(client_id, _ROOT)
            wire = self._wire(client_id, engine_id)
            conversation = Conversation(self._node, wire, self._verify, address=address_of(environ["asgi.scope"]))
            conversation.begin(identity)
        except HubError as error:
            self._node.allowance.refused[error.code.name] += 1
            raise Refused(str(error), protocol.shown(error)) from None
        self._settle(engine_id)
        self._peers[client_id] = Peer(wire, conversation)

    def _wire(self, client_id: str, engine_id: str) -> SocketIoWire:
        return SocketIoWire(
            self._server.eio.sockets[engine_id].queue,
            unsent_bytes=partial(self._unsent_bytes, engine_id),
            ended=partial(self._forget, client_id),
            abort=partial(self._abort, engine_id),
        )

    def _forget(self, client_id: str, _: str = "") -> None:
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


def _headers(environ: dict[str, Any]) -> dict[bytes, str]:
    return {name: value.decode("latin-1") for name, value in environ["asgi.scope"]["headers"]}
