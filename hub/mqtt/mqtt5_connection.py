"""One MQTT 5 connection on an asyncio transport: flow control, keep alive, acknowledgements."""

import asyncio
import logging
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import cast

from hub.errors import TOO_LARGE, Unavailable
from hub.mqtt import mqtt5_codec as codec
from hub.mqtt.base import Message, Response
from hub.mqtt.in_flight import MAX_PACKET_ID, InFlight
from hub.mqtt.inbox import Inbox

log = logging.getLogger(__name__)

CLOSE_TIMEOUT_S = 2.0
_TCP_QUICKACK: int | None = getattr(socket, "TCP_QUICKACK", None)
"""Linux only."""
SUBSCRIBE_PACKET_ID = MAX_PACKET_ID
"""Own messages begin at 1 and the one SUBSCRIBE of a connection is its first packet: they never meet."""


@dataclass(slots=True)
class Exchanges:
    """QoS 2 exchanges that outlive a connection, by packet id (MQTT 5.0 section 4.1)."""

    received: set[int] = field(default_factory=set)
    """Messages answered with PUBREC and not released yet: one that comes again is answered, not delivered."""
    unreleased: set[int] = field(default_factory=set)
    """Own messages without PUBCOMP: the broker takes the same id for the same message until it gets PUBREL."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectOptions:
    """What a connection asks of the broker."""

    client_id: str
    user: str | None
    password: str | None
    session_expiry_s: int
    receive_max: int
    max_packet_bytes: int
    keep_alive_s: int
    max_qos: int


class Mqtt5Connection(asyncio.Protocol):
    """One connection, from CONNECT to its end; `begin(connection, resumed)` is called when the broker accepts it."""

    def __init__(
        self,
        options: ConnectOptions,
        *,
        inbox: Inbox,
        exchanges: Exchanges,
        begin: Callable[["Mqtt5Connection", bool], None],
    ) -> None:
        loop = asyncio.get_running_loop()
        self._options = options
        self._inbox = inbox
        self._exchanges = exchanges
        self._begin = begin
        self._rest = bytearray()
        self._heard = True
        self._paused = False
        self._accepted: asyncio.Future[codec.Accepted] = loop.create_future()
        self._granted: asyncio.Future[tuple[str, ...]] = loop.create_future()
        self._gone: asyncio.Future[str] = loop.create_future()
        self._writable = asyncio.Event()
        self._writable.set()
        self._reason = ""
        self._in_flight = InFlight(limit=1)
        self._timer: asyncio.TimerHandle | None = None
        self._transport: asyncio.Transport | None = None
        self._socket: socket.socket | None = None
        self.malformed = 0
        """Messages that could not be read: acknowledged, logged, not delivered."""

    # What asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Say CONNECT."""
        options = self._options
        self._transport = cast("asyncio.Transport", transport)
        self._socket = transport.get_extra_info("socket")
        self._transport.write(
            codec.connect(
                options.client_id,
                user=options.user,
                password=options.password,
                keep_alive_s=options.keep_alive_s,
                session_expiry_s=options.session_expiry_s,
                receive_max=options.receive_max,
                max_packet_bytes=options.max_packet_bytes,
            )
        )

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell everyone who waits."""
        closed = f"the broker closed the connection, as it does when another client is {self._options.client_id} too"
        reason = self._reason or (f"the connection was lost: {exc}" if exc else closed)
        if self._timer is not None:
            self._timer.cancel()
        for waiting in (self._accepted, self._granted):
            if not waiting.done():
                waiting.set_exception(Unavailable(reason))
                waiting.exception()  # seen: whoever asks gets it, and nobody need ask
        self._in_flight.lose(f"{reason}; the message may have arrived or not")
        self._writable.set()
        self._gone.set_result(reason)

    def pause_writing(self) -> None:
        """The socket is full: publishing waits, and nothing more is read that would have to be acknowledged."""
        self._writable.clear()
        self._regulate()

    def resume_writing(self) -> None:
        """The socket takes more."""
        self._writable.set()
        self._regulate()

    def data_received(self, data: bytes) -> None:
        """Parse all that is whole; all messages of one read go to the inbox together."""
        self._heard = True
        self._ack_at_once()
        if self._rest:
            self._rest += data
            arrived = codec.parse(self._rest)
            del self._rest[: arrived.end]
        else:
            arrived = codec.parse(data)
            self._rest += data[arrived.end :]
        # Controls first: the connection begins (CONNACK) before its messages are there to be acknowledged.
        for control in arrived.controls:
            self._control(control)
        if arrived.messages:
            self._deliver(arrived.messages, arrived.end)

    # What the client calls

    async def accepted(self) -> None:
        """Returns when the broker has accepted the connection; raises Unavailable when it refuses."""
        await self._accepted

    async def subscribe(self, filters: Sequence[str]) -> None:
        """Returns when the broker has granted every filter; raises Unavailable with the reason when it has not."""
        self._write(codec.subscribe(filters, packet_id=SUBSCRIBE_PACKET_ID, max_qos=self._options.max_qos))
        for topic_filter, refusal in zip(filters, await self._granted, strict=False):
            if refusal:
                raise Unavailable(f"the broker refuses the subscription to {topic_filter}: {refusal}")

    async def ended(self) -> str:
        """Returns when the connection is gone, with the reason."""
        return await asyncio.shield(self._gone)

    def ack(self, messages: Sequence[Message]) -> None:
        """PUBACK or PUBREC for each, in the order they came: rumqttd drops a client that answers out of order."""
        if self._options.max_qos > 1:
            self._exchanges.received.update(m.packet_id for m in messages if m.qos > 1)
        self._write(codec.acks(messages))

    def read_on(self) -> None:
        """Read again: there is room in the inbox."""
        self._regulate()

    async def publish(self, topic: str, payload: bytes, *, qos: int, retain: bool, response: Response | None) -> None:
        """Returns when the broker has acknowledged it; raises Unavailable when it refuses or the connection is lost."""
        granted = self._accepted.result()
        if qos > granted.max_qos:
            raise Unavailable(f"The broker takes messages up to QoS {granted.max_qos} only.")
        await self._writable.wait()
        if qos == 0:
            self._write_publish(codec.publish(topic, payload, qos=0, retain=retain, packet_id=None, response=response))
            return
        packet_id, answer = await self._in_flight.reserve()
        try:
            self._write_publish(
                codec.publish(topic, payload, qos=qos, retain=retain, packet_id=packet_id, response=response)
            )
        except Exception:
            self._in_flight.settle(packet_id)
            raise
        if qos > 1:
            self._exchanges.unreleased.add(packet_id)
        await answer

    async def close(self) -> None:
        """Say DISCONNECT, which keeps the session, and wait until the connection is gone."""
        if self._transport is None or self._gone.done():
            return
        if self._accepted.done():
            self._write(codec.DISCONNECT)
        self._transport.close()
        await asyncio.wait([self._gone], timeout=CLOSE_TIMEOUT_S)
        # A broker that takes no more bytes would keep the socket open for ever.
        self._transport.abort()
        await asyncio.wait([self._gone])

    # What arrives

    def _deliver(self, messages: list[Message], size_bytes: int) -> None:
        received = self._exchanges.received
        if received:
            again = [m for m in messages if m.qos > 1 and m.packet_id in received]
            if again:
                self._write(codec.acks(again))
                messages = [m for m in messages if m.qos < 2 or m.packet_id not in received]  # noqa: PLR2004 - QoS 2
        self._inbox.put(messages, size_bytes)
        self._regulate()

    def _regulate(self) -> None:
        """Read while there is room for what comes and for its acknowledgements."""
        pause = self._inbox.full or not self._writable.is_set()
        if pause == self._paused or self._transport is None or self._transport.is_closing():
            return
        self._paused = pause
        if pause:
            self._transport.pause_reading()
        else:
            self._transport.resume_reading()

    def _control(self, control: codec.Control) -> None:
        match control:
            case codec.Accepted():
                self._accept(control)
            case codec.Refused(reason) | codec.Ended(reason):
                self._fail(reason)
            case codec.Granted(refusals):
                if not self._granted.done():
                    self._granted.set_result(refusals)
            case codec.Settled(packet_id, refusal):
                self._exchanges.unreleased.discard(packet_id)
                self._in_flight.settle(packet_id, refusal=refusal and f"The broker refuses the message: {refusal}.")
            case codec.Received(packet_id):
                self._write(codec.pubrel(packet_id))
            case codec.Released(packet_id):
                self._exchanges.received.discard(packet_id)
                self._write(codec.pubcomp(packet_id))
            case codec.Malformed(packet_id, qos, reason):
                self.malformed += 1
                log.warning(
                    "A message that can't be read was passed over (%s); the broker does not check topics.", reason
                )
                self._write(codec.ack(packet_id, qos=qos) if qos else b"")

    def _accept(self, accepted: codec.Accepted) -> None:
        if self._accepted.done():
            self._fail("the broker accepted the connection twice")
            return
        if not accepted.resumed:
            self._exchanges.received.clear()
            self._exchanges.unreleased.clear()
        # Once: where the broker has forgotten the id it answers so, or ends a connection that would else come again.
        for packet_id in self._exchanges.unreleased:
            self._write(codec.pubrel(packet_id))
        self._exchanges.unreleased.clear()
        self._in_flight = InFlight(limit=accepted.receive_max)
        self._accepted.set_result(accepted)
        self._begin(self, accepted.resumed)
        self._beat(keep_alive_s=accepted.keep_alive_s or self._options.keep_alive_s)

    # Keep alive

    def _beat(self, *, keep_alive_s: int) -> None:
        """Twice per keep alive: the link is dead if nothing came since the last PINGREQ."""
        # While the inbox is full nothing is read, and the silence is our own.
        if not self._heard and not self._inbox.full:
            self._fail(f"the broker has been silent for {keep_alive_s / 2:g} s")
            return
        self._heard = False
        self._write(codec.PINGREQ)
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(keep_alive_s / 2, lambda: self._beat(keep_alive_s=keep_alive_s))

    # The socket

    def _ack_at_once(self) -> None:
        """Have the kernel confirm what was read now, where it would wait up to 40 ms for something to send along.

        A broker that leaves Nagle's algorithm on (rumqttd, Mosquitto by default) holds its next small write back until
        then: measured, 20,000 messages a second came with a median of 11 ms instead of 0.6. The kernel forgets it.
        """
        if self._socket is not None and _TCP_QUICKACK is not None:
            with suppress(OSError):
                self._socket.setsockopt(socket.IPPROTO_TCP, _TCP_QUICKACK, 1)

    def _write_publish(self, packet: bytes) -> None:
        limit = self._accepted.result().max_packet_bytes
        if limit is not None and len(packet) > limit:
            raise Unavailable(f"The broker takes packets up to {limit} bytes only.", code=TOO_LARGE)
        self._write(packet)

    def _write(self, packets: bytes) -> None:
        if packets and self._transport is not None and not self._transport.is_closing():
            self._transport.write(packets)

    def _fail(self, reason: str) -> None:
        self._reason = self._reason or reason
        if self._transport is not None:
            self._transport.abort()
