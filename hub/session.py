"""One client: who it is, what it asked for, and what waits for it. No I/O: the wire is given."""

from collections.abc import MutableMapping
from typing import Protocol

from hub import protocol
from hub.auth import Identity, View
from hub.conflation import Conflation
from hub.errors import CLOSE_SLOW, CloseCode
from hub.events import NOWHERE, Position
from hub.interest import Interest
from hub.protocol import MAX_EVENTS_FRAME_BYTES, Frame

SLOW_SHARE = 2
"""A session is slow when the wire has half of its limit waiting: from then on telemetry is conflated for it."""


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
    what it missed first. While the wire is slow, telemetry is conflated, and the session is in `slow` until `drain`
    has given all. Whatever waits, held, conflated or on the wire, is at most `limit_bytes`; past it the session is
    closed as `slow` and the client comes back with its position. Times are of one clock that never goes back.
    """

    __slots__ = (
        "address",
        "closed",
        "conflation",
        "filters",
        "held",
        "held_bytes",
        "identity",
        "interests",
        "limit_bytes",
        "slow",
        "tail",
        "view",
        "wire",
    )

    def __init__(
        self,
        identity: Identity,
        wire: Wire,
        *,
        limit_bytes: int,
        slow: MutableMapping["Session", None],
        address: str = "",
    ) -> None:
        self.identity = identity
        self.address = address
        self.wire = wire
        self.limit_bytes = limit_bytes
        self.slow = slow
        self.interests: frozenset[Interest] = frozenset()
        self.filters: frozenset[str] = frozenset()
        self.view: View | None = None
        self.held: list[Frame] | None = None
        self.held_bytes = 0
        self.conflation: Conflation[Position] | None = None
        self.tail: Position = NOWHERE
        self.closed: CloseCode | None = None

    def deliver(self, frame: Frame, now_ms: float) -> None:
        """Give a frame of the audience to the client, in order."""
        if self.closed is not None:
            return
        if self.held is not None:
            self._keep(self.held, frame)
        elif self.conflation is not None or self.wire.waiting_bytes() * SLOW_SHARE > self.limit_bytes:
            self._conflate(frame, now_ms)
        else:
            self.wire.write(frame)

    def answer(self, frame: Frame) -> None:
        """Give a frame that is this client's alone, at once, also while others wait."""
        if self.closed is None:
            self.wire.write(frame)

    def notify(self, frame: Frame) -> None:
        """Give a frame that is worth something only now: nothing happens where others wait."""
        waits = self.held is not None or self.conflation is not None
        if self.closed is None and not waits and self.wire.waiting_bytes() * SLOW_SHARE <= self.limit_bytes:
            self.wire.write(frame)

    def hold(self) -> None:
        """Hold frames of the audience back until `release`; what was held before is forgotten (a snapshot has it)."""
        self.held = []
        self.held_bytes = 0

    def release(self, now_ms: float) -> None:
        """Give what was held, and hold no more."""
        held, self.held = self.held or [], None
        for frame in held:
            self.deliver(frame, now_ms)

    def settle(self, now_ms: float) -> None:
        """Give all that was conflated: what is answered next says that everything before has been given."""
        self.drain(now_ms, all_of_it=True)

    def drain(self, now_ms: float, *, all_of_it: bool = False) -> int:
        """Give what was conflated, as far as the wire takes it; with nothing left the session is slow no more.

        Returns how many events of the log stand merged in what was given.
        """
        conflation, conflated = self.conflation, 0
        while conflation and (all_of_it or self.wire.waiting_bytes() * SLOW_SHARE <= self.limit_bytes):
            taken = conflation.take(now_ms, max_bytes=MAX_EVENTS_FRAME_BYTES)
            position = conflation.since or self.tail
            self.wire.write(protocol.events(position, b",".join(taken.pieces), conflated=taken.conflated))
            conflated += taken.conflated
        if not conflation:
            self._end_slow()
        return conflated

    def _keep(self, held: list[Frame], frame: Frame) -> None:
        held.append(frame)
        self.held_bytes += len(frame.payload)
        if self.held_bytes > self.limit_bytes:
            self.close(CLOSE_SLOW, f"{self.held_bytes} bytes came while what was missed was read")

    def _conflate(self, frame: Frame, now_ms: float) -> None:
        if frame.since is None:
            # A heartbeat would promise what still waits; a gap and the snapshot behind it replace it.
            if frame.kind != "heartbeat":
                self._end_slow()
                self.wire.write(frame)
            return
        if self.conflation is None:
            self.conflation = Conflation(limit_bytes=self.limit_bytes)
            self.slow[self] = None
        self.conflation.add_all(frame.pieces, now_ms=now_ms, mark=frame.since)
        self.tail = frame.position or self.tail
        if self.conflation.size_bytes + self.wire.waiting_bytes() > self.limit_bytes:
            self.close(CLOSE_SLOW, f"{self.conflation.backlog(now_ms)}; {self.wire.waiting_bytes()} bytes on the wire")

    def _end_slow(self) -> None:
        self.conflation = None
        self.slow.pop(self, None)

    def close(self, code: CloseCode, reason: str = "") -> None:
        """End the connection; the first code stands."""
        if self.closed is None:
            self.closed = code
            self.held = None
            self._end_slow()
            self.wire.close(code, reason or code.message)
