"""An MQTT 3.1.1 session of one simulator, of which there may be thousands in one process: what they need, and no more.

A general client takes 0.2 ms of CPU for a message of QoS 1, which is 5,000 a second from all devices together.
"""

import asyncio
import struct
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import NamedTuple, Self, cast

from simulators.base import Message

IN_FLIGHT = 1000
"""Messages of QoS 1 that wait for their acknowledgement; then the next one waits."""
CONNECT_TIMEOUT_S = 5.0
KEEP_ALIVE_S = 30
MOST_PACKET_IDS = 65_535

_CONNECT, _CONNACK, _PUBLISH, _PUBACK, _SUBSCRIBE, _SUBACK = 0x10, 0x20, 0x30, 0x40, 0x82, 0x90
_PINGREQ, _DISCONNECT = b"\xc0\x00", b"\xe0\x00"
_REFUSED = 0x80
_LONGEST_LENGTH = 4


class LinkLost(Exception):
    """There is no connection, or none any more; the text says why."""


class Heard(NamedTuple):
    """A message that came on one of the filters; the last two are MQTT 5 properties, empty where there are none."""

    topic: str
    payload: bytes
    response_topic: str = ""
    correlation: bytes = b""


class Session(asyncio.Protocol):
    """Connected within `async with`, which raises LinkLost; a connection that ends has its will published."""

    def __init__(
        self, host: str, port: int, *, client_id: str, will: Message, username: str | None, password: str | None
    ) -> None:
        self._host = host
        self._port = port
        self._hello = _connect(client_id, will, username, password)
        self._transport: asyncio.Transport | None = None
        self._received = bytearray()
        self._lost: LinkLost | None = None
        self._writable = asyncio.Event()
        self._room = asyncio.Event()
        self._accepted = asyncio.Event()
        self._subscribed = asyncio.Event()
        self._heard: asyncio.Queue[Heard | None] = asyncio.Queue()
        self._in_flight = 0
        self._packet_id = 0
        self._pinging: asyncio.TimerHandle | None = None
        self._unanswered = False

    async def __aenter__(self) -> Self:
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                await asyncio.get_running_loop().create_connection(lambda: self, self._host, self._port)
                self._write([self._hello])
                await self._accepted.wait()
            self._expect_link()
        except (OSError, TimeoutError) as error:
            raise LinkLost(str(error) or "no answer") from None
        finally:
            if not self._accepted.is_set() or self._lost is not None:
                self.cut()
        self._ping()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._write([_DISCONNECT])
        if self._transport is not None:
            self._transport.close()

    async def subscribe(self, filters: Sequence[tuple[str, int]]) -> None:
        """Subscribe to filters, each with a QoS; raises LinkLost."""
        self._subscribed.clear()
        body = struct.pack(">H", self._next_id()) + b"".join(_text(name) + bytes((qos,)) for name, qos in filters)
        self._write([_packet(_SUBSCRIBE, body)])
        await self._subscribed.wait()
        self._expect_link()

    async def say(self, messages: Sequence[Message]) -> None:
        """Publish in order; returns when the socket takes more; raises LinkLost.

        What has QoS 1 is acknowledged later.
        """
        packets: list[bytes] = []
        for message in messages:
            if message.qos:
                if self._in_flight >= IN_FLIGHT:
                    self._write(packets)
                    packets = []
                    self._room.clear()
                    await self._room.wait()
                    self._expect_link()
                self._in_flight += 1
            packets.append(self._publish(message))
        self._write(packets)
        await self._writable.wait()
        self._expect_link()

    async def heard(self) -> AsyncIterator[Heard]:
        """What comes, until the link is lost, which raises LinkLost."""
        while (message := await self._heard.get()) is not None:
            yield message
        self._expect_link()

    def cut(self) -> None:
        """End the connection without a DISCONNECT."""
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The socket is connected."""
        self._transport = cast("asyncio.Transport", transport)
        self._writable.set()

    def pause_writing(self) -> None:
        """The broker takes no more for now."""
        self._writable.clear()

    def resume_writing(self) -> None:
        """It does again."""
        self._writable.set()

    def connection_lost(self, exc: Exception | None) -> None:
        """The socket is closed: whoever waits for something is told so."""
        self._lost = self._lost or LinkLost(str(exc) if exc else "disconnected")
        if self._pinging is not None:
            self._pinging.cancel()
        for waited in (self._accepted, self._subscribed, self._room, self._writable):
            waited.set()
        self._heard.put_nowait(None)

    def data_received(self, data: bytes) -> None:
        """Bytes of the broker: as many packets as are whole."""
        received = self._received
        received += data
        while (whole := _first(received)) is not None:
            start, end = whole
            self._take(received[0], bytes(received[start:end]))
            del received[:end]

    def _take(self, first: int, body: bytes) -> None:
        kind = first & 0xF0
        if kind == _PUBACK:
            self._in_flight -= 1
            self._room.set()
        elif kind == _PUBLISH:
            self._hear(first, body)
        elif kind == _CONNACK:
            if body[1]:
                self._lost = LinkLost(f"the broker refuses: code {body[1]}")
            self._accepted.set()
        elif kind == _SUBACK:
            if _REFUSED in body[2:]:
                self._lost = LinkLost("the broker refuses a filter")
            self._subscribed.set()
        else:
            self._unanswered = False

    def _hear(self, first: int, body: bytes) -> None:
        length = struct.unpack_from(">H", body)[0]
        at = 2 + length
        topic = body[2:at].decode()
        if first & 0x06:
            self._write([b"\x40\x02" + body[at : at + 2]])
            at += 2
        self._heard.put_nowait(Heard(topic, body[at:]))

    def _publish(self, message: Message) -> bytes:
        payload = message.payload.encode() if isinstance(message.payload, str) else message.payload
        identified = struct.pack(">H", self._next_id()) if message.qos else b""
        return _packet(_PUBLISH | message.qos << 1 | message.retain, _text(message.topic) + identified + payload)

    def _next_id(self) -> int:
        self._packet_id = self._packet_id % MOST_PACKET_IDS + 1
        return self._packet_id

    def _ping(self) -> None:
        if self._unanswered:
            self._lost = LinkLost("the broker does not answer")
            self.cut()
            return
        if self._pinging is not None:
            self._unanswered = True
            self._write([_PINGREQ])
        self._pinging = asyncio.get_running_loop().call_later(KEEP_ALIVE_S / 2, self._ping)

    def _write(self, packets: Iterable[bytes]) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(b"".join(packets))

    def _expect_link(self) -> None:
        if self._lost is not None:
            raise self._lost


def _connect(client_id: str, will: Message, username: str | None, password: str | None) -> bytes:
    flags, fields = 0x02, [_text(client_id)]  # a clean session
    if will.topic:
        flags |= 0x04 | will.qos << 3 | will.retain << 5
        fields += [_text(will.topic), _text(will.payload)]
    if username is not None:
        flags |= 0x80
        fields.append(_text(username))
    if password is not None:
        flags |= 0x40
        fields.append(_text(password))
    head = _text("MQTT") + bytes((4, flags)) + struct.pack(">H", KEEP_ALIVE_S)
    return _packet(_CONNECT, head + b"".join(fields))


def _text(text: str | bytes) -> bytes:
    content = text.encode() if isinstance(text, str) else text
    return struct.pack(">H", len(content)) + content


def _packet(first: int, body: bytes) -> bytes:
    head, rest = bytearray((first,)), len(body)
    while rest >> 7:
        head.append(rest & 0x7F | 0x80)
        rest >>= 7
    head.append(rest)
    return bytes(head) + body


def _first(received: bytearray) -> tuple[int, int] | None:
    """Where the body of the first packet begins and ends; None while it is not whole."""
    length = 0
    for i in range(min(len(received) - 1, _LONGEST_LENGTH)):
        byte = received[1 + i]
        length |= (byte & 0x7F) << 7 * i
        if not byte & 0x80:
            start = 2 + i
            return (start, start + length) if len(received) >= start + length else None
    return None
