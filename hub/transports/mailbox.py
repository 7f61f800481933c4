"""What comes for one request: the wire of a session that lives no longer than its answer."""

import asyncio

import orjson

from hub.errors import CloseCode
from hub.events import NOWHERE, Position
from hub.protocol import Frame

_BEFORE_EVENTS = b'"events":['
_AFTER_EVENTS = b"]}"


class Mailbox:
    """Collects frames; `filled` is set when there is an event, or when no more will come.

    `position` is where the client goes on from, `recovered` is None where that was not asked.
    """

    def __init__(self) -> None:
        self.filled = asyncio.Event()
        self.position: Position = NOWHERE
        self.recovered: bool | None = None
        self.snapshot = False
        self.closed: CloseCode | None = None
        self._bodies: list[bytes] = []
        self._waiting_bytes = 0

    def write(self, frame: Frame) -> None:
        """Keep what the answer will say of this frame."""
        if frame.position is not None:
            self.position = frame.position
        if frame.kind == "reply":
            self.recovered = orjson.loads(frame.payload).get("recovered")
        elif frame.kind == "gap":
            self.recovered = False
            self._bodies.clear()
        elif frame.kind == "events":
            self._keep(frame.payload)

    def waiting_bytes(self) -> int:
        """Bytes of the answer so far."""
        return self._waiting_bytes

    def close(self, code: CloseCode, _: str) -> None:
        """No more will come: the answer is what is there."""
        self.closed = code
        self.filled.set()

    def answer(self) -> bytes:
        """The JSON that the client gets."""
        members: dict[str, object] = {"position": str(self.position)}
        if self.recovered is not None:
            members["recovered"] = self.recovered
        if self.snapshot:
            members["snapshot"] = True
        return b'%b,"events":[%b]}' % (orjson.dumps(members)[:-1], b",".join(self._bodies))

    def _keep(self, payload: bytes) -> None:
        head, _, rest = payload.partition(_BEFORE_EVENTS)
        body = rest.removesuffix(_AFTER_EVENTS)
        if b'"snapshot":true' in head:
            self.snapshot = True
        if body:
            self._bodies.append(body)
            self._waiting_bytes += len(body)
            self.filled.set()
        elif self.recovered is False:
            self.filled.set()
