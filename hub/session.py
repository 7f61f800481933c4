"""One dashboard: who it is, what it asked for, and what waits for it. No I/O: the wire is given."""

from typing import Protocol

from hub.auth import Identity
from hub.errors import CLOSE_SLOW, CloseCode
from hub.protocol import Frame


class Wire(Protocol):
    """What a session asks of its transport."""

    def write(self, frame: Frame) -> None:
        """Hand over one frame; never blocks, keeps the order."""
        ...

    def waiting_bytes(self) -> int:
        """Bytes handed over that the network has not taken yet."""
        ...

    def close(self, code: CloseCode, reason: str) -> None:
        """End the connection after what was written; once."""
        ...


class Session:
    """One client's connection.

    Frames go straight to the wire. While a recovery or snapshot is under way they are held, so that the client gets
    what it missed first. Either way at most `limit_bytes` wait, else the session is closed as `slow` and the client
    comes back with its position.
    """

    __slots__ = ("closed", "filters", "held", "held_bytes", "identity", "limit_bytes", "wire")

    def __init__(self, identity: Identity, wire: Wire, *, limit_bytes: int) -> None:
        self.identity = identity
        self.wire = wire
        self.limit_bytes = limit_bytes
        self.filters: frozenset[str] = frozenset()
        self.held: list[Frame] | None = None
        self.held_bytes = 0
        self.closed: CloseCode | None = None

    def deliver(self, frame: Frame) -> None:
        """Give a frame of the audience to the client, in order."""
        if self.closed is not None:
            return
        if self.held is not None:
            self.held.append(frame)
            self.held_bytes += len(frame.payload)
            if self.held_bytes > self.limit_bytes:
                self.close(CLOSE_SLOW, f"{self.held_bytes} bytes came while what was missed was read")
            return
        waiting = self.wire.waiting_bytes()
        if waiting > self.limit_bytes:
            self.close(CLOSE_SLOW, f"{waiting} bytes wait for this client; at most {self.limit_bytes} may")
            return
        self.wire.write(frame)

    def answer(self, frame: Frame) -> None:
        """Give a frame that is this client's alone, at once, also while others are held."""
        if self.closed is None:
            self.wire.write(frame)

    def hold(self) -> None:
        """Hold frames of the audience back until `release`; what was held before is forgotten (a snapshot has it)."""
        self.held = []
        self.held_bytes = 0

    def release(self) -> None:
        """Give what was held, and hold no more."""
        held, self.held = self.held or [], None
        for frame in held:
            self.deliver(frame)

    def close(self, code: CloseCode, reason: str = "") -> None:
        """End the connection; the first code stands."""
        if self.closed is None:
            self.closed = code
            self.held = None
            self.wire.close(code, reason or code.message)
