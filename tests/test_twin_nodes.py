"""Two hubs on one log and one broker: both keep the twins, and no device is told twice."""

import asyncio
import json
from pathlib import Path

import aiomqtt

from hub.twin import twin_of
from tests.running import Client, Running, running, settings_for, token, until
from tests.servers import mosquitto, redis_server

DEVICES = 12


async def test_what_is_desired_is_told_once(tmp_path: Path) -> None:
    with mosquitto(tmp_path / "mosquitto") as broker, redis_server(tmp_path / "redis") as redis:
        urls = {"mqtt_url": f"mqtt://127.0.0.1:{broker.port}", "engine_url": f"redis://127.0.0.1:{redis.port}"}
        one = settings_for(tmp_path, mqtt_client_id="one", **urls)
        other = settings_for(tmp_path, mqtt_client_id="other", **urls)
        got: list[str] = []
        async with (
            running(one) as first,
            running(other) as second,
            aiomqtt.Client("127.0.0.1", broker.port) as plugs,
            Client.connected(first.ws_url, auth=token()) as anna,
            Client.connected(second.ws_url, auth=token("ivan")) as ivan,
        ):
            nodes = (first, second)
            await plugs.subscribe("cmnd/+/POWER", qos=1)
            for number in range(DEVICES):
                await plugs.publish(f"tele/plug{number}/STATE", '{"POWER":"OFF"}', qos=1)
            await until(
                lambda: all(f"telemetry/plug{n}" in hub.hub.node.latest for n in range(DEVICES) for hub in nodes)
            )

            async def listen() -> None:
                async for message in plugs.messages:
                    _, plug, _ = message.topic.value.split("/")
                    assert isinstance(message.payload, bytes)
                    got.append(f"{plug} {message.payload.decode()}")
                    await plugs.publish(f"stat/{plug}/RESULT", json.dumps({"POWER": message.payload.decode()}), qos=1)

            listening = asyncio.create_task(listen())
            for number in range(DEVICES):
                client = (anna, ivan)[number % 2]
                assert (await client.publish(f"twin/plug{number}", {"desired": {"POWER": True}}))["ok"]
            await until(lambda: all(done(hub, number) for hub in nodes for number in range(DEVICES)))
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
        assert sorted(got) == sorted(f"plug{number} ON" for number in range(DEVICES))
        ledgers = [hub.hub.commanding.commands.ledger for hub in nodes]
        assert [len(ledger.known()) for ledger in ledgers] == [DEVICES, DEVICES]


def done(hub: Running, number: int) -> bool:
    twin = twin_of(hub.hub.node.latest.get(f"twin/plug{number}"))
    return twin.version == 1 and twin.reported == {"POWER": "ON"}
