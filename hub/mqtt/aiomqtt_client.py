"""The client for brokers that speak MQTT 3.1.1 only: aiomqtt on paho, acknowledging by hand."""

import asyncio
import logging
import math
import socket
import ssl
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

import aiomqtt
from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion

from hub.errors import Unavailable
from hub.mqtt.base import Message, Response
from hub.mqtt.inbox import MAX_WAITING_BYTES, MAX_WAITING_MESSAGES, Inbox
from hub.mqtt.kept_client import KeptClient
from hub.mqtt.url import BrokerUrl

log = logging.getLogger(__name__)

CONNECT_TIMEOUT_S = 10.0
KEEP_ALIVE_S = 30
QOS = 1
READ_BYTES = 65536
CHECK_S = 1.0
"""How often paho looks at its keep alive."""
FIRST_REFUSAL = 0x80
PUBACK = 0x40
_DUP = 8
_RETAIN = 1
MAX_PENDING_CALLS = 65535
"""More publishes in flight than this would make aiomqtt write a warning each."""


class AiomqttClient(KeptClient):
    """MqttClient for brokers that speak MQTT 3.1.1.

    A fraction of Mqtt5Client's speed. It takes QoS 1 always, because paho answers QoS 2 before anyone has it; for how
    long a session lives and how much is in flight the broker sets. 3.1.1 has no word for a publish that is refused (it
    looks granted), or to be answered. While reading is paused the keep alive goes on; a dead link is noticed later.
    """

    def __init__(
        self,
        url: str,
        *,
        client_id: str,
        filters: Sequence[str],
        tls: ssl.SSLContext | None = None,
        keep_alive_s: int = KEEP_ALIVE_S,
        max_waiting_messages: int = MAX_WAITING_MESSAGES,
        max_waiting_bytes: int = MAX_WAITING_BYTES,
    ) -> None:
        super().__init__(
            url,
            client_id=client_id,
            filters=filters,
            max_waiting_messages=max_waiting_messages,
            max_waiting_bytes=max_waiting_bytes,
        )
        self._tls = tls
        self._keep_alive_s = keep_alive_s

    takes_response = False

    @asynccontextmanager
    async def _open(self) -> AsyncIterator["_Connection"]:
        # A client of its own for each connection: paho would send again what a caller was told is not sent.
        connection = _Connection(self._inbox, begin=self._begin_connection)
        client = _Client(
            connection,
            self._url,
            client_id=self._client_id,
            keep_alive_s=self._keep_alive_s,
            tls=(self._tls or ssl.create_default_context()) if self._url.tls else None,
        )
        connection.client = client
        # A task of its own: aiomqtt waits in a way that may forget that it was cancelled.
        opening = asyncio.ensure_future(client.__aenter__())
        try:
            await asyncio.wait([opening])
            opening.result()
            yield connection
        except aiomqtt.MqttError as error:
            raise Unavailable(f"can't connect: {error}") from error
        finally:
            opening.cancel()
            await client.leave()

    def _begin_connection(self, connection: "_Connection", resumed: bool) -> None:  # noqa: FBT001 - a callback
        self._begin(connection, resumed=resumed)


class _Connection:
    """One connection: what paho calls on one side, what KeptClient calls on the other."""

    def __init__(self, inbox: Inbox, *, begin: Callable[["_Connection", bool], None]) -> None:
        self._inbox = inbox
        self._begin = begin
        self._messages: list[Message] = []
        self.client: _Client

    def accepted(self, *, resumed: bool) -> None:
        """The broker's CONNACK has come."""
        self._begin(self, resumed)

    def arrived(self, message: Message) -> None:
        """One message; paho calls it in the middle of a read."""
        self._messages.append(message)

    def read(self, size_bytes: int) -> bool:
        """A read is over: its messages go to the inbox together; gives whether to read on."""
        if self._messages:
            self._inbox.put(self._messages, size_bytes)
            self._messages = []
        return not self._inbox.full

    async def subscribe(self, filters: Sequence[str]) -> None:
        """Returns when the broker has granted every filter; raises Unavailable with the reason when it has not."""
        try:
            granted = await self._unless_lost(
                self.client.subscribe([(text, QOS) for text in filters], timeout=math.inf)
            )
        except aiomqtt.MqttError as error:
            raise Unavailable(f"can't subscribe: {error}") from error
        for topic_filter, code in zip(filters, granted, strict=False):
            if _number(code) >= FIRST_REFUSAL:
                raise Unavailable(f"the broker refuses the subscription to {topic_filter}")

    async def ended(self) -> str:
        """Returns when the connection is gone, with the reason."""
        return await self.client.ended()

    def ack(self, messages: Sequence[Message]) -> None:
        """PUBACK for each, in one write."""
        self.client.acknowledge([message.packet_id for message in messages if message.qos])

    def read_on(self) -> None:
        """Read again: there is room in the inbox."""
        self.client.read_on()

    async def publish(self, topic: str, payload: bytes, *, qos: int, retain: bool, response: Response | None) -> None:
        """Returns when the broker has acknowledged it; raises Unavailable when the connection is lost."""
        if response is not None:
            raise Unavailable("The broker speaks MQTT 3.1.1, which has no response topics.")
        try:
            await self._unless_lost(self.client.publish(topic, payload, qos, retain, timeout=math.inf))
        except aiomqtt.MqttError as error:
            raise Unavailable(f"{error}; the message may have arrived or not") from error

    async def _unless_lost(self, call: Coroutine[Any, Any, Any]) -> Any:
        """What the call gives; raises Unavailable as soon as the connection is gone, which aiomqtt would wait out."""
        task = asyncio.ensure_future(call)
        ended = asyncio.ensure_future(self.ended())
        try:
            await asyncio.wait([task, ended], return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                return task.result()
            raise Unavailable(f"{ended.result()}; the message may have arrived or not")
        finally:
            task.cancel()
            ended.cancel()
            await asyncio.wait([task, ended])


class _Paho(paho.Client):
    """paho, reading from a buffer that is filled once per wake-up instead of three times per packet.

    What it does with a PUBLISH is ours too: its own way takes most of the time, acknowledges what nobody has, and ends
    the connection, again and again, over one message with an empty topic that a broker passed on.
    """

    def __init__(self, identifier: str, *, arrived: Callable[[Message], None], tls: ssl.SSLContext | None) -> None:
        super().__init__(
            CallbackAPIVersion.VERSION2,
            client_id=identifier,
            clean_session=False,
            protocol=MQTTProtocolVersion.MQTTv311,
            reconnect_on_failure=False,
        )
        self._arrived = arrived
        self._tls = tls
        if tls is not None:
            self.tls_set_context(tls)
        self._chunk = memoryview(b"")
        self._end = False
        self.malformed = 0
        """Messages that could not be read: acknowledged, logged, not delivered."""

    def fill(self) -> int:
        """Read the socket once; gives how many bytes came."""
        try:
            chunk = super()._sock_recv(READ_BYTES)
        except BlockingIOError:
            return 0
        except OSError:
            chunk = b""
        self._end = not chunk
        self._chunk = memoryview(chunk)
        return len(chunk)

    def drain(self) -> None:
        """Handle all that was read; what is not whole stays in paho's own state."""
        while (self._chunk or self._end) and self._sock is not None:
            self.loop_read()

    @property
    def undecrypted(self) -> bool:
        """Whether TLS has bytes that the event loop does not see."""
        return isinstance(self._sock, ssl.SSLSocket) and self._sock.pending() > 0

    def acknowledge(self, packet_ids: Sequence[int]) -> None:
        """One write for all; paho's own `ack` makes one each."""
        if packet_ids and self._sock is not None:
            packets = b"".join([b"\x40\x02" + packet_id.to_bytes(2, "big") for packet_id in packet_ids])
            self._packet_queue(PUBACK, packets, packet_ids[-1], 1)

    def excuse_silence(self) -> None:
        """Nothing can be heard while reading is paused: the broker owes no answer."""
        self._ping_t = 0.0
        self._last_bytes_received = time.monotonic()

    def drop(self) -> None:
        """Close the socket, if it is still open."""
        self._sock_close()

    def _handle_publish(self) -> MQTTErrorCode:
        """A PUBLISH (MQTT 3.1.1 section 3.3)."""
        head, body = self._in_packet["command"], self._in_packet["packet"]
        qos = head >> 1 & 3
        end = 2 + int.from_bytes(body[:2], "big")
        start = end + 2 if qos else end
        packet_id = int.from_bytes(body[end:start], "big")
        if qos > QOS or len(body) < start or bool(qos) != bool(packet_id):
            return MQTTErrorCode.MQTT_ERR_PROTOCOL
        try:
            topic = body[2:end].decode()
        except UnicodeDecodeError:
            topic = ""
        if topic:
            self._arrived(Message(topic, bytes(body[start:]), qos, head & _RETAIN > 0, head & _DUP > 0, packet_id))
        else:
            self.malformed += 1
            log.warning("A message without a readable topic was passed over; the broker does not check topics.")
            self.acknowledge([packet_id] if qos else [])
        return MQTTErrorCode.MQTT_ERR_SUCCESS

    def _ssl_wrap_socket(self, tcp_sock: socket.socket) -> ssl.SSLSocket:
        """As the context says. paho's own leaves the socket open when the handshake fails, one for each attempt."""
        context = self._tls or ssl.create_default_context()
        sock = context.wrap_socket(tcp_sock, server_hostname=self._host, do_handshake_on_connect=False)
        try:
            sock.settimeout(CONNECT_TIMEOUT_S)
            sock.do_handshake()
        except BaseException:
            sock.close()
            raise
        return sock

    def _sock_recv(self, bufsize: int) -> bytes:
        if not self._chunk:
            if self._end:
                return b""
            raise BlockingIOError
        piece = bytes(self._chunk[:bufsize])
        self._chunk = self._chunk[bufsize:]
        return piece


class _Client(aiomqtt.Client):
    """aiomqtt with a paho of ours: reads in batches, pauses reading, and tells whether the session was kept."""

    def __init__(
        self,
        connection: _Connection,
        url: BrokerUrl,
        *,
        client_id: str,
        keep_alive_s: int,
        tls: ssl.SSLContext | None,
    ) -> None:
        super().__init__(
            url.host, url.port, identifier=client_id, keepalive=keep_alive_s, timeout=CONNECT_TIMEOUT_S, logger=log
        )
        self.pending_calls_threshold = MAX_PENDING_CALLS
        self._connection = connection
        self._paused = False
        self._left = False
        self._timer: asyncio.TimerHandle | None = None
        self._paho = _Paho(client_id, arrived=connection.arrived, tls=tls)
        # aiomqtt makes a paho of its own and has no way to be given one; all it has set there is set here again.
        self._client = self._paho
        self._paho.on_connect = self._on_connack
        self._paho.on_disconnect = self._on_end
        self._paho.on_subscribe = self._on_subscribe
        self._paho.on_publish = self._on_publish
        self._paho.on_socket_open = self._on_socket_open
        self._paho.on_socket_close = self._on_socket_close
        self._paho.on_socket_register_write = self._on_socket_register_write
        self._paho.on_socket_unregister_write = self._on_socket_unregister_write
        if url.user is not None:
            self._paho.username_pw_set(url.user, url.password)

    async def ended(self) -> str:
        """Returns when the connection is gone, with the reason."""
        await asyncio.wait([self._disconnected])
        return f"the connection was lost: {self._disconnected.exception()}"

    def acknowledge(self, packet_ids: Sequence[int]) -> None:
        """PUBACK for each, in one write."""
        self._paho.acknowledge(packet_ids)

    def read_on(self) -> None:
        """Read again after a pause."""
        sock = self._paho.socket()
        if self._paused and sock is not None:
            self._paused = False
            self._loop.add_reader(sock.fileno(), self._on_readable)
            # What TLS has decrypted already makes no socket readable.
            self._loop.call_soon(self._on_readable)

    async def leave(self) -> None:
        """Say DISCONNECT, which keeps the session, and close the socket; well where there is none."""
        if self._connected.done() and not self._connected.cancelled() and self._connected.exception() is None:
            with suppress(aiomqtt.MqttError):
                await self.__aexit__(None, None, None)
        self._left = True
        self._paho.drop()
        if self._timer is not None:
            self._timer.cancel()
        if self._disconnected.done():
            self._disconnected.exception()  # seen: the reason is known or of no more interest

    def _on_connack(self, client: paho.Client, userdata: Any, flags: paho.ConnectFlags, *rest: Any) -> None:
        if rest[0] == paho.CONNACK_ACCEPTED:
            self._connection.accepted(resumed=flags.session_present)
        self._on_connect(client, userdata, flags, *rest)

    def _on_end(self, *args: Any) -> None:
        self._on_disconnect(*args)
        if self._disconnected.done():
            # Seen: where the end comes while the connection begins, aiomqtt forgets the future unread.
            self._disconnected.exception()

    def _on_socket_open(self, _client: paho.Client, _userdata: Any, sock: Any) -> None:
        # paho calls this in the thread that connects.
        self._loop.call_soon_threadsafe(self._attend, sock)

    def _attend(self, sock: Any) -> None:
        if self._left:
            self._paho.drop()
        elif sock.fileno() >= 0:
            self._loop.add_reader(sock.fileno(), self._on_readable)
            self._check()

    def _on_socket_close(self, _client: paho.Client, _userdata: Any, sock: Any) -> None:
        if sock.fileno() >= 0:
            self._loop.remove_reader(sock.fileno())

    def _on_readable(self) -> None:
        try:
            self._read()
        except Exception as error:
            # What paho can't read it meets with whatever its parser trips over; the connection is of no more use.
            log.exception("paho could not read what the broker sent; the connection is ended.")
            self._paho.drop()
            if not self._disconnected.done():
                self._disconnected.set_exception(aiomqtt.MqttError(f"unreadable: {error}"))

    def _read(self) -> None:
        reading = not self._paused
        while reading:
            size_bytes = self._paho.fill()
            self._paho.drain()
            reading = self._connection.read(size_bytes)
            if not reading:
                self._pause()
            reading = reading and self._paho.undecrypted

    def _pause(self) -> None:
        sock = self._paho.socket()
        if sock is not None:
            self._paused = True
            self._loop.remove_reader(sock.fileno())

    def _check(self) -> None:
        """Keep alive: paho sends PINGREQ, and ends a connection without an answer."""
        if self._paused:
            self._paho.excuse_silence()
        self._paho.loop_misc()
        self._timer = self._loop.call_later(CHECK_S, self._check)


def _number(code: Any) -> int:
    """A granted QoS or refusal, which is an integer in 3.1.1."""
    return int(getattr(code, "value", code))
