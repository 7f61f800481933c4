"""Every kind that takes commands, at a real broker: a command in the family's wire form, its answer, its effect."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiomqtt
import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from hub.decoders import FAMILIES
from hub.decoders.base import Knowledge
from hub.decoders.registry import Decoders
from simulators.fleet import Fleet, Plan
from simulators.link import Broker
from simulators.protobuf import blob, whole
from simulators.sparkplug import BOOLEAN, Metric, rebirth_request
from tests.servers import Server, mosquitto

SECS = 20
NOW_MS = 1_732_449_600_000


@pytest.fixture(name="broker")
def _broker(tmp_path: Path) -> Iterator[Server]:
    with mosquitto(tmp_path / "mosquitto") as server:
        yield server


class Ear:
    """What is said at a broker, decoded as the hub decodes it."""

    def __init__(self, client: aiomqtt.Client) -> None:
        self.client = client
        self.messages: list[aiomqtt.Message] = []
        self.values: dict[str, list[object]] = {}
        self._decoders = Decoders(FAMILIES, Knowledge())

    async def until(self, holds: Callable[["Ear"], bool]) -> None:
        """Listen until the condition holds."""
        async with asyncio.timeout(SECS):
            while not holds(self):
                self._hear(await anext(self.client.messages))

    def _hear(self, message: aiomqtt.Message) -> None:
        assert isinstance(message.payload, bytes)
        self.messages.append(message)
        outcome = self._decoders.decode(message.topic.value, message.payload, NOW_MS)
        for event in outcome.events if outcome else ():
            for key, value in event.data.items():
                self.values.setdefault(f"{event.device}:{key}", []).append(value)

    def last(self, key: str) -> object:
        """The newest value of `<device>:<key>`."""
        return self.values.get(key, [None])[-1]

    def said(self, topic: str) -> list[Any]:
        """What was said on a topic, as JSON where it is."""
        found = []
        for message in self.messages:
            if message.topic.value == topic and isinstance(message.payload, bytes):
                try:
                    found.append(json.loads(message.payload))
                except ValueError:
                    found.append(message.payload)
        return found


@asynccontextmanager
async def playing(kind: str, broker: Server) -> AsyncIterator[tuple[Any, Ear]]:
    """One simulator of the kind, connected, and an ear at the broker."""
    stop = asyncio.Event()
    fleet = Fleet(Plan(devices=1, rate=20, mishap_every_s=0, kinds=(kind,)), Broker("127.0.0.1", broker.port))
    async with aiomqtt.Client("127.0.0.1", broker.port, protocol=aiomqtt.ProtocolVersion.V5) as client:
        await client.subscribe("#", 1)
        ear = Ear(client)
        task = asyncio.create_task(fleet.run(stop), name="fleet")
        try:
            await ear.until(lambda heard: fleet.links[0].connected and bool(heard.values))
            yield fleet.links[0].simulator, ear
        finally:
            stop.set()
            await asyncio.wait_for(task, SECS)


async def test_shelly_rpc(broker: Server) -> None:
    async with playing("shelly_gen2", broker) as (plug, ear):
        call = {"id": 7, "src": "asker", "method": "Switch.Set", "params": {"id": 0, "on": False}}
        await ear.client.publish(f"{plug.device}/rpc", json.dumps(call), 1)
        await ear.until(lambda heard: heard.last(f"{plug.device}:switch:0.output") is False)
        [answer] = ear.said("asker/rpc")
        assert answer == {"id": 7, "src": plug.device, "dst": "asker", "result": {"was_on": True}}
        await ear.client.publish(f"{plug.device}/rpc", json.dumps({**call, "id": 8, "method": "No.Such"}), 1)
        await ear.client.publish(f"{plug.device}/rpc", json.dumps({**call, "id": 9, "params": {"id": 3}}), 1)
        await ear.client.publish(f"{plug.device}/command/switch:0", "toggle", 1)
        await ear.until(lambda heard: heard.last(f"{plug.device}:switch:0.output") is True)
        assert [answer.get("error", {}).get("code") for answer in ear.said("asker/rpc")[1:]] == [404, -103]


async def test_shelly_of_the_first_generation(broker: Server) -> None:
    async with playing("shelly_gen1", broker) as (plug, ear):
        await ear.client.publish(f"shellies/{plug.device}/relay/0/command", "off", 1)
        await ear.until(lambda heard: heard.said(f"shellies/{plug.device}/relay/0")[-1:] == [b"off"])
        await ear.until(lambda heard: heard.last(f"{plug.device}:relay.0.power") == 0)
        announced = len(ear.said("shellies/announce"))
        await ear.client.publish("shellies/command", "announce", 1)
        await ear.until(lambda heard: len(heard.said("shellies/announce")) > announced)


async def test_esphome(broker: Server) -> None:
    async with playing("esphome", broker) as (node, ear):
        await ear.client.publish(f"{node.node}/switch/fan/command", "ON", 1)
        await ear.until(lambda heard: heard.last(f"{node.node}:fan") == "ON")


async def test_home_assistant(broker: Server) -> None:
    async with playing("homeassistant", broker) as (lamp, ear):
        await ear.client.publish(f"{lamp.base}/set", '{"state":"ON","brightness":77}', 1)
        await ear.until(lambda heard: heard.last(f"{lamp.device}:brightness") == 77)


async def test_homie(broker: Server) -> None:
    async with playing("homie", broker) as (heater, ear):
        await ear.client.publish(f"homie/{heater.device}/heater/target/set", "99", 1)
        await ear.client.publish(f"homie/{heater.device}/heater/on/set", "false", 1)
        await ear.until(lambda heard: heard.last(f"{heater.device}:heater.on") is False)
        assert ear.values[f"{heater.device}:heater.target"] == [21]
        await ear.client.publish(f"homie/{heater.device}/heater/target/set", "18.5", 1)
        await ear.until(lambda heard: heard.last(f"{heater.device}:heater.target") == 18.5)


async def test_sparkplug(broker: Server) -> None:
    async with playing("sparkplug", broker) as (node, ear):
        press = f"Plant 1%2F{node.node}%2F{node.device}"
        payload = whole(1, NOW_MS) + blob(2, Metric("Running", 0, BOOLEAN, value=False).encode(NOW_MS, named=True))
        await ear.client.publish(f"spBv1.0/Plant 1/DCMD/{node.node}/{node.device}", payload, 1)
        await ear.until(lambda heard: heard.last(f"{press}:Running") is False)
        births = len(ear.said(f"spBv1.0/Plant 1/NBIRTH/{node.node}"))
        await ear.client.publish(f"spBv1.0/Plant 1/NCMD/{node.node}", rebirth_request(NOW_MS), 1)
        await ear.until(lambda heard: len(heard.said(f"spBv1.0/Plant 1/NBIRTH/{node.node}")) > births)


async def test_chirpstack(broker: Server) -> None:
    async with playing("chirpstack", broker) as (server, ear):
        eui = server.valves[0].eui
        base = server.filters[0].removesuffix("+/command/down") + eui
        wish = {"devEui": eui, "confirmed": True, "fPort": 10, "data": base64.b64encode(b"\1").decode()}
        await ear.client.publish(f"{base}/command/down", json.dumps(wish), 1)
        await ear.until(lambda heard: heard.last(f"{eui}:valve") == "open")
        [sent], [acknowledged] = ear.said(f"{base}/event/txack"), ear.said(f"{base}/event/ack")
        assert sent["queueItemId"] == acknowledged["queueItemId"]


async def test_the_things_stack(broker: Server) -> None:
    async with playing("things_stack", broker) as (_, ear):
        base = "v3/water@ttn/devices/valve-01"
        downlink = {"f_port": 10, "decoded_payload": {"valve": "open"}, "confirmed": True, "correlation_ids": ["c1"]}
        await ear.client.publish(f"{base}/down/push", json.dumps({"downlinks": [downlink]}), 1)
        await ear.until(lambda heard: heard.last("valve-01:valve") == "open")
        for step in ("queued", "sent", "ack"):
            [told] = ear.said(f"{base}/down/{step}")
            assert told["correlation_ids"] == ["c1"]


async def test_openmqttgateway(broker: Server) -> None:
    async with playing("openmqttgateway", broker) as (gateway, ear):
        base = f"home/{gateway.gateway}"
        await ear.client.publish(f"{base}/commands/MQTTtoBT/config", '{"interval":1000}', 1)
        await ear.until(lambda heard: [one["interval"] for one in heard.said(f"{base}/BTtoMQTT")] == [1000])
        told = len(ear.said(f"{base}/SYStoMQTT"))
        await ear.client.publish(f"{base}/commands/MQTTtoSYS/config", '{"cmd":"status"}', 1)
        await ear.until(lambda heard: len(heard.said(f"{base}/SYStoMQTT")) > told)


async def test_a_request_is_answered_where_it_says(broker: Server) -> None:
    async with playing("pump", broker) as (pump, ear):
        topic = f"devices/{pump.device}/command"
        asked = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]  # paho leaves it so
        asked.ResponseTopic, asked.CorrelationData = "answers/1", b"\x00\x07"
        await ear.client.publish(topic, '{"id":"a","name":"rpm","value":900}', 1, properties=asked)
        await ear.until(lambda heard: heard.last(f"{pump.device}:rpm") == 900)
        await ear.until(lambda heard: bool(heard.said("answers/1")))
        [answer] = [message for message in ear.messages if message.topic.value == "answers/1"]
        assert json.loads(bytes(answer.payload)) == {"id": "a", "ok": True}
        assert getattr(answer.properties, "CorrelationData", None) == b"\x00\x07"
        await ear.client.publish(topic, '{"id":"b","name":"rpm","value":-1,"answer":"answers/2"}', 1)
        await ear.until(lambda heard: bool(heard.said("answers/2")))
        assert ear.said("answers/2")[0]["ok"] is False
