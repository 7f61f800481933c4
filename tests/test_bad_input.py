"""What nobody should send, through the embedded broker and the whole of ingest: refused with a reason, nothing else."""

import json
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiomqtt
import httpx
import pytest

from hub.auth import Role
from hub.events import decode_event
from tests.running import Running, running, settings_for, token, until
from tests.servers import mosquitto

MIB = 1024 * 1024


@pytest.fixture(name="hub")
async def _hub(tmp_path: Path) -> AsyncIterator[Running]:
    async with running(settings_for(tmp_path)) as hub:
        yield hub


async def sent(hub: Running, *messages: tuple[str, bytes]) -> None:
    """Publish the messages between two good ones; both good ones arrive."""
    good = ("devices/good/telemetry", b'{"n":1}'), ("devices/good/telemetry", b'{"n":2}')
    async with aiomqtt.Client("127.0.0.1", hub.mqtt_port) as client:
        for topic, payload in (good[0], *messages, good[1]):
            await client.publish(topic, payload, qos=1)
    await until(lambda: latest(hub, "telemetry/good") == {"n": 2})


def latest(hub: Running, topic: str) -> Any:
    piece = hub.hub.node.latest.get(topic)
    return None if piece is None else decode_event(piece)["data"]


def refused(hub: Running) -> dict[str, int]:
    ingest = hub.hub.ingest
    assert ingest is not None
    return {name: number for name, number in ingest.refused.items() if number}


@pytest.mark.parametrize(
    ("payload", "refusal"),
    [
        (b"[" * 10_000, "malformed"),
        (b"[" * 10_000 + b"]" * 10_000, "malformed"),
        (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, "malformed"),
        (b'{"t":"\xff\xfe"}', "malformed"),
        (b'{"t":1', "malformed"),
        (b'{"t":NaN}', "malformed"),
        (b'{"' + b"k" * 10_000 + b'":1}', "unsupported"),
        (json.dumps({str(n): n for n in range(5_000)}).encode(), "unsupported"),
    ],
    ids=["open", "arrays", "objects", "utf8", "cut", "nan", "key", "many"],
)
async def test_payloads_that_are_refused(hub: Running, payload: bytes, refusal: str) -> None:
    await sent(hub, ("devices/bad/telemetry", b'{"t":0}'), ("devices/bad/telemetry", payload))
    assert refused(hub) == {refusal: 1}
    data = latest(hub, "raw/devices/bad/telemetry")
    assert (data["refusal"], data["family"], data["bytes"]) == (refusal, "json", len(payload))
    assert data["reason"]
    assert latest(hub, "telemetry/bad") == {"t": 0}
    await until(lambda: len(hub.hub.decoding.desk.inbox) == 1)


OF_FAMILIES = {
    "tele/plug/SENSOR": (b'{"Time":"2024-11-24T01:39:00","ENERGY":{', "tasmota"),
    "zigbee2mqtt/lamp": (b'{"state":"ON","brightness":}', "zigbee2mqtt"),
    "shellyplus1-a1/events/rpc": (b'{"method":5}', "shelly_gen2"),
    "shellies/shelly1-A1/relay/0/power": (b"\x01", "shelly_gen1"),
    "homie/m/$state": (b"asleep?", "homie"),
    "homeassistant/sensor/x/config": (b'{"~":', "ha_discovery"),
    "spBv1.0/g/NBIRTH/n": (b"\xff\xff\x01", "sparkplug_b"),
    "owntracks/u/d": (b'{"_type":"location"', "owntracks"),
    "application/1/device/0102030405060708/event/up": (b'{"deviceInfo":', "chirpstack"),
    "v3/app/devices/dev/up": (b"[1]", "ttn_v3"),
    "rtl_433/host/events": (b'{"model":', "rtl_433"),
    "senml/m": (b'[{"n":5,"v":1}]', "senml"),
    "v1/devices/me/telemetry": (b'{"t":', "thingsboard"),
    "valetudo/r/BatteryStateAttribute/level": (b"\x00x", "valetudo"),
    "frigate/events": (b"{", "frigate"),
    "msh/EU_868/2/json/LongFast/!7efeee00": (b'{"from":', "meshtastic"),
}
"""Messages that are their families' and broken."""


async def test_broken_messages_of_families_are_refused_counted_and_seen_in_the_inbox(hub: Running) -> None:
    await sent(hub, *((topic, payload) for topic, (payload, _) in OF_FAMILIES.items()))
    headers = {"Authorization": f"Bearer {token(role=Role.OPERATOR)}"}
    async with httpx.AsyncClient(base_url=hub.origin, headers=headers) as operator:
        await until(lambda: sum(entry.count for entry in hub.hub.decoding.desk.inbox) == len(OF_FAMILIES))
        inbox = (await operator.get("/api/inbox")).json()["shapes"]
        metrics = (await operator.get("/metrics")).text
    seen = {entry["shape"]: (list(entry["families"]), list(entry["refusals"])) for entry in inbox}
    assert seen == {topic: ([family], ["malformed"]) for topic, (_, family) in OF_FAMILIES.items()}
    assert all(entry["reason"] and entry["samples"][0]["reason"] for entry in inbox)
    assert f'hub_ingest_refused_total{{reason="malformed"}} {len(OF_FAMILIES)}.0' in metrics
    assert hub.hub.node.latest.topics(["telemetry/#"]) == ["telemetry/good"]


async def test_of_a_member_that_is_there_twice_the_last_one_counts(hub: Running) -> None:
    await sent(hub, ("devices/m/telemetry", b'{"t":1,"t":2}'), ("devices/m/telemetry", b'{"u":{"t":1,"t":3}}'))
    assert refused(hub) == {}
    assert latest(hub, "telemetry/m") == {"t": 2, "u.t": 3}


async def test_ten_megabytes_end_the_connection_of_who_sends_them_to_the_embedded_broker(hub: Running) -> None:
    async with aiomqtt.Client("127.0.0.1", hub.mqtt_port) as client:
        with pytest.raises(aiomqtt.MqttError):
            await client.publish("devices/big/telemetry", b"[" + b"1," * 5 * MIB, qos=1, timeout=1)
        with suppress(aiomqtt.MqttError):
            await client.publish("devices/big/telemetry", b"1", qos=0)
    await sent(hub)
    assert latest(hub, "telemetry/big") is None


async def test_ten_megabytes_are_refused_where_another_broker_takes_them(tmp_path: Path) -> None:
    with mosquitto(tmp_path / "mosquitto") as broker:
        settings = settings_for(tmp_path, mqtt_url=f"mqtt://127.0.0.1:{broker.port}")
        async with running(settings) as hub:
            there = replace(hub, mqtt_port=broker.port)
            await sent(there, ("devices/big/telemetry", b'{"t":0}'), ("devices/big/telemetry", b"[" + b"1," * 5 * MIB))
            assert refused(hub) == {"malformed": 1}
            data = latest(hub, "raw/devices/big/telemetry")
            assert (data["bytes"], len(data["payload"])) == (10 * MIB + 1, 1024)


async def test_topics_that_are_too_long_or_too_deep(hub: Running) -> None:
    await sent(hub, ("x" * 2_000, b"1"), ("/".join("x" * 200), b"1"), ("y" * 65_535, b"1"))
    data = latest(hub, "raw/topic")
    assert len(data["topic"]) <= 1024
    await until(lambda: "" in [entry.shape for entry in hub.hub.decoding.desk.inbox])


async def test_ids_that_are_forged(hub: Running) -> None:
    names = ["../../etc", "a/b", "+", "#", "\x00", "x" * 500, "", " ", "$SYS", "telemetry/good", "\u202e"]
    await sent(hub, *(("up", json.dumps({"deviceId": name, "t": 1}).encode()) for name in names))
    topics = hub.hub.node.latest.topics(["telemetry/#", "device/#", "connectivity/#"])
    assert all(topic.count("/") == 1 for topic in topics)
    assert latest(hub, "telemetry/good") == {"n": 2}


async def test_topics_of_the_hubs_own_say_nothing_for_it(hub: Running) -> None:
    forged = json.dumps({"name": "x", "filter": "#", "ignore": True}).encode()
    await sent(hub, ("mapping/x", forged), ("system/access", b'{"event":"x"}'), ("raw/a", b'{"refusal":"x"}'))
    assert hub.hub.decoding.desk.mappings.on_log == {}
    assert latest(hub, "mapping/x") is None


async def test_a_topic_that_names_no_device_is_kept_with_the_reason(hub: Running) -> None:
    await sent(hub, ("v1/devices/me/telemetry", b'{"t":1}'))
    assert refused(hub) == {"nameless": 1}
    data = latest(hub, "raw/v1/devices/me/telemetry")
    assert (data["family"], data["payload"]) == ("thingsboard", '{"t":1}')
    assert "gateway API" in data["reason"]
