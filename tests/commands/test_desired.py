"""What is desired, in the bytes that each family knows for it."""

from typing import Any

import orjson
import pytest

from hub.commands import encode
from hub.commands.command import Command
from hub.commands.desired import nested
from hub.decoders import FAMILIES
from hub.decoders.aws_iot import MAX_NAMED, MAX_NAMES
from hub.decoders.base import Knowledge
from hub.decoders.registry import Decoders

NOW_MS = 1_732_412_345_123
NOW_S = NOW_MS // 1000


def wanted(device: str, key: str, value: Any, *, name: str = "") -> Command:
    return Command(
        id="0m3k9x2pq1a7c",
        device=device,
        name=name or key,
        value=value,
        by="anna",
        created=NOW_MS,
        expires=NOW_MS,
        twin=key,
    )


def sent(family: str, command: Command, knowledge: Knowledge | None = None) -> list[tuple[str, bytes]]:
    sending = encode(command, family, knowledge or Knowledge(), now_ms=NOW_MS)
    assert sending.answers == {}
    return [(each.topic, each.payload) for each in sending.outgoing]


def heard(*topics: str) -> Knowledge:
    knowledge = Knowledge()
    decoders = Decoders(FAMILIES, knowledge)
    for topic in topics:
        decoders.decode(topic, b'{"state":{"reported":{"on":true}}}', NOW_MS)
    return knowledge


def shadow(state: object) -> bytes:
    return orjson.dumps({"version": NOW_S, "timestamp": NOW_S, "state": state})


def test_a_thing_gets_the_delta_of_its_shadow() -> None:
    topic = "$aws/things/lamp 1/shadow/update/delta"
    assert sent("aws_iot", wanted("lamp 1", "on", value=True)) == [(topic, shadow({"on": True}))]
    assert sent("aws_iot", wanted("lamp 1", "light.level", 7)) == [(topic, shadow({"light": {"level": 7}}))]


def test_a_named_shadow_is_that_before_the_key() -> None:
    topic = "$aws/things/lamp/shadow/name/config/update"
    knowledge = heard(topic, f"{topic}/accepted", "$aws/things/lamp/shadow/name/light/update")
    assert sent("aws_iot", wanted("lamp", "config.on", value=False), knowledge) == [
        (f"{topic}/delta", shadow({"on": False}))
    ]
    assert sent("aws_iot", wanted("lamp", "configured", 1), knowledge) == [
        ("$aws/things/lamp/shadow/update/delta", shadow({"configured": 1}))
    ]


def test_named_shadows_that_are_remembered_are_bounded() -> None:
    known = heard(*(f"$aws/things/lamp/shadow/name/s{number}/update" for number in range(MAX_NAMES + 1)))
    [(topic, _)] = sent("aws_iot", wanted("lamp", f"s{MAX_NAMES}.on", 1), known)
    assert topic == "$aws/things/lamp/shadow/update/delta"
    known.of("aws_iot")["named"] = {str(number): [] for number in range(MAX_NAMED)}
    Decoders(FAMILIES, known).decode("$aws/things/late/shadow/name/a/update", b'{"state":{}}', NOW_MS)
    [(topic, _)] = sent("aws_iot", wanted("late", "a.on", 1), known)
    assert topic == "$aws/things/late/shadow/update/delta"


@pytest.mark.parametrize(
    ("device", "place"), [("truck", "devices/truck"), ("truck%2Fengine", "devices/truck/modules/engine")]
)
def test_a_device_of_azure_gets_a_message_of_the_cloud(device: str, place: str) -> None:
    [(topic, payload)] = sent("azure_iot", wanted(device, "fan.speed", 3))
    start, _, bag = topic.partition("/messages/devicebound/")
    assert (start, payload) == (place, b'{"desired":{"fan":{"speed":3}}}')
    assert (
        bag == f"%24.to=%2F{place.replace('/', '%2F')}%2Fmessages%2Fdevicebound&%24.ct=application%2Fjson&%24.ce=utf-8"
    )
    told = Decoders(FAMILIES, Knowledge()).decode(topic, payload, NOW_MS)
    assert told is not None
    assert [(each.device, each.kind) for each in told.events] == [(device, "command")]


def test_a_gateway_of_thingsboard_gets_shared_attributes() -> None:
    assert sent("thingsboard", wanted("Device A", "limit", 5)) == [
        ("v1/gateway/attributes", b'{"device":"Device A","data":{"limit":5}}')
    ]


def test_zigbee2mqtt_gets_objects_within_objects() -> None:
    assert sent("zigbee2mqtt", wanted("hall", "color.x", 0.3)) == [("zigbee2mqtt/hall/set", b'{"color":{"x":0.3}}')]
    assert sent("zigbee2mqtt", wanted("hall", "state", value=True)) == [("zigbee2mqtt/hall/set", b'{"state":"ON"}')]


def test_other_families_are_told_by_a_usual_command() -> None:
    sending = encode(wanted("plug", "POWER", value=True), "tasmota", Knowledge(), now_ms=NOW_MS)
    assert [(each.topic, each.payload) for each in sending.outgoing] == [("cmnd/plug/POWER", b"ON")]


def test_a_dotted_key_is_a_document() -> None:
    assert nested("a.b.c", 1) == {"a": {"b": {"c": 1}}}
    assert nested("a", 1) == {"a": 1}
