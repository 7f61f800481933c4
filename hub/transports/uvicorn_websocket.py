"""uvicorn's WebSocket protocol with a synchronous write: a frame that was built once goes to many sockets as it is."""

from collections.abc import Mapping
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.extensions.permessage_deflate import ServerPerMessageDeflateFactory
from websockets.http11 import Request

from hub.errors import CLOSE_NO_PONG, CLOSE_SHUTDOWN, CloseCode
from hub.protocol import Frame

EXTENSION = "hub.websocket"
"""The ASGI scope extension under which the endpoint finds the connection."""
CLOSE_TIMEOUT_S = 5.0


# Without context takeover a message is compressed by itself, so that one compressed frame fits every client; and no
# connection keeps a compressor.
_DEFLATE = ServerPerMessageDeflateFactory(server_no_context_takeover=True, client_no_context_takeover=True)


class HubWebSocketProtocol(WebSocketsSansIOProtocol):
    """One WebSocket connection; given to uvicorn as `ws=`. It is the Wire of a session."""

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
