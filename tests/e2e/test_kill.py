"""The hub killed with -9 in the middle of a stream: history, log and dashboards have every value once."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import aiomqtt
import httpx
import pytest

from tests.processes import HubProcess, hub_process
from tests.running import Client
from tests.servers import mosquitto, redis_server

MESSAGES = 600
KILLS = 3

pytestmark = pytest.mark.e2e


@pytest.fixture(params=["local", "redis", "postgres"])
def hub(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[HubProcess]:
    with ExitStack() as stack:
        broker = stack.enter_context(mosquitto(tmp_path / "mosquitto"))
        settings = {"HUB_MQTT_URL": f"mqtt://127.0.0.1:{broker.port}"}
        if request.param == "redis":
            redis = stack.enter_context(redis_server(tmp_path / "redis"))
            settings["HUB_ENGINE_URL"] = f"redis://127.0.0.1:{redis.port}"
        elif request.param == "postgres":
            settings["HUB_STORE_URL"] = request.getfixturevalue("postgres_url")
        found = stack.enter_context(hub_process(tmp_path / "hub", settings))
        found.mqtt_port = broker.port
        yield found


async def publish(hub: HubProcess, start: int, stop: int) -> None:
    async with aiomqtt.Client("127.0.0.1", hub.mqtt_port) as client:
        for n in range(start, stop):
            await client.publish("devices/meter/telemetry", json.dumps({"n": n}), qos=1)


async def kill_while_publishing(hub: HubProcess) -> None:
    each = MESSAGES // (KILLS + 1)
    for round_ in range(KILLS):
        publishing = asyncio.create_task(publish(hub, round_ * each, (round_ + 1) * each))
        await asyncio.sleep(0.05)
        await asyncio.to_thread(hub.kill)
        await publishing
        await asyncio.to_thread(hub.start)
    await publish(hub, KILLS * each, MESSAGES)


async def values_in_history(hub: HubProcess, token: str) -> list[float]:
    query = {"device": "meter", "key": "n", "from": "0", "limit": "10000"}
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {token}"}) as http:
        answer = (await http.get(f"{hub.origin}/api/history", params=query)).raise_for_status().json()
    return [value for series in answer["series"] for _, value in series["points"]]


async def test_every_value_is_there_once(hub: HubProcess) -> None:
    token = hub.token(role="viewer")
    async with Client.connected(f"ws://127.0.0.1:{hub.http_port}/ws", auth=token) as before:
        await before.subscribe("telemetry/meter", snapshot=True)
        await before.receive_until(lambda c: c.position is not None)
        since = before.position
    await kill_while_publishing(hub)
    async with Client.connected(f"ws://127.0.0.1:{hub.http_port}/ws", auth=token) as after:
        reply = await after.subscribe("telemetry/meter", since=since)
        assert reply["recovered"] is True
        await after.receive_until(lambda c: len(c.events) >= MESSAGES)
        assert [data["n"] for data in after.on("telemetry/meter")] == list(range(MESSAGES))
    async with asyncio.timeout(20):
        while len(values := await values_in_history(hub, token)) < MESSAGES:
            await asyncio.sleep(0.05)
    assert sorted(values) == list(range(MESSAGES))
