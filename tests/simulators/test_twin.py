"""Simulators follow what a whole hub desires of them, each by its family's own way, at a real broker."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aiomqtt
import httpx

from simulators.fleet import Fleet, Plan
from simulators.link import Broker
from simulators.thingsboard import ThingsBoardGateway
from tests.running import Client, Running, running, settings_for, token
from tests.servers import mosquitto

NOW = 1_732_449_600.0
WANTED: Mapping[str, Mapping[str, Any]] = {
    "Living room": {"occupied_heating_setpoint": 24.5, "system_mode": "heat"},
    "Freezer 1": {"target": -25},
    "pump-01": {"rpm": 900, "on": True},
}
"""By device; the heater's id has its seed in it."""


async def want(hub: Running, device: str, desired: Mapping[str, Any]) -> None:
    headers = {"Authorization": f"Bearer {token()}"}
    async with httpx.AsyncClient(base_url=hub.origin, headers=headers, timeout=60) as client:
        answer = await client.patch(f"/api/devices/{device}/twin", json={"desired": desired})
    assert answer.status_code == 200, answer.text


async def test_devices_follow_what_is_desired(tmp_path: Path) -> None:
    kinds = ("zigbee2mqtt", "thingsboard", "pump", "homie")
    stop = asyncio.Event()
    with mosquitto(tmp_path / "mosquitto") as broker:
        fleet = Fleet(
            Plan(devices=len(kinds), rate=40, mishap_every_s=0, kinds=kinds), Broker("127.0.0.1", broker.port)
        )
        async with (
            running(settings_for(tmp_path, mqtt_url=f"mqtt://127.0.0.1:{broker.port}")) as hub,
            aiomqtt.Client("127.0.0.1", broker.port) as ear,
        ):
            await ear.subscribe("v1/gateway/attributes", qos=1)
            playing = asyncio.create_task(fleet.run(stop))
            heater: Any = fleet.links[kinds.index("homie")].simulator
            wanted = {**WANTED, heater.device: {"heater.target": 18.5, "heater.on": False}}
            twins = hub.hub.commanding.twins
            await hub.until(
                lambda: all(key in twins.reported(device) for device, keys in wanted.items() for key in keys)
            )
            # What it has asked at its birth must not bring it what is desired.
            await hub.until(lambda: hub.hub.asking is not None and hub.hub.asking.sent["thingsboard"] > 0)
            for device, desired in wanted.items():
                await want(hub, device, desired)
            await hub.until(lambda: all(done(hub, device, len(keys)) for device, keys in wanted.items()))
            pushed: list[bytes] = []
            while len(pushed) < 3:
                message = await asyncio.wait_for(anext(ear.messages), 20)
                assert isinstance(message.payload, bytes)
                pushed.append(message.payload)
            assert b'{"device":"Freezer 1","data":{"target":-25}}' in pushed
            # After a loss of power it asks, and gets what is desired.
            async with Client.connected(hub.ws_url, auth=token()) as screen:
                await screen.subscribe("twin/+")
                fleet.links[kinds.index("thingsboard")].reboot(away_s=0.1)
                await screen.receive_until(lambda client: forgotten_and_asked(client.on("twin/Freezer 1")))
            stop.set()
            await asyncio.wait_for(playing, 20)


def forgotten_and_asked(twins: list[dict[str, Any]]) -> bool:
    return [twin["reported"]["target"] for twin in twins][-2:] == [-18, -25]


def done(hub: Running, device: str, keys: int) -> bool:
    twin = hub.hub.commanding.twins.told(device)
    return len(twin.desired) == keys and not twin.delta


def test_a_freezer_takes_what_it_can_and_says_so() -> None:
    gateway = ThingsBoardGateway(1, seed=1)
    gateway.birth(NOW)

    def told(topic: str, payload: bytes) -> list[str]:
        return [str(message.payload) for message in gateway.command(f"v1/gateway/{topic}", payload, NOW)]

    about = '{"Freezer 1":{"firmware":"1.4.2","target":%s}}'
    assert told("attributes", b'{"device":"Freezer 1","data":{"target":-20}}') == [about % "-20.0"]
    assert told("attributes", b'{"device":"Freezer 1","data":{"target":-20}}') == [], "it is so already"
    for refused in (b'{"device":"Freezer 1","data":{"target":40}}', b'{"device":"Freezer 1","data":{"target":true}}'):
        assert told("attributes", refused) == []
    assert told("attributes/response", b'{"id":1,"device":"Freezer 1","values":{"target":-22}}') == [about % "-22.0"]
    assert told("attributes", b'{"device":"Freezer 9","data":{"target":-20}}') == []
    call = b'{"device":"Freezer 1","data":{"id":7,"method":"%s","params":-19}}'
    assert told("rpc", call % b"setTarget") == [
        '{"device":"Freezer 1","id":7,"data":{"success":true}}',
        about % "-19.0",
    ]
    assert told("rpc", call % b"explode") == ['{"device":"Freezer 1","id":7,"data":{"success":false}}']
    assert told("rpc", b'{"device":"Freezer 1","id":7,"data":{"success":true}}') == []
    [gone] = gateway.lose(0, NOW, 60)
    assert (gone.topic, gateway.report(0, NOW + 30)) == ("v1/gateway/disconnect", [])
    assert told("rpc", call % b"setTarget") == []
    assert [message.topic for message in gateway.report(0, NOW + 61)] == ["v1/gateway/connect", "v1/gateway/telemetry"]
