"""One simulator's MQTT session: connects, comes back, publishes what it says, and can be torn on purpose."""

import asyncio
import logging
import random
import socket
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

import aiomqtt
from paho.mqtt.enums import MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from simulators.base import Message, Responder, Simulator
from simulators.session import CONNECT_TIMEOUT_S, IN_FLIGHT, KEEP_ALIVE_S, Heard, LinkLost, Session

log = logging.getLogger(__name__)

QUEUE_MESSAGES = 1000
"""Waiting to be sent; a message that comes when it is full is dropped and counted, as on a small device."""
BACKOFF_LEAST_S = 0.5
BACKOFF_MOST_S = 10.0
FLUSH_S = 0.001
CONNECTING = 100
"""Links of a fleet that connect at once: were it thousands, all would be too slow for the broker's patience."""


@dataclass(frozen=True)
class Broker:
    """Where to connect."""

    host: str
    port: int
    username: str | None = None
    password: str | None = None

    def __str__(self) -> str:
        return f"mqtt://{self.host}:{self.port}"

    @classmethod
    def parse(cls, url: str) -> "Broker":
        """The broker of `mqtt://[user[:password]@]host[:port]`; raises ValueError with a sentence."""
        parts = urlsplit(url)
        if parts.scheme != "mqtt" or not parts.hostname:
            raise ValueError(f"{url!r} is not like mqtt://127.0.0.1:1883")
        username = unquote(parts.username) if parts.username else None
        password = unquote(parts.password) if parts.password else None
        return cls(parts.hostname, parts.port or 1883, username, password)


class _Client(aiomqtt.Client):
    """As `Session`, for MQTT 5: sends many messages at once, and can be cut, so that the will is published."""

    async def say(self, messages: Sequence[Message]) -> None:
        """Publish in order without a pause after each; returns when the socket has taken all; raises MqttError.

        What has QoS 1 is acknowledged later: thousands of devices in one process can't wait for each.
        """
        for message in messages:
            while not self._put(message):  # noqa: ASYNC110 - paho tells nobody that there is room
                await asyncio.sleep(FLUSH_S)
        while self._client.want_write():  # noqa: ASYNC110 - nor that its socket has taken all
            await asyncio.sleep(FLUSH_S)

    async def heard(self) -> AsyncIterator[Heard]:
        """What comes, until the link is lost, which raises MqttError."""
        async for message in self.messages:
            payload = message.payload if isinstance(message.payload, bytes) else b""
            response_topic = getattr(message.properties, "ResponseTopic", "")
            correlation = getattr(message.properties, "CorrelationData", b"")
            yield Heard(message.topic.value, payload, response_topic, correlation)

    def _put(self, message: Message) -> bool:
        """Hand over a message, or False: too many wait for the broker."""
        properties = None
        if message.correlation:
            properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]  # paho leaves it so
            properties.CorrelationData = message.correlation
        handed = self._client.publish(message.topic, message.payload, message.qos, message.retain, properties)
        if handed.rc == MQTTErrorCode.MQTT_ERR_QUEUE_SIZE:
            return False
        if handed.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
            raise aiomqtt.MqttCodeError(handed.rc, "Could not publish message")
        return True

    def cut(self) -> None:
        """Shut the socket down without a DISCONNECT."""
        connected = self._client.socket()
        if isinstance(connected, socket.socket):
            with suppress(OSError):
                connected.shutdown(socket.SHUT_RDWR)


class Link:
    """The session of one simulator; `door` is how many links connect at once."""

    def __init__(self, simulator: Simulator, broker: Broker, *, door: asyncio.Semaphore | None = None) -> None:
        self.simulator = simulator
        self.broker = broker
        self.sent = 0
        self.dropped = 0
        self.failure = ""
        self._door = door or asyncio.Semaphore()
        self._client: _Client | Session | None = None
        self._queue: asyncio.Queue[Message | None] = asyncio.Queue(QUEUE_MESSAGES)
        self._stop = asyncio.Event()
        self._away_s: float | None = None

    @property
    def connected(self) -> bool:
        """Whether it is connected and has said so."""
        return self._client is not None

    def send(self, messages: Iterable[Message]) -> None:
        """Publish soon; nothing is said without a connection, and nothing waits for one."""
        if self._client is None:
            return
        for message in messages:
            try:
                self._queue.put_nowait(message)
            except asyncio.QueueFull:
                self.dropped += 1

    def cut(self, *, away_s: float) -> None:
        """Lose the link without a word, for so long; the broker publishes the will message."""
        if self._client is not None:
            self._away_s = away_s
            self._client.cut()

    def reboot(self, *, away_s: float) -> None:
        """Say goodbye, be away for so long and begin anew."""
        if self._client is not None:
            self._away_s = away_s
            self.simulator.reboot(time.time() + away_s)
            self._leave()

    def stop(self) -> None:
        """Say goodbye and let `run` end."""
        self._stop.set()
        self._leave()

    async def run(self) -> None:
        """Live until `stop`."""
        failures = 0
        while not self._stop.is_set():
            try:
                await self._connection()
                failures = 0
            except* (aiomqtt.MqttError, LinkLost) as group:
                self.failure = str(group.exceptions[0])
                log.debug("%s: %s", self.simulator.client_id, self.failure)
                failures = 0 if self._away_s is not None else failures + 1
            ceiling_s = min(BACKOFF_MOST_S, BACKOFF_LEAST_S * 2 ** min(failures, 8))
            away_s = random.uniform(0, ceiling_s) if self._away_s is None else self._away_s
            self._away_s = None
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), away_s)

    def _new_client(self) -> _Client | Session:
        simulator, broker, will = self.simulator, self.broker, self.simulator.will
        if not isinstance(simulator, Responder):
            return Session(
                broker.host,
                broker.port,
                client_id=simulator.client_id,
                will=will,
                username=broker.username,
                password=broker.password,
            )
        return _Client(
            broker.host,
            broker.port,
            username=broker.username,
            password=broker.password,
            identifier=simulator.client_id,
            will=aiomqtt.Will(will.topic, will.payload, will.qos, will.retain) if will.topic else None,
            keepalive=KEEP_ALIVE_S,
            timeout=CONNECT_TIMEOUT_S,
            max_inflight_messages=IN_FLIGHT,
            max_queued_outgoing_messages=IN_FLIGHT,
            protocol=aiomqtt.ProtocolVersion.V5,
        )

    async def _connection(self) -> None:
        simulator, client = self.simulator, self._new_client()
        async with AsyncExitStack() as stack:
            async with self._door:
                await stack.enter_async_context(client)
            await self._converse(client, simulator)

    async def _converse(self, client: _Client | Session, simulator: Simulator) -> None:
        self._queue = asyncio.Queue(QUEUE_MESSAGES)
        if simulator.filters:
            await client.subscribe([(topic_filter, 1) for topic_filter in simulator.filters])
        await self._say(client, simulator.birth(time.time()))
        self._client = client
        try:
            async with asyncio.TaskGroup() as tasks:
                receiving = tasks.create_task(self._receive(client), name=f"simulators.link[{simulator.client_id}]")
                if not self._stop.is_set():
                    await self._publish_queue(client)
                receiving.cancel()
        finally:
            self._client = None
        if simulator.will.topic:
            await self._say(client, [simulator.will])

    async def _receive(self, client: _Client | Session) -> None:
        async for message in client.heard():
            self.send(self._answer(message, time.time()))

    def _answer(self, message: Heard, now: float) -> list[Message]:
        simulator, payload = self.simulator, message.payload
        if isinstance(simulator, Responder) and message.response_topic:
            topic, correlation = message.response_topic, message.correlation
            return simulator.respond(payload, now, response_topic=topic, correlation=correlation)
        return simulator.command(message.topic, payload, now)

    async def _publish_queue(self, client: _Client | Session) -> None:
        while True:
            waiting = [await self._queue.get()]
            waiting += [self._queue.get_nowait() for _ in range(self._queue.qsize())]
            await self._say(client, [message for message in waiting if message is not None])
            if None in waiting:
                return

    async def _say(self, client: _Client | Session, messages: Sequence[Message]) -> None:
        await client.say(messages)
        self.sent += len(messages)

    def _leave(self) -> None:
        # The goodbye overtakes nothing: where the queue is full it takes the place of the newest message.
        if self._queue.full():
            self._queue.get_nowait()
        self._queue.put_nowait(None)
