import orjson
import pytest

from hub.decoders.base import Knowledge
from hub.inbox import Inbox
from hub.inbox_family import family_of
from hub.mapping import TopicMapping, parse_mapping
from hub.mapping_family import FamilyReader
from hub.raw_event import RAW_PAYLOAD_BYTES, raw_event

NOW_MS = 1_732_412_345_123
ENERGY = orjson.dumps({"Time": "2024-11-24T01:39:00", "ENERGY": {"Power": 5}})


def found(*messages: tuple[str, bytes | str], refusal: str = "unclaimed") -> TopicMapping | None:
    inbox = Inbox()
    for topic, payload in messages:
        given = payload.encode() if isinstance(payload, str) else payload
        told, data = raw_event(topic, given, refusal=refusal, reason="", family=None)
        inbox.add({"topic": told, "time": NOW_MS, "data": data})
    mapping = family_of(next(iter(inbox)))
    assert mapping is None or parse_mapping(mapping.record()) == mapping
    return mapping


def test_a_family_below_a_prefix() -> None:
    mapping = found(*((f"berlin/homie/m{n}/$state", "ready") for n in range(2)))
    assert mapping == TopicMapping("berlin-homie", "berlin/homie/#", family="homie", topic="{2#}")
    decode = FamilyReader(mapping, Knowledge()).bind("berlin/homie/m1/$state")
    assert decode is not None
    assert [(said.device, said.status) for said in decode(b"lost", NOW_MS)] == [("m1", "offline")]


def test_a_prefix_of_several_levels() -> None:
    mapping = found(("de/berlin/homie/m1/$state", "ready"))
    assert mapping is not None
    assert (mapping.filter, mapping.family, mapping.topic) == ("de/berlin/homie/#", "homie", "{3#}")


def test_where_the_level_behind_the_prefix_varies_only_the_shape_is_taken() -> None:
    mapping = found(*((f"floor/n{n}/sensor/t/state", "21.5") for n in range(2)))
    assert mapping is not None
    assert (mapping.filter, mapping.family, mapping.topic) == ("floor/+/sensor/t/state", "esphome", "{2#}")


@pytest.mark.parametrize(
    ("payload", "family", "topic", "device"),
    [
        (ENERGY, "tasmota", "tele/{2}/SENSOR", "x1"),
        ('{"Time":"2024-11-24T01:39:00","Wifi":{"Signal":-57}}', "tasmota", "tele/{2}/STATE", "x1"),
        ('{"temperature":21.5,"linkquality":80}', "zigbee2mqtt", "zigbee2mqtt/{2}", "x1"),
        (
            '{"src":"s","method":"NotifyStatus","params":{"ts":1,"switch:0":{"apower":5}}}',
            "shelly_gen2", "{2}/events/rpc", "x1",
        ),
        (
            '{"time":"2024-11-24 01:39:00","model":"Nexus","id":4,"temperature_C":20}',
            "rtl_433", "rtl_433/{2}/events", "Nexus-4",
        ),
    ],
)  # fmt: skip
def test_a_family_known_by_its_payload(payload: bytes | str, family: str, topic: str, device: str) -> None:
    mapping = found(("data/x1", payload), ("data/x2", payload))
    assert mapping == TopicMapping("data", "data/+", family=family, topic=topic)
    decode = FamilyReader(mapping, Knowledge()).bind("data/x1")
    assert decode is not None
    raw = payload.encode() if isinstance(payload, str) else payload
    assert [said.device for said in decode(raw, NOW_MS)] == [device]


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        ("gh/1", '{"t":1}'),
        ("gh/1", "t=21.5"),
        ("gh/1", '{"t":'),
        ("gh/1", "[1,2]"),
        ("gh//", "[1,2]"),
        ("a/homie/x/$name", "Meter"),
        ("a/zigbee2mqtt/x", '{"t":'),
        ("data/1", '{"linkquality":null}'),
        ("data/1", b"x" * (RAW_PAYLOAD_BYTES + 1)),
    ],
)
def test_no_family(topic: str, payload: bytes | str) -> None:
    assert found((topic, payload)) is None


def test_what_a_family_has_refused_is_not_proposed_to_one() -> None:
    assert found(("data/x1", ENERGY), refusal="malformed") is None
