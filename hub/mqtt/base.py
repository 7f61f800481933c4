"""The MQTT seam: whatever a broker sends, in batches, acknowledged when the log has them."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol


class Message(NamedTuple):
    """One PUBLISH as it came. `packet_id` is 0 at QoS 0; `duplicate` is the DUP flag.

    `correlation` is the correlation data, which an answer has from its request (MQTT 5.0 section 3.3.2.3.6).
    """

    topic: str
    payload: bytes
    qos: int
    retain: bool
    duplicate: bool
    packet_id: int
    correlation: bytes | None = None


class Response(NamedTuple):
    """Where the answer to a PUBLISH is to go, and the data that it is to carry (MQTT 5.0 section 4.10)."""

    topic: str
    correlation: bytes


@dataclass(frozen=True, slots=True)
class Delivery:
    """What one read of the socket brought.

    `connection` counts the connections of this client from 1. `resumed`: the broker kept the MQTT session, so what was
    not acknowledged on an earlier connection comes again, first and with the DUP flag.
    """

    messages: Sequence[Message]
    connection: int
    resumed: bool


@dataclass(frozen=True, slots=True)
class LinkState:
    """How the link to the broker stands. `connected` means subscribed: the SUBACK granted every filter."""

    connected: bool
    since_ms: int
    reason: str
    """Why it is not connected; empty when it is."""


class MqttClient(Protocol):
    """One client of one broker with a fixed client id and a kept MQTT session. Opened and closed by `async with`.

    It connects, subscribes and comes back by itself (full jitter, at most 20 s), for ever. `async with` returns at
    once; the first connection may take as long as it takes. Closing it keeps the broker's session.
    """

    @property
    def link(self) -> LinkState:
        """How the link stands now."""
        ...

    @property
    def takes_response(self) -> bool:
        """Whether a message may say where it is to be answered: MQTT 3.1.1 has no word for it."""
        ...

    def deliveries(self) -> AsyncIterator[Delivery]:
        """What arrives, for ever; one iterator at a time. While nobody asks for more, reading pauses (backpressure)."""
        ...

    def ack(self, delivery: Delivery) -> None:
        """Acknowledge all messages of it with QoS 1 or 2, one write for all; nothing if its connection is gone."""
        ...

    async def publish(
        self,
        topic: str,
        payload: bytes,
        *,
        qos: int = 1,
        retain: bool = False,
        timeout_s: float = 5,
        response: Response | None = None,
    ) -> None:
        """Returns when the broker has acknowledged it; raises Unavailable when it has not in time or refuses.

        Also where it has a `response` and the client does not take one.
        """
        ...
