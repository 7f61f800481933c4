"""Each kind of simulator that takes commands is given one by a whole hub at a real broker; its effect is observed."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from simulators.fleet import Fleet, Plan
from simulators.kinds import KINDS
from simulators.link import Broker
from tests.running import Client, Running, running, settings_for, token
from tests.servers import Server, mosquitto


class Told(NamedTuple):
    """What a device is told, what its telemetry then shows, and whether its family answers."""

    name: str
    value: object
    key: str
    shown: object
    answers: bool = False


COMMANDS: Mapping[str, Told] = {
    "zigbee2mqtt": Told("occupied_heating_setpoint", 25, "occupied_heating_setpoint", 25),
    "tasmota": Told("POWER", "OFF", "ENERGY.Power", 0, answers=True),
    "json": Told("relay", value=False, key="power", shown=0, answers=True),
    "shelly_gen2": Told("switch:0", value=False, key="switch:0.output", shown=False, answers=True),
    "shelly_gen1": Told("relay/0", "off", "relay.0.power", 0),
    "esphome": Told("switch/fan", "ON", "fan", "ON"),
    "homeassistant": Told("Night light", value=True, key="night", shown=1),
    "homie": Told("heater/on", value=False, key="heater.on", shown=False),
    "sparkplug": Told("Running", value=False, key="Running", shown=False),
    "chirpstack": Told("10/confirmed", {"valve": "open"}, "valve", "open", answers=True),
    "things_stack": Told("10/confirmed", "AQ==", "valve", "open", answers=True),
    "openmqttgateway": Told("MQTTtoBT/config", {"interval": 1000}, "interval", 1000),
    "thingsboard": Told("setTarget", {"target": -24}, "target", -24, answers=True),
    "pump": Told("rpm", 900, "rpm", 900, answers=True),
}
DEAF: Mapping[str, str] = {"rtl433": "a receiver hears it, and nobody can talk to it"}
"""Kinds that nobody can tell anything, with what the hub says then."""


@pytest.fixture(name="broker")
def _broker(tmp_path: Path) -> Iterator[Server]:
    with mosquitto(tmp_path / "mosquitto") as server:
        yield server


@asynccontextmanager
async def playing(broker: Server) -> AsyncIterator[Fleet]:
    """One device of each kind."""
    stop = asyncio.Event()
    plan = Plan(devices=len(KINDS), rate=60, mishap_every_s=0, kinds=tuple(KINDS))
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
    "thingsboard": lambda _: "Freezer 1",
    "openmqttgateway": lambda gateway: str(gateway.gateway),
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


def test_each_kind_is_told_something_or_can_not_be() -> None:
    assert {*COMMANDS, *DEAF} == set(KINDS)


async def test_each_kind_does_what_the_hub_tells_it(broker: Server, tmp_path: Path) -> None:
    settings = settings_for(tmp_path, mqtt_url=f"mqtt://127.0.0.1:{broker.port}")
    async with running(settings) as hub, playing(broker) as fleet:
        simulators = dict(zip(KINDS, (link.simulator for link in fleet.links), strict=True))
        named = {kind: device_of(kind, simulators[kind]) for kind in COMMANDS}
        latest = hub.hub.node.latest
        await hub.until(lambda: all(latest.get(f"telemetry/{device}") is not None for device in named.values()))
        async with Client.connected(hub.ws_url, auth=token()) as screen:
            await screen.subscribe("command/#")
            given = {}
            for kind, told in COMMANDS.items():
                expect = {"key": told.key, "value": told.shown, "within_s": 120}
                given[await give(hub, named[kind], {"name": told.name, "value": told.value, "expect": expect})] = kind
            steps: dict[str, dict[str, Any]] = {}

            def settled(client: Client) -> bool:
                for event in client.events:
                    if event["topic"].startswith("command/"):
                        steps[given[event["data"]["id"]]] = event["data"]
                return all(kind in steps and steps[kind]["state"] in {"observed", "failed"} for kind in COMMANDS)

            await screen.receive_until(settled)
        failed = {kind: step.get("reason") for kind, step in steps.items() if step["state"] != "observed"}
        assert failed == {}, json.dumps(steps)[:4000]
        for kind, told in COMMANDS.items():
            evidence = steps[kind]["evidence"]
            assert (evidence["observed"]["key"], evidence["observed"]["value"]) == (told.key, told.shown)
            assert not told.answers or "answered" in evidence, kind
        assert steps["pump"]["evidence"]["sent"]["response_topic"] == "devices/pump-01/command/answer"
        sensor = next(topic for topic in latest.topics(["telemetry/+"]) if "/Nexus-TH" in topic).rpartition("/")[2]
        refused = await give(hub, sensor, {"name": "x"})
        ledger = hub.hub.commanding.commands.ledger
        await hub.until(lambda: (now := ledger.get(refused)) is not None and now.reason == DEAF["rtl433"])
