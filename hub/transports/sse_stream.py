"""One event stream (HTML standard, section 9.2) as the wire of a session."""

import asyncio
from asyncio import WriteTransport

from hub import protocol
from hub.errors import CloseCode
from hub.protocol import Frame

PROLOGUE = b"retry: 1000\n:\n\n"
"""How long a browser waits before it comes back, in ms; and a comment, so that proxies pass the head on at once."""
CLOSE_TIMEOUT_S = 5.0


class EventStream:
    """The body of one response with chunked coding (RFC 9112 section 7.1), written straight to the socket.

    Until `begin` has been called, when the response's head is out, what is written waits here.
    """

    def __init__(self, socket: WriteTransport) -> None:
        self.ended = asyncio.Event()
        self._socket = socket
        self._early: list[bytes] | None = []
        self._early_bytes = 0
        self._abort_timer: asyncio.TimerHandle | None = None

    def write(self, frame: Frame) -> None:
        """Hand over one event block; nothing happens on a stream that has ended."""
        if not self.ended.is_set():
            self._put(frame.form(_chunk))

    def waiting_bytes(self) -> int:
        """Bytes that the kernel has not taken yet."""
        return self._early_bytes + self._socket.get_write_buffer_size()

    def close(self, code: CloseCode, reason: str) -> None:
        """Say why as the last event; the socket is dropped if the client does not take it in time."""
        if self.ended.is_set():
            return
        self.write(protocol.close(code, reason))
        self.ended.set()
        self._abort_timer = asyncio.get_running_loop().call_later(CLOSE_TIMEOUT_S, self._socket.abort)

    def begin(self) -> None:
        """The head is out: give what waits, and hold nothing back any more."""
        early, self._early = self._early or [], None
        self._early_bytes = 0
        self._put(_as_chunk(PROLOGUE))
        for chunk in early:
            self._put(chunk)

    def lost(self) -> None:
        """The client is gone."""
        self.ended.set()
        if self._abort_timer is not None:
            self._abort_timer.cancel()

    def _put(self, chunk: bytes) -> None:
        if self._early is not None:
            self._early.append(chunk)
            self._early_bytes += len(chunk)
        elif not self._socket.is_closing():
            self._socket.write(chunk)


class ReplayStream(EventStream):
    """One that plays the past: a heartbeat's position is of the present, no place to come back to."""

    def write(self, frame: Frame) -> None:
        """Hand over one event block; nothing happens on a stream that has ended."""
        super().write(Frame(frame.kind, frame.payload) if frame.kind == "heartbeat" else frame)


def _chunk(frame: Frame) -> bytes:
    return _as_chunk(frame.sse)


def _as_chunk(block: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(block), block)
