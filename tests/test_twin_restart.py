"""Twins over a kill -9 of the hub: what is desired is still desired, and a device is told once."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiomqtt
import httpx
import pytest

from tests.processes import HubProcess
from tests.running import token
from tests.servers import Server, mosquitto

DEADLINE_S = 40.0


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Server]:
    with mosquitto(tmp_path / "broker") as server:
        yield server


@pytest.fixture
def hub(tmp_path: Path, broker: Server) -> Iterator[HubProcess]:
    process = HubProcess(tmp_path / "hub", {"HUB_MQTT_URL": f"mqtt://127.0.0.1:{broker.port}"})
    process.start()
    try:
        yield process
    finally:
        if process.process is not None:
            process.kill()


def ask(hub: HubProcess, method: str, path: str, change: Any = None) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {token()}"}
    answer = httpx.request(method, f"{hub.origin}/api/devices/plug1{path}", json=change, headers=headers, timeout=20)
    found: dict[str, Any] = answer.json()
    return found


def until(hub: HubProcess, path: str, **wanted: object) -> dict[str, Any]:
    """Ask until the answer has these members."""
    end = time.monotonic() + DEADLINE_S
    while True:
        found = ask(hub, "GET", path)
        if {name: found.get(name) for name in wanted} == wanted:
            return found
        assert time.monotonic() < end, found
        time.sleep(0.05)


@asynccontextmanager
async def plug(broker: Server) -> AsyncIterator[list[str]]:
    """A plug with Tasmota's firmware, online; what it was told."""
    got: list[str] = []
    will = aiomqtt.Will("tele/plug1/LWT", "Offline", qos=1, retain=True)
    async with aiomqtt.Client("127.0.0.1", broker.port, identifier="plug1", will=will) as client:
        await client.subscribe("cmnd/plug1/+", qos=1)
        await client.publish("tele/plug1/LWT", "Online", qos=1, retain=True)
        await client.publish("tele/plug1/STATE", '{"POWER":"OFF","Dimmer":3}', qos=1)

        async def listen() -> None:
            async for message in client.messages:
                word = message.payload.decode() if isinstance(message.payload, bytes) else ""
                got.append(word)
                await client.publish("stat/plug1/RESULT", json.dumps({"POWER": word}), qos=1)

        listening = asyncio.create_task(listen())
        try:
            yield got
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
            await client.publish("tele/plug1/LWT", "Offline", qos=1, retain=True)


async def test_what_is_desired_survives_and_is_told_once(hub: HubProcess, broker: Server) -> None:
    async with plug(broker):
        await asyncio.to_thread(until, hub, "", connectivity="online")
    await asyncio.to_thread(until, hub, "", connectivity="offline")
    given = ask(hub, "PATCH", "/twin", {"desired": {"POWER": True}})
    assert (given["version"], given["delta"]) == (1, {"POWER": True})
    hub.kill()
    await asyncio.to_thread(hub.start)
    kept = ask(hub, "GET", "/twin")
    assert (kept["version"], kept["desired"], kept["since"]) == (1, {"POWER": True}, given["since"])
    async with plug(broker) as got:
        await asyncio.to_thread(until, hub, "/twin", delta={})
        assert got == ["ON"]
        commands = ask(hub, "GET", "/commands")["commands"]
        assert [(each["twin"], each["value"]) for each in commands] == [("POWER", "ON")]
