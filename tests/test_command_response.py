"""Devices of no convention that speak MQTT 5: asked on one topic, they answer where the request says."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiomqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from hub.mqtt.aiomqtt_client import AiomqttClient
from hub.mqtt.embedded import EmbeddedBroker
from hub.mqtt.mqtt5_client import Mqtt5Client
from tests.running import Running, running, settings_for
from tests.servers import free_port, mosquitto
from tests.test_command_runner import Api, device, known, state

TOPIC = "devices/valve/command"
VALVE = ("devices/valve/telemetry", '{"open":false}')


def says_so(topic: str, payload: bytes) -> list[tuple[str, str]]:
    """A device of MQTT 3.1.1, which goes by the payload."""
    return [(f"{topic}/answer", payload.decode().replace('"name"', '"done"'))]


@asynccontextmanager
async def valve(port: int) -> AsyncIterator[None]:
    """A device that says what the command's value wants to hear, with the data of the request or with others."""
    async with aiomqtt.Client("127.0.0.1", port, protocol=aiomqtt.ProtocolVersion.V5) as client:
        await client.subscribe(TOPIC, qos=1)
        await client.publish(*VALVE, 1)

        async def listen() -> None:
            async for message in client.messages:
                asked: Any = message.properties
                told: Any = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]  # paho leaves it so
                wish = json.loads(bytes(message.payload))["value"]
                told.CorrelationData = b"of another" if wish["of_another"] else asked.CorrelationData
                await client.publish(asked.ResponseTopic, wish["say"], 1, properties=told)

        listening = asyncio.create_task(listen())
        try:
            yield
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)


async def evidence(hub: Running, anna: Api, wanted: str, **order: Any) -> dict[str, Any]:
    """What proves a command to the valve when it is in this state."""
    given = await anna.give("valve", name="open", **order)
    await hub.until(lambda: state(hub, given) == wanted)
    found = hub.hub.commanding.commands.ledger.get(given)
    assert found is not None
    return dict(found.evidence)


async def test_the_correlation_data_make_it_the_answer(tmp_path: Path) -> None:
    with mosquitto(tmp_path / "mosquitto") as broker:
        settings = settings_for(tmp_path, mqtt_url=f"mqtt://127.0.0.1:{broker.port}")
        async with running(settings) as hub, Api.of(hub) as anna, valve(broker.port):
            await known(hub, "valve")
            answers: list[tuple[str, str, object]] = [
                ("answered", "opening", "opening"),
                ("answered", '{"ok":true,"ms":80}', {"ok": True, "ms": 80}),
                ("failed", '{"error":"stuck"}', {"error": "stuck"}),
            ]
            for outcome, say, told in answers:
                proof = await evidence(hub, anna, outcome, value={"say": say, "of_another": False})
                assert proof["sent"] == {"topic": TOPIC, "qos": 1, "response_topic": f"{TOPIC}/answer"}
                assert proof["answered"] == told
            expect = {"key": "open", "value": True, "within_s": 0.3}
            proof = await evidence(hub, anna, "failed", value={"say": "opening", "of_another": True}, expect=expect)
            assert "answered" not in proof


async def test_the_embedded_broker_is_not_asked_and_lives(tmp_path: Path) -> None:
    """It speaks MQTT 5, and breaks where a subscriber of 3.1.1 would get a message with properties."""
    async with running(settings_for(tmp_path)) as hub, Api.of(hub) as anna, device(hub, TOPIC, says_so, VALVE):
        assert hub.hub.ingest is not None
        assert isinstance(hub.hub.ingest._client, Mqtt5Client)
        await known(hub, "valve")
        for _ in range(2):
            proof = await evidence(hub, anna, "answered")
            assert proof["sent"] == {"topic": TOPIC, "qos": 1}
            assert proof["answered"]["done"] == "open"


async def test_a_broker_of_3_1_1_is_not_asked_and_the_payload_has_it_all(tmp_path: Path) -> None:
    async with EmbeddedBroker(f"127.0.0.1:{free_port()}", data_dir=tmp_path / "broker") as broker:
        port = broker.url311.rpartition(":")[2]
        settings = settings_for(tmp_path, mqtt_url=broker.url311, mqtt_listen=f"127.0.0.1:{port}")
        async with running(settings) as hub, Api.of(hub) as anna, device(hub, TOPIC, says_so, VALVE):
            assert hub.hub.ingest is not None
            assert isinstance(hub.hub.ingest._client, AiomqttClient)
            await known(hub, "valve")
            proof = await evidence(hub, anna, "answered")
            assert proof["sent"] == {"topic": TOPIC, "qos": 1}
            assert proof["answered"]["done"] == "open"
