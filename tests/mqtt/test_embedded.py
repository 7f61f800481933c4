import asyncio
import os
import signal
import socket
import sys
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Any

import aiomqtt
import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from hub.broker_choice import embedded_client
from hub.errors import Unavailable
from hub.mqtt import embedded
from hub.mqtt.embedded import EmbeddedBroker
from hub.mqtt.mqtt5_client import Mqtt5Client
from hub.mqtt.probe import answers, probe
from hub.settings import Settings
from tests.mqtt.links import DEADLINE_S, Reader, connected, until
from tests.servers import free_port

OWNER = """
import asyncio, sys
from pathlib import Path
from hub.mqtt.embedded import EmbeddedBroker

async def main():
    async with EmbeddedBroker(sys.argv[1], data_dir=Path(sys.argv[2])) as broker:
        print(broker.pid, flush=True)
        await asyncio.sleep(60)

asyncio.run(main())
"""


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_it_speaks_both_versions_and_is_gone_afterwards(tmp_path: Path) -> None:
    port = free_port()
    async with EmbeddedBroker(f"127.0.0.1:{port}", data_dir=tmp_path / "new") as broker:
        assert broker.url311 == f"mqtt://127.0.0.1:{port}"
        port5 = int(broker.url5.rpartition(":")[2])
        assert port5 > port
        assert (await probe(broker.url311), await probe(broker.url5)) == ("3.1.1", "5")
        pid = broker.pid
        assert pid is not None
    assert broker.pid is None
    assert not alive(pid)
    assert not await answers("127.0.0.1", port)
    assert not await answers("127.0.0.1", port5)


async def test_it_can_be_opened_again_on_the_same_port(tmp_path: Path) -> None:
    port = free_port()
    for _ in range(2):
        async with EmbeddedBroker(f"localhost:{port}", data_dir=tmp_path) as broker:
            assert await probe(broker.url311) == "3.1.1"


async def test_one_that_listens_on_all_addresses_is_reached_on_loopback(tmp_path: Path) -> None:
    async with EmbeddedBroker(f"0.0.0.0:{free_port()}", data_dir=tmp_path) as broker:
        assert broker.url311.startswith("mqtt://127.0.0.1:")
        assert await probe(broker.url5) == "5"


async def test_it_listens_on_ipv6_too(tmp_path: Path) -> None:
    async with EmbeddedBroker(f"[::1]:{free_port()}", data_dir=tmp_path) as broker:
        assert broker.url311.startswith("mqtt://[::1]:")
        assert await probe(broker.url5) == "5"


async def test_a_taken_port_is_said_with_what_to_do(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(Unavailable, match=r"taken by another program.*HUB_MQTT_URL.*HUB_MQTT_LISTEN"):
            await EmbeddedBroker(f"127.0.0.1:{port}", data_dir=tmp_path).__aenter__()


def neighbour() -> tuple[int, socket.socket]:
    """A free port, and a socket that listens on the one above it."""
    while True:
        port = free_port()
        with suppress(OSError):
            return port, socket.create_server(("127.0.0.1", port + 1))


async def test_the_port_above_may_be_taken(tmp_path: Path) -> None:
    port, taken = neighbour()
    with taken:
        async with EmbeddedBroker(f"127.0.0.1:{port}", data_dir=tmp_path) as broker:
            assert int(broker.url5.rpartition(":")[2]) > port + 1
            assert await probe(broker.url5) == "5"


async def test_an_address_that_is_not_of_this_machine_is_said(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="HUB_MQTT_LISTEN"):
        await EmbeddedBroker("192.0.2.1:1883", data_dir=tmp_path).__aenter__()


async def test_no_port_is_left_above(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="No port from 65536"):
        await EmbeddedBroker("127.0.0.1:65535", data_dir=tmp_path).__aenter__()


async def test_a_machine_without_its_wheel_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "find_spec", lambda _name: None)
    with pytest.raises(Unavailable, match="HUB_MQTT_URL"):
        await EmbeddedBroker(f"127.0.0.1:{free_port()}", data_dir=tmp_path).__aenter__()


async def test_a_start_that_fails_is_said_and_leaves_nothing(tmp_path: Path) -> None:
    broker = EmbeddedBroker(f"127.0.0.1:{free_port()}", data_dir=tmp_path, log_bytes=-8)
    with pytest.raises(Unavailable, match="ended while it started"):
        await broker.__aenter__()
    assert broker.pid is None


async def test_it_is_started_again_when_it_dies(tmp_path: Path) -> None:
    async with (
        EmbeddedBroker(f"127.0.0.1:{free_port()}", data_dir=tmp_path) as broker,
        Mqtt5Client(broker.url5, client_id="hub-0", filters=["#"]) as client,
    ):
        await connected(client)
        pid, since_ms = broker.pid, client.link.since_ms
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        await until(lambda: broker.pid not in {None, pid})
        await until(lambda: client.link.connected and client.link.since_ms > since_ms)
        await client.publish("a", b"again")
        assert (await Reader(client).take(1))[0].payload == b"again"


async def test_it_is_started_again_when_a_message_with_properties_has_broken_its_3_1_1(tmp_path: Path) -> None:
    async with EmbeddedBroker(f"127.0.0.1:{free_port()}", data_dir=tmp_path) as broker:
        pid = broker.pid
        port, port5 = (int(url.rpartition(":")[2]) for url in (broker.url311, broker.url5))
        told: Any = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]  # paho leaves it so
        told.UserProperty = ("a", "b")
        with suppress(aiomqtt.MqttError):
            async with (
                aiomqtt.Client("127.0.0.1", port, timeout=1) as old,
                aiomqtt.Client("127.0.0.1", port5, timeout=1, protocol=aiomqtt.ProtocolVersion.V5) as new,
            ):
                await old.subscribe("#")
                await new.publish("a", "x", 1, properties=told)
                await until(lambda: broker.pid not in {None, pid})
        await until(lambda: broker.pid not in {None, pid})
        async with asyncio.timeout(DEADLINE_S):
            while not await answers("127.0.0.1", port):
                await asyncio.sleep(0.02)
        async with aiomqtt.Client("127.0.0.1", port) as old:
            await old.publish("a", "y", 1)


async def test_it_ends_with_its_owner_however_that_ends(tmp_path: Path) -> None:
    owner = await asyncio.create_subprocess_exec(
        sys.executable, "-c", OWNER, f"127.0.0.1:{free_port()}", str(tmp_path), stdout=asyncio.subprocess.PIPE
    )
    assert owner.stdout is not None
    pid = int(await owner.stdout.readline())
    assert alive(pid)
    owner.kill()
    await owner.wait()
    await until(lambda: not alive(pid))


async def test_the_hub_s_own_client_may_stand_still_and_loses_nothing(tmp_path: Path) -> None:
    many, payload = 20_000, b"x" * 300
    async with AsyncExitStack() as stack:
        broker = await stack.enter_async_context(EmbeddedBroker(f"127.0.0.1:{free_port()}", data_dir=tmp_path))
        client = await stack.enter_async_context(embedded_client(broker.url5, Settings(mqtt_filters=("load/#",))))
        device = await stack.enter_async_context(Mqtt5Client(broker.url5, client_id="device", filters=["none"]))
        await connected(client)
        await connected(device)
        reader = Reader(client)
        # More than the inbox and the socket's buffers take: what is not read waits in the broker.
        for start in range(0, many, 500):
            batch = [device.publish(f"load/{i}", payload, timeout_s=30) for i in range(start, start + 500)]
            await asyncio.gather(*batch)
        messages = await reader.take(many)
    assert [message.topic for message in messages] == [f"load/{i}" for i in range(many)]
    assert {message.qos for message in messages} == {0}
