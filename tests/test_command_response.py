"""Devices of no convention that speak MQTT 5: asked on one topic, they answer where the request says."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import aiomqtt
import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from hub.mqtt.aiomqtt_client import AiomqttClient
from hub.mqtt.embedded import EmbeddedBroker
from tests.running import Running, running, settings_for
from tests.servers import free_port, mosquitto
from tests.test_command_runner import Api, device, known, state

TOPIC = "devices/valve/command"


@asynccontextmanager
async def valve(port: int) -> AsyncIterator[None]:
    """A device that says what the command's value wants to hear, with the data of the request or with others."""
    async with aiomqtt.Client("127.0.0.1", port, protocol=aiomqtt.ProtocolVersion.V5) as client:
        await client.subscribe(TOPIC, qos=1)
        await client.publish("devices/valve/telemetry", '{"open":false}', 1)

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


@pytest.mark.parametrize("kind", ["embedded", "mosquitto"])
async def test_the_correlation_data_make_it_the_answer(kind: str, tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        given = {}
        if kind == "mosquitto":
            given["mqtt_url"] = f"mqtt://127.0.0.1:{stack.enter_context(mosquitto(tmp_path / 'mosquitto')).port}"
        hub = await stack.enter_async_context(running(settings_for(tmp_path, **given)))
        anna = await stack.enter_async_context(Api.of(hub))
        assert hub.hub.broker is not None
        await stack.enter_async_context(valve(int(hub.hub.broker.url.rpartition(":")[2])))
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


async def test_a_broker_of_3_1_1_is_asked_for_no_response_and_the_payload_has_it_all(tmp_path: Path) -> None:
    def answers(topic: str, payload: bytes) -> list[tuple[str, str]]:
        return [(f"{topic}/answer", payload.decode().replace('"name"', '"done"'))]

    async with EmbeddedBroker(f"127.0.0.1:{free_port()}", data_dir=tmp_path / "broker") as broker:
        port = int(broker.url311.rpartition(":")[2])
        settings = settings_for(tmp_path, mqtt_url=broker.url311, mqtt_listen=f"127.0.0.1:{port}")
        async with (
            running(settings) as hub,
            Api.of(hub) as anna,
            device(hub, TOPIC, answers, ("devices/valve/telemetry", '{"open":false}')),
        ):
            assert hub.hub.ingest is not None
            assert isinstance(hub.hub.ingest._client, AiomqttClient)
            await known(hub, "valve")
            proof = await evidence(hub, anna, "answered")
            assert proof["sent"] == {"topic": TOPIC, "qos": 1}
            assert proof["answered"]["done"] == "open"
