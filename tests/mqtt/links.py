"""What the MQTT tests share: brokers of both kinds, a wire that can be cut, and waiting for conditions."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, Self

import aiomqtt

from hub.mqtt.aiomqtt_client import AiomqttClient
from hub.mqtt.base import Delivery, Message
from hub.mqtt.embedded import EmbeddedBroker
from hub.mqtt.kept_client import KeptClient
from hub.mqtt.mqtt5_client import Mqtt5Client
from tests.servers import Server, free_port, mosquitto

DEADLINE_S = 15.0
READ_BYTES = 65536
CLIENTS: dict[str, type[Mqtt5Client | AiomqttClient]] = {"mqtt5": Mqtt5Client, "aiomqtt": AiomqttClient}


async def until(condition: Callable[[], object], *, secs: float = DEADLINE_S) -> None:
    """Return as soon as the condition holds; raises TimeoutError."""
    async with asyncio.timeout(secs):
        while True:
            if condition():
                return
            await asyncio.sleep(0.01)


class Broker(Protocol):
    """A broker as the contract suite needs it."""

    keeps_sessions: bool
    """Whether sessions outlive its process."""
    marks_duplicates: bool
    """Whether what it sends again has the DUP flag and its old packet id."""
    raises_qos: bool
    """Whether every message gets the subscription's QoS."""

    @property
    def port(self) -> int:
        """MQTT 3.1.1, where the tests publish."""
        ...

    @property
    def client_port(self) -> int:
        """What the client under test speaks."""
        ...

    @property
    def port5(self) -> int:
        """MQTT 5, where devices that speak it are."""
        ...

    async def die(self) -> None:
        """End it, so that it is away; a broker that can keep sessions has time to write them."""
        ...

    async def live(self) -> None:
        """Have it back."""
        ...


@dataclass
class MosquittoBroker:
    """Mosquitto."""

    server: Server
    keeps_sessions: bool = True
    marks_duplicates: bool = True
    raises_qos: bool = False

    @property
    def port(self) -> int:
        return self.server.port

    @property
    def client_port(self) -> int:
        return self.server.port

    @property
    def port5(self) -> int:
        return self.server.port

    async def die(self) -> None:
        await asyncio.to_thread(self.server.stop)

    async def live(self) -> None:
        await asyncio.to_thread(self.server.start)


@dataclass
class RumqttdBroker:
    """The embedded broker."""

    broker: EmbeddedBroker
    port: int
    port5: int
    client_port: int
    keeps_sessions: bool = False
    marks_duplicates: bool = False
    raises_qos: bool = True
    pids: list[int] = field(default_factory=list)

    async def die(self) -> None:
        assert self.broker.pid is not None
        self.pids.append(self.broker.pid)
        os.kill(self.broker.pid, signal.SIGKILL)
        await until(lambda: self.broker.pid is None)

    async def live(self) -> None:
        """It comes back by itself."""
        await until(lambda: self.broker.pid not in {None, *self.pids})


async def turns(count: int = 10) -> None:
    """Let the event loop do what it has put off."""
    for _ in range(count):
        await asyncio.sleep(0)


Handle = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[None, None, None]]


@asynccontextmanager
async def serving(handle: Handle) -> AsyncIterator[int]:
    """A server on a free port of loopback; at the end no connection and no task of it is left."""
    tasks: set[asyncio.Task[None]] = set()
    writers: set[asyncio.StreamWriter] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(OSError):
                await handle(reader, writer)
        finally:
            writer.close()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.add(writer)
        task = asyncio.get_running_loop().create_task(serve(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        # A connection that was accepted a moment ago needs some turns of the loop until its task is there; closed
        # before that, asyncio forgets its socket.
        await turns()
        server.close()
        for writer in writers:
            writer.transport.abort()
        if tasks:
            await asyncio.wait(tasks)
        await turns()


class Wire:
    """A TCP relay between client and broker that can be cut, or go silent."""

    def __init__(self, port: int) -> None:
        self._broker_port = port
        self._writers: set[asyncio.StreamWriter] = set()
        self._passing = asyncio.Event()
        self._passing.set()
        self._stack = AsyncExitStack()
        self.port = 0

    async def __aenter__(self) -> Self:
        self.port = await self._stack.enter_async_context(serving(self._relay))
        return self

    async def __aexit__(self, *_: object) -> None:
        self.speak()
        await self._stack.aclose()

    def cut(self) -> None:
        """End every connection at once, without a goodbye."""
        for writer in list(self._writers):
            writer.transport.abort()

    def hush(self) -> None:
        """Pass nothing on, and end nothing."""
        self._passing.clear()

    def speak(self) -> None:
        """Pass everything on again."""
        self._passing.set()

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        other_reader, other_writer = await asyncio.open_connection("127.0.0.1", self._broker_port)
        ends = {writer, other_writer}
        self._writers |= ends
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._pass(reader, other_writer))
                group.create_task(self._pass(other_reader, writer))
        finally:
            self._writers -= ends
            other_writer.transport.abort()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(READ_BYTES):
                await self._passing.wait()
                writer.write(data)
                await writer.drain()
        writer.transport.abort()


@dataclass
class Side:
    """One case of the suite: a kind of client, a broker, and a wire between them."""

    client_class: type[Mqtt5Client | AiomqttClient]
    broker: Broker
    wire: Wire

    def client(
        self,
        *,
        client_id: str = "hub-0",
        filters: Iterable[str] = ("#",),
        max_waiting_messages: int = 10_000,
        keep_alive_s: int = 30,
    ) -> Mqtt5Client | AiomqttClient:
        """A client of the kind under test."""
        return self.client_class(
            f"mqtt://127.0.0.1:{self.wire.port}",
            client_id=client_id,
            filters=list(filters),
            max_waiting_messages=max_waiting_messages,
            keep_alive_s=keep_alive_s,
        )

    @asynccontextmanager
    async def device(self) -> AsyncIterator[aiomqtt.Client]:
        """A device that publishes: a client that shares no code with the one under test's reading."""
        async with aiomqtt.Client("127.0.0.1", self.broker.port, timeout=DEADLINE_S) as device:
            yield device

    @asynccontextmanager
    async def device5(self) -> AsyncIterator[aiomqtt.Client]:
        """The same, of MQTT 5."""
        protocol = aiomqtt.ProtocolVersion.V5
        async with aiomqtt.Client("127.0.0.1", self.broker.port5, timeout=DEADLINE_S, protocol=protocol) as device:
            yield device

    def seen_qos(self, qos: int) -> int:
        """With which QoS the hub, which subscribes with 1, gets a message that was published with `qos`."""
        return 1 if self.broker.raises_qos else min(qos, 1)


@asynccontextmanager
async def side(name: str, directory: Path) -> AsyncIterator[Side]:
    """The case of a name such as `mqtt5-mosquitto`."""
    client, _, kind = name.partition("-")
    async with AsyncExitStack() as stack:
        broker: Broker
        if kind == "mosquitto":
            broker = MosquittoBroker(stack.enter_context(mosquitto(directory)))
        else:
            embedded = await stack.enter_async_context(EmbeddedBroker(f"127.0.0.1:{free_port()}", data_dir=directory))
            port, port5 = (int(url.rpartition(":")[2]) for url in (embedded.url311, embedded.url5))
            broker = RumqttdBroker(embedded, port, port5, port5 if client == "mqtt5" else port)
        wire = await stack.enter_async_context(Wire(broker.client_port))
        yield Side(CLIENTS[client], broker, wire)


async def connected(client: KeptClient) -> None:
    """Return when the client is subscribed."""
    await until(lambda: client.link.connected)


class Reader:
    """A consumer that takes what it is asked for, and acknowledges only when told."""

    def __init__(self, client: KeptClient) -> None:
        self._client = client
        self._deliveries = client.deliveries()
        self.taken: list[Delivery] = []

    async def take(self, count: int, *, ack: bool = False, secs: float = DEADLINE_S) -> list[Message]:
        """At least `count` messages; raises TimeoutError."""
        messages: list[Message] = []
        async with asyncio.timeout(secs):
            while len(messages) < count:
                delivery = await anext(self._deliveries)
                self.taken.append(delivery)
                messages += delivery.messages
                if ack:
                    self._client.ack(delivery)
        return messages

    def ack(self) -> None:
        """Acknowledge all that was taken."""
        for delivery in self.taken:
            self._client.ack(delivery)
