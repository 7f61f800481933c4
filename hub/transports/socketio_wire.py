"""One Socket.IO client as the wire of a session: frames become packets, encoded once for all."""

import asyncio
from collections.abc import Callable
from typing import Protocol

import orjson

from hub import protocol
from hub.errors import CloseCode
from hub.protocol import Frame

CLOSE_TIMEOUT_S = 5.0

_ACKNOWLEDGEMENT = "43%d[%s]"
_DISCONNECT = "41"
_CLOSE = "1"
"""Packets as text (Engine.IO protocol 4: message, close; Socket.IO protocol 5: event, ack, disconnect)."""


class EngineText(str):
    """The text of a packet that many clients get; `frame` has its bytes for all of their WebSockets."""

    __slots__ = ("frame",)

    frame: Frame

    @classmethod
    def of(cls, frame: Frame) -> "EngineText":
        """The event that carries a frame of the hub."""
        payload = b'42["%b",%b]' % (frame.kind.encode(), frame.payload)
        text = cls(payload.decode())
        text.frame = Frame(frame.kind, payload)
        return text


class Outgoing:
    """A packet in the queue of a connection: it counts as waiting until the engine asks for its text."""

    __slots__ = ("_text", "_wire")

    def __init__(self, wire: "SocketIoWire", text: str) -> None:
        self._wire = wire
        self._text = text

    def encode(self, **_: bool) -> str:
        """The text that goes out."""
        self._wire.queued_bytes -= len(self._text)
        return self._text


class Queue(Protocol):
    """What the engine sends from; None ends the connection behind what is before it."""

    def put_nowait(self, packet: Outgoing | None) -> None:
        """Put it at the end."""
        ...


class SocketIoWire:
    """Gives the frames of a session to the queue of its connection.

    `unsent_bytes` says what the socket has not taken, `ended` is called once when the hub ends the connection, and
    `abort` when the client has not let it go in time.
    """

    def __init__(
        self, queue: Queue, *, unsent_bytes: Callable[[], int], ended: Callable[[], object], abort: Callable[[], object]
    ) -> None:
        self.queued_bytes = 0
        self._queue = queue
        self._unsent_bytes = unsent_bytes
        self._on_end = ended
        self._abort = abort
        self._awaited: set[int] = set()
        self._ended = False

    def expect(self, acknowledgement: int | None) -> int:
        """The frame id whose reply is the acknowledgement of that number; with None, of a reply nobody waits for."""
        if acknowledgement is None:
            return 1
        self._awaited.add(acknowledgement)
        return acknowledgement + 1

    def write(self, frame: Frame) -> None:
        """Hand over one frame: a reply as acknowledgement, else as the event named by its kind."""
        if self._ended:
            return
        if frame.kind == "reply":
            self._acknowledge(frame)
        else:
            self._put(frame.form(EngineText.of))

    def waiting_bytes(self) -> int:
        """Bytes that wait in the queue and at the socket; what one polling request is taking away is not counted."""
        return self.queued_bytes + self._unsent_bytes()

    def close(self, code: CloseCode, reason: str) -> None:
        """Say why, then end the connection; a client that is to stay away is told so as Socket.IO does."""
        if self._ended:
            return
        self.write(protocol.close(code, reason))
        if not code.reconnect:
            self._put(_DISCONNECT)
        # None ends what one polling request takes, so that the client reads why before it is told to close.
        self._queue.put_nowait(None)
        self._put(_CLOSE)
        self._ended = True
        loop = asyncio.get_running_loop()
        # Not at once: whoever closes may be going through the sessions just now.
        loop.call_soon(self._on_end)
        loop.call_later(CLOSE_TIMEOUT_S, self._abort)

    def _acknowledge(self, frame: Frame) -> None:
        number = orjson.loads(frame.payload)["id"] - 1
        if number in self._awaited:
            self._awaited.discard(number)
            self._put(_ACKNOWLEDGEMENT % (number, frame.payload.decode()))

    def _put(self, text: str) -> None:
        self.queued_bytes += len(text)
        self._queue.put_nowait(Outgoing(self, text))
