import orjson
import pytest

from hub.decoders.lines import decode_lines
from tests.decoders.told import NOW


def answers(*lines: object) -> list[dict[str, object]]:
    texts = [line if isinstance(line, str) else orjson.dumps(line).decode() for line in lines]
    return [orjson.loads(answer) for answer in decode_lines(texts, now_ms=lambda: NOW)]


def test_one_message() -> None:
    message = {
        "topic": "devices/kitchen/telemetry",
        "payload": '{"ts":1714552800123,"value":21.5,"unit":"°C","ok":true}',
    }
    assert answers(message) == [
        {
            "device": "kitchen",
            "family": "json",
            "kind": "telemetry",
            "readings": [{"name": "value", "value": 21.5, "unit": "°C"}, {"name": "ok", "value": True}],
            "status": None,
            "time": "2024-05-01T08:40:00.123Z",
        }
    ]


def test_a_clock_without_a_zone_is_shown_without_one() -> None:
    message = {"topic": "devices/kitchen/telemetry", "payload": '{"time":"2024-05-01 08:40","t":1}'}
    assert answers(message)[0]["time"] == "2024-05-01T08:40:00.000"


def test_bytes_and_presence() -> None:
    message = {"topic": "devices/kitchen/status", "payload_hex": b"online".hex(), "retain": True}
    assert answers(message) == [
        {"device": "kitchen", "family": "plain", "kind": "presence", "readings": [], "status": "online", "time": None}
    ]


def test_several_devices_in_one_message() -> None:
    (answer,) = answers(
        {"topic": "tele/zb/SENSOR", "payload": '{"ZbReceived":{"0x1":{"Humidity":1},"0x2":{"Humidity":2}}}'},
    )
    events = answer.pop("events")
    assert answer == {
        "device": None, "family": "tasmota", "kind": "telemetry", "readings": [], "status": None, "time": None,
    }  # fmt: skip
    assert isinstance(events, list)
    assert [(event["device"], event["readings"]) for event in events] == [
        ("0x1", [{"name": "Humidity", "value": 1, "unit": "%"}]),
        ("0x2", [{"name": "Humidity", "value": 2, "unit": "%"}]),
    ]


def test_a_message_may_say_nothing() -> None:
    (answer,) = answers({"topic": "tele/zb/SENSOR", "payload": '{"ZbReceived":{}}'})
    assert (answer["family"], answer["device"], answer["events"]) == ("tasmota", None, [])


def test_discovery_holds_for_the_lines_after_it() -> None:
    exposes = [{"property": "level", "unit": "l"}]
    device = {"ieee_address": "0x1", "friendly_name": "tank", "definition": {"exposes": exposes}}
    found = answers(
        {"topic": "zigbee2mqtt/bridge/devices", "payload": orjson.dumps([device]).decode()},
        {"topic": "zigbee2mqtt/tank", "payload": '{"level":5}'},
    )
    assert found[1]["readings"] == [{"name": "level", "value": 5, "unit": "l"}]


@pytest.mark.parametrize(
    ("topic", "payload", "family", "kind", "error"),
    [
        ("telemetry", "5 seconds", None, None, "no decoder claims this topic"),
        ("devices/kitchen/telemetry", '{"t":', "json", "garbage", "cut off after 5 characters"),
        ("devices/kitchen/picture", "<svg/>", "plain", None, "XML"),
    ],
)  # fmt: skip
def test_what_is_not_understood_says_why(*, topic: str, payload: str, family: str, kind: str, error: str) -> None:
    assert answers({"topic": topic, "payload": payload}) == [
        {"device": None, "family": family, "kind": kind, "readings": [], "status": None, "time": None, "error": error}
    ]


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("", "not a line of JSON"),
        ("nonsense", "not a line of JSON"),
        ("[]", "a line is an object"),
        ('{"payload":"1"}', "a line is an object"),
        ('{"topic":"a/+","payload":"1"}', "has a wildcard"),
        ('{"topic":"","payload":"1"}', "is empty"),
        ('{"topic":"a/b"}', "is missing"),
        ('{"topic":"a/b","payload":{"t":1}}', "is missing"),
        ('{"topic":"a/b","payload_hex":"xyz"}', "is not hexadecimal"),
    ],
)
def test_bad_lines_are_answered_too(line: str, error: str) -> None:
    (answer,) = answers(line)
    assert set(answer) == {"error"}
    assert error in str(answer["error"])
