"""What breaks MQTT, or is nothing that a device says, through both kinds of broker while the hub reads."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hub.auth import Role
from hub.ingest import Ingest
from tests.fuzz.mqtt import CONNECT, PUBLISH, SUBSCRIBE, blurted, connect, packet, publish, taken, text
from tests.fuzz.raw import resident_bytes
from tests.running import Client, Running, running, settings_for, token
from tests.servers import mosquitto

SENSOR = b"tele/plug/SENSOR"
POWER = "ENERGY.Power"
GOOD = b'{"Time":"2026-01-01T00:00:00","ENERGY":{"Power":%d}}'


@pytest.fixture(params=["embedded", "mosquitto"])
async def hub(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Running]:
    if request.param == "embedded":
        async with running(settings_for(tmp_path)) as found:
            yield found
        return
    with mosquitto(tmp_path / "mosquitto") as server:
        url = f"mqtt://127.0.0.1:{server.port}"
        async with running(settings_for(tmp_path, mqtt_url=url, mqtt_listen=f"127.0.0.1:{server.port}")) as found:
            yield found


def ingest(hub: Running) -> Ingest:
    assert hub.hub.ingest is not None
    return hub.hub.ingest


BROKEN = {
    "half a CONNECT": connect(b"x")[:9],
    "a CONNECT of another protocol": packet(CONNECT, text(b"HTTP") + b"\x04\x02\x00\x3c" + text(b"x")),
    "a CONNECT that claims 256 MB": packet(CONNECT, text(b"MQTT"), length=268_435_455),
    "a length of five bytes": b"\x10\xff\xff\xff\xff\xff\x01",
    "no MQTT": b"GET / HTTP/1.1\r\n\r\n",
    "PUBLISH before CONNECT": publish(SENSOR, b"{}"),
    "two CONNECTs": connect(b"x") * 2,
    "half a PUBLISH": connect(b"x") + publish(SENSOR, GOOD)[:20],
    "a PUBLISH that claims 200 MB": connect(b"x") + packet(PUBLISH, text(SENSOR) + b"{", length=200_000_000),
    "a topic longer than its packet": connect(b"x") + packet(PUBLISH, b"\xff\xffab"),
    "QoS 3": connect(b"x") + packet(PUBLISH | 6, text(SENSOR) + b"\x00\x01{}"),
    "a topic that is no UTF-8": connect(b"x") + publish(b"tele/\xff\xfe/SENSOR", b"{}"),
    "a topic with wildcards": connect(b"x") + publish(b"tele/#", b"{}"),
    "a SUBSCRIBE of nothing": connect(b"x") + packet(SUBSCRIBE, b"\x00\x01"),
    "an unknown packet": connect(b"x") + packet(0xF0, b"x"),
    "noise": bytes(range(256)) * 4,
}


async def test_broken_packets_do_not_reach_the_hub(hub: Running) -> None:
    async with Client.connected(hub.ws_url, auth=token("ivan")) as client:
        await client.subscribe("telemetry/#")
        for n, sent in enumerate(BROKEN.values()):
            await blurted(hub.mqtt_port, sent)
            assert await taken(hub.mqtt_port, connect(b"good") + publish(SENSOR, GOOD % n, packet_id=1))
        await client.receive_until(lambda c: any(n == data.get(POWER) for data in c.on("telemetry/plug")))
        powers = [data[POWER] for data in client.on("telemetry/plug") if POWER in data]
        assert powers == list(range(len(BROKEN)))
    assert ingest(hub).connected


UNREADABLE: dict[str, tuple[bytes, str]] = {
    "JSON nested 10,000 deep": (b"[" * 10_000 + b"]" * 10_000, "malformed"),
    "objects nested 10,000 deep": (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, "malformed"),
    "an array of 1,000,000": (b"[" + b"0," * 999_999 + b"0]", "malformed"),
    "NaN": (b'{"Time":NaN}', "malformed"),
    "a number of 10,000 digits": (b'{"ENERGY":{"Power":' + b"9" * 10_000 + b"}}", ""),
    "duplicate keys": (b'{"ENERGY":{"Power":1},"ENERGY":{"Power":2}}', ""),
    "half": (GOOD[:20], "malformed"),
    "no UTF-8": (b"\xff\xfe{}", "malformed"),
    "zeros": (bytes(1000), "malformed"),
    "nothing": (b"", ""),
}
"""Payload, and why it is refused; "" where that is not said here: it must only harm nothing."""


async def test_what_cannot_be_read_becomes_raw_and_the_rest_is_intact(hub: Running) -> None:
    async with Client.connected(hub.ws_url, auth=token("ivan", role=Role.ADMIN)) as client:
        await client.subscribe("telemetry/#", "raw/#")
        sent = connect(b"bad")
        for n, (payload, _) in enumerate(UNREADABLE.values()):
            sent += publish(SENSOR, payload, packet_id=2 * n + 1) + publish(
                SENSOR, GOOD % (100 + n), packet_id=2 * n + 2
            )
        assert await taken(hub.mqtt_port, sent)
        last = 100 + len(UNREADABLE) - 1
        await client.receive_until(lambda c: any(data.get(POWER) == last for data in c.on("telemetry/plug")))
    powers = [data[POWER] for data in client.on("telemetry/plug") if data.get(POWER, 0) >= 100]
    assert powers == list(range(100, last + 1))
    refusals = [data["refusal"] for data in client.on("raw/tele/plug/SENSOR")]
    assert all(data["reason"] for data in client.on("raw/tele/plug/SENSOR"))
    assert refusals.count("malformed") >= sum(why == "malformed" for _, why in UNREADABLE.values())
    assert "failed" not in refusals
    assert ingest(hub).refused["failed"] == 0


async def test_topics_and_payloads_of_any_size(hub: Running) -> None:
    before = resident_bytes()
    async with Client.connected(hub.ws_url, auth=token("ivan", role=Role.ADMIN)) as client:
        await client.subscribe("telemetry/#", "raw/#")
        for n, topic in enumerate(
            (b"a" * 65_535, b"a/" * 32_767, b"/" * 65_535, b"tele/" + b"p" * 60_000 + b"/SENSOR")
        ):
            await taken(hub.mqtt_port, connect(b"long") + publish(topic, GOOD % n, packet_id=1))
        # The embedded broker takes 4 MiB and ends the connection of who sends more; Mosquitto hands it over.
        await taken(hub.mqtt_port, connect(b"large") + publish(SENSOR, b"[" * (10 * 2**20), packet_id=1))
        await taken(hub.mqtt_port, connect(b"large") + publish(b"large/x", b"x" * (3 * 2**20), packet_id=1))
        assert await taken(hub.mqtt_port, connect(b"good") + publish(SENSOR, GOOD % 7, packet_id=1))
        await client.receive_until(lambda c: any(data.get(POWER) == 7 for data in c.on("telemetry/plug")))
        raw = [event for event in client.events if event["topic"].startswith("raw/")]
        assert any(event["data"]["bytes"] == 3 * 2**20 for event in raw)
        assert max(len(event["topic"]) + len(event["data"]["payload"]) for event in raw) < 16_384
    assert resident_bytes() - before < 128 * 2**20
