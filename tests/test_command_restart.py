"""Commands over a kill -9 of the hub in the middle: nothing is lost, and nothing is sent twice that may not be."""

import asyncio
import json
import signal
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
EXPECT = {"key": "POWER", "op": "eq", "value": "ON", "within_s": 60}


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


def ask(hub: HubProcess, method: str, path: str, order: Any = None) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {token()}"}
    answer = httpx.request(method, f"{hub.origin}/api{path}", json=order, headers=headers, timeout=20)
    found: dict[str, Any] = answer.json()
    return found


def until_state(hub: HubProcess, command_id: str, *wanted: str) -> dict[str, Any]:
    end = time.monotonic() + DEADLINE_S
    while True:
        found: dict[str, Any] = ask(hub, "GET", f"/commands/{command_id}").get("command", {})
        if found.get("state") in wanted:
            return found
        assert time.monotonic() < end, found
        time.sleep(0.05)


def until_device(hub: HubProcess, connectivity: str) -> None:
    end = time.monotonic() + DEADLINE_S
    while ask(hub, "GET", "/devices/plug1").get("connectivity") != connectivity:
        assert time.monotonic() < end
        time.sleep(0.05)


@asynccontextmanager
async def plug(broker: Server, *, answers: bool = True) -> AsyncIterator[list[str]]:
    """A plug with Tasmota's firmware; what it was told."""
    got: list[str] = []
    async with aiomqtt.Client("127.0.0.1", broker.port, identifier="plug1", clean_session=False) as client:
        await client.subscribe("cmnd/plug1/+", qos=1)
        await client.publish("tele/plug1/STATE", '{"POWER":"OFF"}', qos=1)
        await client.publish("tele/plug1/LWT", "Online", qos=1, retain=True)

        async def listen() -> None:
            async for message in client.messages:
                word = message.payload.decode() if isinstance(message.payload, bytes) else ""
                got.append(word)
                if answers:
                    await client.publish("stat/plug1/RESULT", json.dumps({"POWER": word}), qos=1)

        listening = asyncio.create_task(listen())
        try:
            yield got
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)


async def test_what_waits_for_a_device_survives_and_is_sent_once(hub: HubProcess, broker: Server) -> None:
    async with plug(broker):
        await asyncio.to_thread(until_device, hub, "online")
    async with aiomqtt.Client("127.0.0.1", broker.port) as will:
        await will.publish("tele/plug1/LWT", "Offline", qos=1, retain=True)
    await asyncio.to_thread(until_device, hub, "offline")
    given = ask(hub, "POST", "/devices/plug1/commands", {"name": "POWER", "value": "ON", "expect": EXPECT})
    assert given["state"] == "queued"
    hub.kill()
    await asyncio.to_thread(hub.start)
    assert ask(hub, "GET", f"/commands/{given['id']}")["command"]["state"] == "queued"
    async with plug(broker) as got:
        await asyncio.to_thread(until_state, hub, given["id"], "observed")
        assert got == ["ON"]


@pytest.mark.parametrize("idempotent", [False, True])
async def test_what_was_being_sent_is_sent_again_only_if_it_may_be(
    hub: HubProcess, broker: Server, *, idempotent: bool
) -> None:
    assert broker.process is not None
    async with plug(broker) as got:
        await asyncio.to_thread(until_device, hub, "online")
        # A broker that stands still acknowledges nothing: the command is written down, and in doubt.
        broker.process.send_signal(signal.SIGSTOP)
        try:
            order = {"name": "POWER", "value": "ON", "expect": EXPECT, "idempotent": idempotent}
            given = await asyncio.to_thread(ask, hub, "POST", "/devices/plug1/commands", order)
            await asyncio.to_thread(until_state, hub, given["id"], "sending")
            hub.kill()
        finally:
            broker.process.send_signal(signal.SIGCONT)
        await asyncio.to_thread(hub.start)
        ended = await asyncio.to_thread(until_state, hub, given["id"], "failed", "observed")
        assert ended["state"] == ("observed" if idempotent else "failed")
        if idempotent:
            assert "ON" in got
        else:
            assert ended["reason"].startswith("outcome unknown")
            assert len(got) <= 1


async def test_an_effect_that_comes_while_the_hub_is_away_is_seen(hub: HubProcess, broker: Server) -> None:
    async with plug(broker, answers=False) as got:
        await asyncio.to_thread(until_device, hub, "online")
        order = {"name": "POWER", "value": "ON", "expect": EXPECT}
        given = await asyncio.to_thread(ask, hub, "POST", "/devices/plug1/commands", order)
        await asyncio.to_thread(until_state, hub, given["id"], "sent")
        hub.kill()
        async with aiomqtt.Client("127.0.0.1", broker.port) as device:
            await device.publish("stat/plug1/RESULT", '{"POWER":"ON"}', qos=1)
        await asyncio.to_thread(hub.start)
        ended = await asyncio.to_thread(until_state, hub, given["id"], "observed", "failed")
        assert ended["state"] == "observed"
        assert got == ["ON"]
