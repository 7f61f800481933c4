"""Ingest with a real broker and a real log: what devices say becomes events, once."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import aiomqtt
import pytest

from hub.decoders import FAMILIES
from hub.decoders.base import Decode, Decoder, Knowledge
from hub.decoders.registry import Decoders
from hub.descriptions import Descriptions
from hub.engine.local import LocalEngine
from hub.events import decode_event
from hub.ingest import READY_TOPIC, Ingest
from hub.mqtt.base import Delivery
from hub.mqtt.mqtt5_client import Mqtt5Client
from tests.running import until
from tests.servers import Server, mosquitto

NOW_MS = 1_732_412_345_123


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Server]:
    with mosquitto(tmp_path / "mosquitto") as server:
        yield server


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[LocalEngine]:
    async with LocalEngine(tmp_path / "log.db", max_bytes=10**8, max_age_s=3600) as found:
        yield found


class Forgetful(Mqtt5Client):
    """Acknowledges nothing: what a kill between append and PUBACK leaves behind."""

    def ack(self, delivery: Delivery) -> None:
        """Be killed before."""


@asynccontextmanager
async def ingesting(
    broker: Server,
    engine: LocalEngine,
    *,
    client_class: type[Mqtt5Client] = Mqtt5Client,
    decoders: Sequence[Decoder] = FAMILIES,
) -> AsyncIterator[Ingest]:
    url = f"mqtt://127.0.0.1:{broker.port}"
    async with client_class(url, client_id="hub", filters=["#"]) as client:
        ingest = Ingest(
            client=client,
            source="hub",
            engine=engine,
            decoders=Decoders(decoders, Knowledge()),
            descriptions=Descriptions(),
            now_ms=lambda: NOW_MS,
        )
        task = asyncio.create_task(ingest.run())
        try:
            await until(lambda: ingest.connected)
            yield ingest
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def publish(broker: Server, *messages: tuple[str, bytes | str], qos: int = 1, retain: bool = False) -> None:
    async with aiomqtt.Client("127.0.0.1", broker.port) as client:
        for topic, payload in messages:
            await client.publish(topic, payload, qos=qos, retain=retain)


async def logged(engine: LocalEngine) -> list[tuple[str, object]]:
    pieces = [piece for batch in await engine.tail(limit=1000) for piece in batch.pieces()]
    return [(str(event["topic"]), event["data"]) for event in map(decode_event, pieces)]


async def test_a_message_becomes_events(broker: Server, engine: LocalEngine) -> None:
    async with ingesting(broker, engine) as ingest:
        await publish(broker, ("devices/kitchen/telemetry", '{"temperature": 21.5}'))
        await until(lambda: ingest.events == 3)
        assert await logged(engine) == [
            ("telemetry/kitchen", {"temperature": 21.5}),
            (
                "device/kitchen",
                {
                    "name": "kitchen",
                    "family": "json",
                    "units": {},
                    "attributes": {},
                    "keys": {"temperature": "number"},
                    "first_seen": NOW_MS,
                },
            ),
            ("connectivity/kitchen", {"state": "online", "since": NOW_MS, "by": "values"}),
        ]


async def test_broken_messages_stop_nothing(broker: Server, engine: LocalEngine) -> None:
    async with ingesting(broker, engine) as ingest:
        deep = "/".join("d" * 150)
        await publish(
            broker,
            ("devices/kitchen/telemetry", '{"n": 1}'),
            ("devices/kitchen/telemetry", '{"n": 2'),
            ("devices/kitchen/telemetry", b"\xff\xfe\x00"),
            ("devices/kitchen/telemetry", b""),
            (deep, b"\x00\x01"),
            ("devices/kitchen/telemetry", "x" * 2**20),
            ("devices/kitchen/telemetry", '{"n": 3}'),
        )
        await until(lambda: ingest.messages == 7)
        events = await logged(engine)
        assert [data for topic, data in events if topic == "telemetry/kitchen"] == [{"n": 1}, {"n": 3}]
        raw = [(topic, data) for topic, data in events if topic.startswith("raw/")]
        assert raw
        for _, data in raw:
            assert isinstance(data, dict)
            assert data["reason"]
            assert len(data["payload"]) <= 4096
        assert ("raw/topic", deep) in [(t, d.get("topic")) for t, d in raw if isinstance(d, dict)]
        assert sum(ingest.refused.values()) == len(raw)


class Broken:
    """A decoder with a mistake in it."""

    family = "broken"

    def claim(self, topic: str, payload: bytes, knowledge: Knowledge) -> Decode | None:
        """Claim what is asked for."""
        del payload, knowledge
        if topic != "broken":
            return None

        def decode(payload: bytes, now_ms: int) -> list[object]:
            raise ZeroDivisionError(payload, now_ms)

        return decode  # type: ignore[return-value]  # it never returns


async def test_a_decoder_that_fails_stops_nothing(broker: Server, engine: LocalEngine) -> None:
    async with ingesting(broker, engine, decoders=[Broken(), *FAMILIES]) as ingest:
        await publish(broker, ("broken", "1"), ("devices/kitchen/telemetry", '{"n": 1}'))
        await until(lambda: ingest.messages == 2)
        events = await logged(engine)
        assert ingest.refused["failed"] == 1
        assert "raw/broken" in [topic for topic, _ in events]
        assert ("telemetry/kitchen", {"n": 1}) in events


async def test_what_was_appended_and_not_acknowledged_is_not_appended_again(
    broker: Server, engine: LocalEngine
) -> None:
    messages = [("devices/kitchen/telemetry", json.dumps({"n": n})) for n in range(50)]
    async with ingesting(broker, engine, client_class=Forgetful) as ingest:
        await publish(broker, *messages)
        await until(lambda: ingest.messages == 50)
    await publish(broker, ("devices/kitchen/telemetry", '{"n": 50}'))
    async with ingesting(broker, engine) as ingest:
        await publish(broker, ("devices/kitchen/telemetry", '{"n": 51}'))
        await until(lambda: ingest.messages == 52)
        assert ingest.redelivered == 50
    values = [data for topic, data in await logged(engine) if topic == "telemetry/kitchen"]
    assert values == [{"n": n} for n in range(52)]
    async with ingesting(broker, engine) as ingest:
        await publish(broker, ("devices/kitchen/telemetry", '{"n": 51}'))
        await until(lambda: ingest.messages == 1)
        assert ingest.redelivered == 0


async def test_another_clients_packets_are_not_ours(broker: Server, engine: LocalEngine) -> None:
    async with ingesting(broker, engine, client_class=Forgetful) as ingest:
        await publish(broker, ("devices/kitchen/telemetry", '{"n": 1}'))
        await until(lambda: ingest.messages == 1)
    for batch in await engine.tail(limit=10):
        batch.source = "another"
    async with ingesting(broker, engine) as ingest:
        await until(lambda: ingest.messages == 1)
        assert ingest.redelivered == 0


async def test_the_ready_topic_comes_back_as_an_event(broker: Server, engine: LocalEngine) -> None:
    async with ingesting(broker, engine) as ingest:
        await publish(broker, (READY_TOPIC + "node-1", b""))
        await until(lambda: ingest.events == 1)
        assert await logged(engine) == [("system/ready/node-1", {})]
