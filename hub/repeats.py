"""Requests that were carried out, by their idempotency keys, so that a repeat is answered and not done again; pure."""

import hashlib
from collections.abc import Iterable
from typing import NamedTuple
from zlib import crc32

from hub.errors import BAD_REQUEST, CONFLICT, HubError
from hub.events import TELEMETRY_PREFIX, Batch, Packet, Position

SOURCE = "http ingest"
"""The `source` of a batch that came by HTTP; no MQTT client id of a hub has a blank."""
MAX_KEY_CHARS = 255
MAX_KNOWN = 50_000
"""Requests that are remembered; past it the oldest is forgotten, and a repeat of it is taken for new."""

_ID_BYTES = 6


class Done(NamedTuple):
    """A request that is on the log: where, how many readings it brought, and the digest of its body."""

    position: Position
    readings: int
    digest: int


def packet_of(key: str, body: bytes, *, user: str, device: str) -> Packet:
    """What a log entry keeps of a request: a digest of who asks what with which key, and one of the body.

    Raises HubError(BAD_REQUEST) for a key that is empty, too long, or not printable.
    """
    if not 0 < len(key) <= MAX_KEY_CHARS or not key.isprintable():
        raise HubError(f"An Idempotency-Key has 1 to {MAX_KEY_CHARS} characters that can be printed.", code=BAD_REQUEST)
    whole = f"{user}\0{device}\0{key}".encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.sha256(whole).digest()[:_ID_BYTES], "big"), crc32(body)


class Repeats:
    """Which requests with a key are on the log. It is told by `learn` what the log has; that proves them over restarts.

    `forgotten` counts those that were dropped because there are too many.
    """

    def __init__(self, *, max_known: int = MAX_KNOWN) -> None:
        self.forgotten = 0
        self._max_known = max_known
        self._done: dict[int, Done] = {}

    def __len__(self) -> int:
        return len(self._done)

    def learn(self, batches: Iterable[Batch]) -> None:
        """Remember the requests of these batches, oldest first, which have their positions."""
        for batch in batches:
            if batch.source != SOURCE or batch.position is None:
                continue
            readings = sum(topic.startswith(TELEMETRY_PREFIX) for topic in batch.topics)
            for request, digest in batch.packets:
                self._done.pop(request, None)
                self._done[request] = Done(batch.position, readings, digest)
        while len(self._done) > self._max_known:
            del self._done[next(iter(self._done))]
            self.forgotten += 1

    def find(self, packet: Packet) -> Done | None:
        """The request as it was carried out, or None; raises HubError(CONFLICT) where its body was another."""
        done = self._done.get(packet[0])
        if done is not None and done.digest != packet[1]:
            raise HubError("This Idempotency-Key was used with another body.", code=CONFLICT)
        return done
