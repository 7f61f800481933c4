"""Each kind of simulator that takes commands is given one by a whole hub at a real broker; its effect is observed."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from simulators.fleet import Fleet, Plan
from simulators.link import Broker
from tests.running import Client, Running, running, settings_for, token
from tests.servers import Server, mosquitto

COMMANDS: Mapping[str, tuple[str, object, str, object]] = {
    "zigbee2mqtt": ("occupied_heating_setpoint", 25, "occupied_heating_setpoint", 25),
    "tasmota": ("POWER", "OFF", "ENERGY.Power", 0),
    "shelly_gen2": ("switch:0", False, "switch:0.output", False),
    "shelly_gen1": ("relay/0", "off", "relay.0.power", 0),
    "esphome": ("switch/fan", "ON", "fan", "ON"),
    "homeassistant": ("light", {"brightness": 77}, "brightness", 77),
    "homie": ("heater/on", False, "heater.on", False),
    "sparkplug": ("Running", False, "Running", False),
    "chirpstack": ("10/confirmed", "AQ==", "valve", "open"),
    "things_stack": ("10/confirmed", "AQ==", "valve", "open"),
    "pump": ("rpm", 900, "rpm", 900),
}
"""By kind: name and value of a command; key and value of the telemetry that then comes."""
KEYS = {key for _, _, key, _ in COMMANDS.values()}


@pytest.fixture(name="broker")
def _broker(tmp_path: Path) -> Iterator[Server]:
    with mosquitto(tmp_path / "mosquitto") as server:
        yield server


@asynccontextmanager
async def playing(broker: Server) -> AsyncIterator[Fleet]:
    """One device of each kind."""
    stop = asyncio.Event()
    plan = Plan(devices=len(COMMANDS), rate=60, mishap_every_s=0, kinds=tuple(COMMANDS))
    fleet = Fleet(plan, Broker("127.0.0.1", broker.port))
    task = asyncio.create_task(fleet.run(stop), name="fleet")
    try:
        yield fleet
    finally:
        stop.set()
        await asyncio.wait_for(task, 20)


DEVICES: Mapping[str, Callable[[Any], str]] = {
    "zigbee2mqtt": lambda _: "Living room",
    "tasmota": lambda plug: str(plug.topic),
    "esphome": lambda node: str(node.node),
    "sparkplug": lambda node: f"Plant 1%2F{node.node}%2F{node.device}",
    "chirpstack": lambda server: str(server.valves[0].eui),
    "things_stack": lambda _: "valve-01",
}
"""By kind: the hub's id of the device that a simulator plays; for others it is the simulator's own."""


def device_of(kind: str, simulator: Any) -> str:
    return DEVICES.get(kind, lambda other: str(other.device))(simulator)


async def give(hub: Running, device: str, command: Mapping[str, object]) -> str:
    """Give a command over the API; its id."""
    headers = {"Authorization": f"Bearer {token()}"}
    path = f"/api/devices/{device.replace('%', '%25')}/commands"
    async with httpx.AsyncClient(base_url=hub.origin, headers=headers, timeout=60) as client:
        answer = await client.post(path, json=command)
    assert answer.is_success, answer.text
    return str(answer.json()["id"])


async def test_each_kind_does_what_the_hub_tells_it(broker: Server, tmp_path: Path) -> None:
    settings = settings_for(tmp_path, mqtt_url=f"mqtt://127.0.0.1:{broker.port}")
    async with running(settings) as hub, playing(broker) as fleet:
        devices = dict(zip(COMMANDS, (link.simulator for link in fleet.links), strict=True))
        named = {kind: device_of(kind, simulator) for kind, simulator in devices.items()}
        latest = hub.hub.node.latest
        await hub.until(lambda: all(latest.get(f"telemetry/{device}") is not None for device in named.values()))
        async with Client.connected(hub.ws_url, auth=token()) as screen:
            await screen.subscribe("command/#")
            given = {}
            for kind, (name, value, key, shown) in COMMANDS.items():
                expect = {"key": key, "value": shown, "within_s": 120}
                given[await give(hub, named[kind], {"name": name, "value": value, "expect": expect})] = kind
            steps: dict[str, dict[str, Any]] = {}

            def settled(client: Client) -> bool:
                for event in client.events:
                    if event["topic"].startswith("command/"):
                        steps[given[event["data"]["id"]]] = event["data"]
                return all(kind in steps and steps[kind]["state"] in {"observed", "failed"} for kind in COMMANDS)

            await screen.receive_until(settled)
        failed = {kind: step.get("reason") for kind, step in steps.items() if step["state"] != "observed"}
        assert failed == {}, json.dumps(steps)[:4000]
        assert all(step["evidence"]["observed"]["key"] in KEYS for step in steps.values())
