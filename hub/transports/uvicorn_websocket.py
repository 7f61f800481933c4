"""uvicorn's WebSocket protocol with a synchronous write: a frame that was built once goes to many sockets as it is."""

from collections.abc import Mapping
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.exceptions import PayloadTooBig
from websockets.extensions.permessage_deflate import ServerPerMessageDeflateFactory
from websockets.frames import Frame as WebSocketFrame
from websockets.http11 import Request
from websockets.protocol import State

from hub.errors import (
    BAD_REQUEST,
    CLOSE_BAD_REQUEST,
    CLOSE_NO_PONG,
    CLOSE_SHUTDOWN,
    TOO_LARGE,
    CloseCode,
    ErrorCode,
)
from hub.protocol import MAX_CLIENT_FRAME_BYTES, Frame
from hub.transports.uvicorn_http import ServerConfig

EXTENSION = "hub.websocket"
"""The ASGI scope extension under which the endpoint finds the connection."""
CLOSE_TIMEOUT_S = 5.0
MAX_FRAGMENTS = 1024
"""Of one message: one for each fragment of 64 bytes of the largest."""
_BAD_HANDSHAKE = b"HTTP/1.1 400 bad_request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


# Without context takeover a message is compressed by itself, so that one compressed frame fits every client; and no
# connection keeps a compressor.
_DEFLATE = ServerPerMessageDeflateFactory(server_no_context_takeover=True, client_no_context_takeover=True)


class HubWebSocketProtocol(WebSocketsSansIOProtocol):
    """One WebSocket connection; given to uvicorn as `ws=`, with a ServerConfig. It is the Wire of a session."""

    config: ServerConfig

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.conn.available_extensions = [_DEFLATE]
        self._deflates = False

    def handle_connect(self, event: Request) -> None:
        """Offer this connection to the endpoint through the scope."""
        super().handle_connect(event)
        self._deflates = bool(self.conn.extensions)
        if not self.close_sent:
            extensions: dict[str, Any] = self.scope["extensions"]
            extensions[EXTENSION] = self

    def data_received(self, data: bytes) -> None:
        """Take what came; a handshake that the WebSocket library does not understand ends here."""
        super().data_received(data)
        if self.conn.handshake_exc is not None and not self.handshake_complete:
            self._fail(BAD_REQUEST)
            self.transport.write(_BAD_HANDSHAKE)
            self._hang_up()

    def handle_ping(self) -> None:
        """Answer, but not to one who reads no answers: RFC 6455 section 5.5.3 asks only for the last one."""
        if self.transport.get_write_buffer_size() > MAX_CLIENT_FRAME_BYTES:
            self.conn.data_to_send()
        else:
            super().handle_ping()

    def handle_cont(self, event: WebSocketFrame) -> None:
        """Keep a fragment, as long as they are few: empty ones count for nothing in a limit of bytes."""
        if self.close_sent:
            self.frames = []
        elif len(self.frames) >= MAX_FRAGMENTS:
            self._fail(BAD_REQUEST)
            self.close(CLOSE_BAD_REQUEST, f"A message of over {MAX_FRAGMENTS} fragments is not taken")
        else:
            super().handle_cont(event)

    def send_receive_event_to_app(self) -> None:
        """Give a whole message to the endpoint, if it is text."""
        try:
            if self.curr_msg_data_type == "text":
                b"".join(self.frames).decode()
        except UnicodeDecodeError:
            self._fail(BAD_REQUEST)
            self.close(CLOSE_BAD_REQUEST, "The frame is not UTF-8")
        else:
            super().send_receive_event_to_app()

    def handle_close(self, event: WebSocketFrame) -> None:
        """The client ends the connection."""
        super().handle_close(event)
        self._hang_up()

    def handle_parser_exception(self) -> None:
        """What came breaks the protocol: say so where the connection has got so far, and end it."""
        self._fail(TOO_LARGE if isinstance(self.conn.parser_exc, PayloadTooBig) else BAD_REQUEST)
        if self.conn.close_sent is not None and not self.disconnected:
            super().handle_parser_exception()
        else:
            self.queue.put_nowait({"type": "websocket.disconnect", "code": 1006})
        self._hang_up()

    def _fail(self, code: ErrorCode) -> None:
        self.config.refused[code.name] += 1

    def _hang_up(self) -> None:
        """Close the socket; one who does not read what is still due does not keep it."""
        if not self.disconnected:
            self.transport.close()
            if self.close_timer is None:
                self.close_timer = self.loop.call_later(CLOSE_TIMEOUT_S, self.transport.abort)

    def write(self, frame: Frame) -> None:
        """Hand over one text frame; nothing happens on a connection that is closing."""
        if not self.close_sent and not self.disconnected:
            self.transport.write(frame.deflated if self._deflates else frame.websocket)

    async def write_when_taken(self, frame: Frame) -> None:
        """The same for a caller that keeps the queue itself: waits until the socket has taken what was written."""
        await self.writable.wait()
        self.write(frame)

    def waiting_bytes(self) -> int:
        """Bytes that the kernel has not taken yet."""
        return 0 if self.disconnected else self.transport.get_write_buffer_size()

    def close(self, code: CloseCode, reason: str) -> None:
        """Send the close frame after what was written; the socket is dropped if the client does not answer in time."""
        if self.close_sent or self.disconnected or not self.handshake_complete:
            return
        if self.conn.state is not State.OPEN:
            # The client was first: its close frame came in the same read as what it is closed for.
            self._hang_up()
            return
        self.stop_keepalive()
        self.conn.send_close(code.number, reason.encode()[:120].decode(errors="ignore"))
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code.number, "reason": reason})
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()
        self.close_timer = self.loop.call_later(CLOSE_TIMEOUT_S, self.transport.abort)

    def keepalive_timeout(self) -> None:
        """A client that answers no ping is told so by the hub's code."""
        self.pong_timer = None
        self.close(CLOSE_NO_PONG, CLOSE_NO_PONG.message)

    def shutdown(self) -> None:
        """The server stops: clients come back elsewhere."""
        if self.handshake_complete and not self.close_sent and not self.disconnected:
            self.close(CLOSE_SHUTDOWN, CLOSE_SHUTDOWN.message)
        else:
            super().shutdown()


def of_scope(scope: Mapping[str, Any]) -> HubWebSocketProtocol:
    """The connection of an ASGI scope; raises KeyError under a server that was not given this protocol."""
    connection: HubWebSocketProtocol = scope["extensions"][EXTENSION]
    return connection
