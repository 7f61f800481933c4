"""The node between a real log and its sessions: restarts, gaps, and what it does when the log is away."""

import asyncio
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from hub.events import Batch, encode_event
from tests.running import Client, Running, running, settings_for, token, until
from tests.servers import Server, program, redis_server


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Server]:
    with redis_server(tmp_path / "redis") as server:
        yield server


@pytest.fixture
async def hub(tmp_path: Path, redis: Server) -> AsyncIterator[Running]:
    async with running(settings_for(tmp_path, engine_url=f"redis://127.0.0.1:{redis.port}")) as found:
        yield found


async def append(hub: Running, topic: str, **data: object) -> None:
    await hub.hub.engine.publish(Batch.of([topic], [1], [encode_event(topic, 1, data)]))


async def test_a_lost_log_is_said_as_a_gap_and_a_snapshot_follows(hub: Running, redis: Server) -> None:
    async with Client.connected(hub.ws_url, auth=token()) as client:
        await client.subscribe("telemetry/#")
        await append(hub, "telemetry/kitchen", n=1)
        await client.receive_until(lambda c: len(c.events) == 1)
        epoch = hub.hub.node.position.epoch
        subprocess.run([program("redis-cli"), "-p", str(redis.port), "flushall"], check=True, capture_output=True)
        await append(hub, "telemetry/kitchen", n=2)
        await client.receive_until(lambda c: c.frames[-1]["type"] == "gap")
        assert client.frames[-1]["position"].split("-")[0] != epoch
        await client.receive_until(lambda c: c.frames[-1].get("snapshot", False))
        assert hub.hub.node.gaps == 1
        await append(hub, "telemetry/kitchen", n=3)
        await client.receive_until(lambda c: c.on("telemetry/kitchen")[-1] == {"n": 3})


async def test_a_redis_that_was_killed_costs_nobody_anything(hub: Running, redis: Server) -> None:
    async with Client.connected(hub.ws_url, auth=token()) as client:
        await client.subscribe("telemetry/#")
        for n in range(5):
            await append(hub, "telemetry/kitchen", n=n)
        redis.kill()
        waiting = [asyncio.create_task(append(hub, "telemetry/kitchen", n=n)) for n in range(5, 10)]
        redis.start()
        await asyncio.gather(*waiting)
        await client.receive_until(lambda c: len(c.events) == 10)
        assert [data["n"] for data in client.on("telemetry/kitchen")] == list(range(10))
        assert hub.hub.node.gaps == 0


async def test_a_publish_that_can_not_be_confirmed_is_said(
    hub: Running, redis: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.node.PUBLISH_TIMEOUT_S", 0.2)
    async with Client.connected(hub.ws_url, auth=token()) as client:
        redis.kill()
        reply = await client.publish("chat/ops", {"text": "anybody?"})
        assert reply["error"]["name"] == "not_available"
        redis.start()


async def test_a_heartbeat_lags_while_the_log_is_away(
    hub: Running, redis: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.node.HEARTBEAT_S", 1)
    async with Client.connected(hub.ws_url, auth=token()) as client:
        await client.subscribe("telemetry/#")
        redis.kill()
        await client.receive_until(lambda c: c.frames[-1].get("lag_ms", 0) > 0)
        redis.start()
        await client.receive_until(lambda c: c.frames[-1].get("lag_ms") == 0)


async def test_a_restart_begins_with_what_was_there(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    async with running(settings) as hub:
        await append(hub, "telemetry/kitchen", a=1)
        await append(hub, "telemetry/kitchen", b=2)
        await append(hub, "chat/ops", text="hello", author="anna")
        recorder = hub.hub.recorder
        assert recorder is not None
        await until(lambda: recorder.written >= 3)
    async with running(settings) as hub, Client.connected(hub.ws_url, auth=token()) as client:
        await client.subscribe("telemetry/+", "chat/+", snapshot=True)
        await client.receive_until(lambda c: len(c.events) == 2)
        assert client.on("telemetry/kitchen") == [{"a": 1, "b": 2}]
        assert client.on("chat/ops") == [{"text": "hello", "author": "anna"}]


async def test_two_nodes_on_one_log(tmp_path: Path, redis: Server) -> None:
    url = f"redis://127.0.0.1:{redis.port}"
    async with (
        running(settings_for(tmp_path / "a", engine_url=url)) as first,
        running(settings_for(tmp_path / "b", engine_url=url, roles=frozenset({"api"}))) as second,
        Client.connected(first.ws_url, auth=token("anna")) as anna,
        Client.connected(second.ws_url, auth=token("ivan")) as ivan,
    ):
        await anna.subscribe("chat/ops")
        await ivan.subscribe("chat/ops")
        await anna.publish("chat/ops", {"text": "one"})
        await ivan.publish("chat/ops", {"text": "two"})
        for client in (anna, ivan):
            await client.receive_until(lambda c: len(c.events) == 2)
            assert [data["text"] for data in client.on("chat/ops")] == ["one", "two"]
        async with Client.connected(first.ws_url, auth=token("ivan")) as moved:
            assert (await moved.subscribe("chat/ops", since=ivan.position))["recovered"] is True
