"""uvicorn's HTTP protocol with a way to the socket, and with limits on what may be sent before anybody reads it."""

from asyncio import Transport, WriteTransport
from asyncio.events import TimerHandle
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import orjson
import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from hub.errors import BAD_REQUEST, REQUEST_TIMEOUT, TOO_LARGE, TOO_MANY_REQUESTS, ErrorCode

EXTENSION = "hub.http"
"""The ASGI scope extension under which an endpoint finds the connection."""
MAX_HEAD_BYTES = 64 * 1024
"""Request line and headers."""
MAX_MESSAGE_BYTES = 1024 * 1024
"""What may follow the head: a body with its coding and trailers; the API takes far less of it."""
HEAD_TIMEOUT_S = 10.0
MESSAGE_TIMEOUT_S = 30.0
"""From a connection's beginning, or a request's, until its head is there; and from then until all of it is."""
UNREAD_TIMEOUT_S = 60.0
"""How long a client may leave an answer unread."""
MAX_PIPELINED = 500
"""Requests of one connection that may wait behind the one that is answered."""
CLOSE_TIMEOUT_S = 5.0
_HEAD_TOO_LARGE = 431


class ServerConfig(uvicorn.Config):
    """uvicorn's, and what this server's connections share: `refused` counts refusals by the name of the error."""

    refused: Counter[str]


def _nobody() -> None:
    """Nobody waits for the end of this connection."""


class HubHttpProtocol(HttpToolsProtocol):
    """One HTTP connection; given to uvicorn as `http=`, with a ServerConfig.

    `on_lost` is called when the client is gone; an endpoint that waits for something else sets it.
    """

    config: ServerConfig
    on_lost: Callable[[], object] = staticmethod(_nobody)
    _deadline: TimerHandle | None = None
    _unread: TimerHandle | None = None
    _in_head = True
    _waiting_bytes = 0
    _ended = False
    _answered: RequestResponseCycle | None = None

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]  # uvicorn narrows it too
        """Begin to wait for a request."""
        super().connection_made(transport)
        self._expect(HEAD_TIMEOUT_S)

    def data_received(self, data: bytes) -> None:
        """Take what came, unless it is too much."""
        if self._ended:
            return
        self._waiting_bytes += len(data)
        super().data_received(data)
        if self._waiting_bytes > (MAX_HEAD_BYTES if self._in_head else MAX_MESSAGE_BYTES):
            self._refuse(TOO_LARGE, status=_HEAD_TOO_LARGE if self._in_head else TOO_LARGE.http_status)

    def on_message_begin(self) -> None:
        """Offer this connection to the endpoint through the scope."""
        super().on_message_begin()
        extensions: dict[str, Any] = {EXTENSION: self}
        self.scope["extensions"] = extensions
        if not self._in_head:
            self._in_head, self._waiting_bytes = True, 0
        self._expect(HEAD_TIMEOUT_S)

    def on_headers_complete(self) -> None:
        """The head is there: go on with what follows it."""
        if self._ended:
            return
        size_bytes = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
        if size_bytes > MAX_HEAD_BYTES:
            self._refuse(TOO_LARGE, status=_HEAD_TOO_LARGE)
            return
        self._in_head, self._waiting_bytes = False, 0
        self._expect(MESSAGE_TIMEOUT_S)
        super().on_headers_complete()
        if len(self.pipeline) > MAX_PIPELINED:
            self._refuse(TOO_MANY_REQUESTS)

    def on_body(self, body: bytes) -> None:
        """Keep a part of the body, unless its request was refused."""
        if not self._ended:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is there; the next may take its time, as uvicorn's keep-alive allows."""
        self._expect(None)
        self._waiting_bytes = 0
        if not self._ended:
            super().on_message_complete()

    def on_response_complete(self) -> None:
        """Begin with the next request; while any wait, no more are read: each read may bring thousands."""
        super().on_response_complete()
        if self.pipeline:
            self.flow.pause_reading()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._answered = cycle
        super()._start_asgi_task(cycle, app)

    def handle_websocket_upgrade(self) -> None:
        """Go on as a WebSocket, which has times of its own."""
        self._expect(None)
        if not self._ended:
            super().handle_websocket_upgrade()

    def pause_writing(self) -> None:
        """The client does not read its answer; a stream has limits of its own."""
        super().pause_writing()
        if self.on_lost is _nobody and self._unread is None:
            self._unread = self.loop.call_later(UNREAD_TIMEOUT_S, self.transport.abort)

    def resume_writing(self) -> None:
        """The client has read."""
        super().resume_writing()
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the endpoint too."""
        self._expect(None)
        if self._unread is not None:
            self._unread.cancel()
        super().connection_lost(exc)
        self._leave_off()
        self.on_lost()

    def send_400_response(self, msg: str) -> None:
        """What is no HTTP request is refused as everything else is."""
        self._refuse(BAD_REQUEST, message=msg)

    @property
    def socket(self) -> WriteTransport:
        """Where what is written goes out as it is, in the order of what the response sent before."""
        return self.transport

    def _expect(self, timeout_s: float | None) -> None:
        """Refuse what does not go on within this time; None: there is nothing to wait for."""
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = None if timeout_s is None else self.loop.call_later(timeout_s, self._refuse, REQUEST_TIMEOUT)

    def _refuse(self, code: ErrorCode, *, status: int | None = None, message: str = "") -> None:
        """Answer what was sent with an error, where nothing else answers already, and close."""
        if self._ended or self.transport.is_closing():
            return
        self._ended = True
        self._expect(None)
        self.config.refused[code.name] += 1
        if self._answered is None or self._answered.response_complete or self._refusable(self._answered):
            body = orjson.dumps({"error": {"code": code.number, "name": code.name, "message": message or code.message}})
            head = f"HTTP/1.1 {status or code.http_status} {code.name}\r\ncontent-type: application/json\r\n"
            head += f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
            self.transport.write(head.encode() + body)
        self._leave_off()
        self.transport.close()
        # Who does not read the answer must not keep the socket.
        self.loop.call_later(CLOSE_TIMEOUT_S, self.transport.abort)

    def _refusable(self, cycle: RequestResponseCycle) -> bool:
        """Whether an error can stand as the answer to a request: behind it, it would be taken for that answer."""
        return cycle is self.cycle and not cycle.response_started

    def _leave_off(self) -> None:
        """Whoever is at work on a request writes nothing any more; what waits is not begun."""
        self.pipeline.clear()
        for cycle in (self._answered, self.cycle):
            if cycle is not None and not cycle.response_complete:
                cycle.disconnected = True
                cycle.message_event.set()


def of_scope(scope: Mapping[str, Any]) -> HubHttpProtocol:
    """The connection of an ASGI scope; raises KeyError under a server that was not given this protocol."""
    connection: HubHttpProtocol = scope["extensions"][EXTENSION]
    return connection
