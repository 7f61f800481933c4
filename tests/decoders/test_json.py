import pytest

from hub.decoders.base import NO_UNITS, Decoded, Malformed, Unsupported
from hub.decoders.clock import LocalTime, Moment
from hub.decoders.leaves import MAX_LEAVES
from hub.events import Scalar
from tests.decoders.told import NOW, decoders, family, one, told

MAY_1 = 1_714_552_800_000
UP = "iot/dev42/up"


@pytest.mark.parametrize(
    ("topic", "payload", "device", "data"),
    [
        ("devices/kitchen/telemetry", {"temperature": 21.5, "ok": True}, "kitchen", {"temperature": 21.5, "ok": True}),
        ("devices/kitchen/telemetry", {"deviceId": "other", "t": 1}, "kitchen", {"t": 1}),
        ("devices/kitchen/motor/state", {"speed": 3}, "kitchen", {"motor.speed": 3}),
        ("factory/line1/robot3", {"joints": [1, -2]}, "line1%2Frobot3", {"joints.0": 1, "joints.1": -2}),
        ("weather/station1", {"t": 1}, "station1", {"t": 1}),
        ("scope/ch1", [1.0, 2.5], "ch1", {"0": 1.0, "1": 2.5}),
        ("scope/ch1", [{"a": 1}, {"a": 2}], "ch1", {"0.a": 1, "1.a": 2}),
        ("scope/ch1", [], "ch1", {}),
        (UP, {}, "dev42", {}),
        (UP, {"deviceId": "dev42", "data": {"t": 21.5}, "seq": 8}, "dev42", {"data.t": 21.5}),
        (UP, {"deviceId": "dev43", "t": 1}, "dev43", {"t": 1}),
        (UP, {"device": "DHT22", "t": 1}, "dev42", {"t": 1}),
        ("plant/n7/rack/2", {"nodeId": "n7", "t": 1}, "n7", {"t": 1}),
        ("plant/n7/rack", {"nodeId": "rack", "t": 1}, "n7%2Frack", {"t": 1}),
        ("telemetry", {"sensor_id": "s1", "t": 1}, "s1", {"t": 1}),
        (UP, {"mark": 1732412345123456, "seq": 17}, "dev42", {"mark": 1732412345123456, "seq": 17}),
        (UP, {"n": 2**64 - 1, "big": None}, "dev42", {"n": 2**64 - 1}),
        (UP, b'{"big":1e400,"small":5e-324,"n":123456789012345678901}', "dev42",
         {"small": 5e-324, "n": "123456789012345678901"}),
        (UP, {"value": "NaN", "flag": "on", "raw": "q83vEjRWeJA=", "time": 35}, "dev42", {"flag": "on", "time": 35}),
        (UP, b'\xef\xbb\xbf{"temp":21.5}\0', "dev42", {"temp": 21.5}),
    ],
)  # fmt: skip
def test_readings(topic: str, payload: object, device: str, data: dict[str, Scalar]) -> None:
    decoded = one(topic, payload)
    assert decoded == Decoded(device, "telemetry", data)
    assert decoded.units is NO_UNITS
    assert one(topic, payload, decoders()).data == data


@pytest.mark.parametrize(
    ("clock", "time"),
    [
        ({"ts": 1_714_552_800_123}, MAY_1 + 123),
        ({"timestamp": 1_714_552_800}, MAY_1),
        ({"time": "2024-05-01T10:40:00+02:00"}, MAY_1),
        ({"time": "2024-05-01T08:40:00"}, LocalTime(MAY_1)),
        ({"time": "2024-05-01T10:40:00", "ts": 1_714_552_800}, MAY_1),
        ({"ts": 0}, None),
        ({"ts": NOW + 10**9}, None),
    ],
)
def test_the_devices_clock_is_kept_where_it_is_sane(clock: dict[str, object], time: Moment | None) -> None:
    decoded = one(UP, {**clock, "t": 21.5})
    assert (decoded.data, decoded.time) == ({"t": 21.5}, time)


@pytest.mark.parametrize(
    ("payload", "data", "units"),
    [
        ([{"name": "t", "value": 21.5, "unit": "°C"}, {"name": "h", "value": 48}], {"t": 21.5, "h": 48}, {"t": "°C"}),
        ({"sensor_type": "pressure", "value": 1, "unit": "bar", "id": 5}, {"pressure": 1}, {"pressure": "bar"}),
        (
            {"name": "acc", "value": {"x": 1, "y": 2}, "unit": "g"},
            {"acc.x": 1, "acc.y": 2},
            {"acc.x": "g", "acc.y": "g"},
        ),
        ({"value": 1, "unit": "bar", "mode": "auto"}, {"value": 1, "mode": "auto"}, {"value": "bar"}),
        ({"t": {"value": 1, "unit": "°C"}}, {"t.value": 1}, {"t.value": "°C"}),
        ({"temperature": 72}, {"temperature": 72}, {}),
    ],
)
def test_units_are_those_of_the_message(payload: object, data: dict[str, Scalar], units: dict[str, str]) -> None:
    by = decoders()
    decoded = one(UP, payload, by)
    assert (decoded.data, decoded.units) == (data, units)
    assert one(UP, payload, by).units is decoded.units


def test_an_array_may_hold_several_moments_and_several_devices() -> None:
    found = told(
        UP, [{"ts": MAY_1, "t": 1}, {"ts": MAY_1, "h": 2}, {"ts": MAY_1 + 1, "t": 3}, {"ts": MAY_1 + 1, "t": 4}]
    )
    assert [(decoded.time, decoded.data) for decoded in found] == [
        (MAY_1, {"t": 1, "h": 2}),
        (MAY_1 + 1, {"t": 3}),
        (MAY_1 + 1, {"t": 4}),
    ]
    found = told("gateway", [{"deviceId": "a", "t": 1}, {"deviceId": "b", "t": 2}])
    assert [(decoded.device, decoded.data) for decoded in found] == [("a", {"t": 1}), ("b", {"t": 2})]


@pytest.mark.parametrize(
    ("topic", "payload", "said", "data"),
    [
        ("devices/pump/status", {"state": "offline"}, ("presence", "offline"), {}),
        ("devices/pump/status", {"online": True, "ts": MAY_1}, ("presence", "online"), {}),
        ("devices/pump/availability", {"connected": False, "rssi": -60}, ("state", "offline"), {"rssi": -60}),
        ("devices/pump/status", {"status": 3}, ("telemetry", None), {"status": 3}),
        ("devices/pump/motor/status", {"state": "offline"}, ("telemetry", None), {"motor.state": "offline"}),
        ("devices/pump/telemetry", {"state": "offline"}, ("telemetry", None), {"state": "offline"}),
        ("devices/pump/event", {"clicks": 2}, ("event", None), {"clicks": 2}),
        ("devices/pump/up", {"event": "button", "clicks": 2}, ("event", None), {"event": "button", "clicks": 2}),
    ],
)
def test_presence_and_events(
    topic: str, payload: object, said: tuple[str, str | None], data: dict[str, Scalar]
) -> None:
    decoded = one(topic, payload)
    assert (decoded.device, (decoded.kind, decoded.status), decoded.data) == ("pump", said, data)


@pytest.mark.parametrize(
    ("topic", "device", "kind"),
    [
        ("devices/lamp/set", "lamp", "command"),
        ("home/lamp/get", None, "request"),
        ("node/debug", "node", "log"),
        ("debug", "debug", "log"),
        ("/".join(["a"] * 20) + "/log", None, "log"),
    ],
)
def test_what_is_sent_to_devices_and_what_is_written_for_people_is_no_reading(
    topic: str, device: str | None, kind: str
) -> None:
    assert one(topic, {"t": 1}) == Decoded(device, kind)  # type: ignore[arg-type]  # from a table


@pytest.mark.parametrize("topic", ["telemetry", "/"])
def test_where_nobody_names_a_device_nothing_is_claimed(topic: str) -> None:
    assert family(topic, b'{"t":1}') is None
    assert family(topic, b"[1]") is None
    assert family(topic, b'{"t":') is None


def test_other_formats_are_not_claimed() -> None:
    assert family("x/y", b'[{"bn":"urn:dev:ow:1:","n":"t","v":1}]') == "senml"
    assert family("x/y", b'[{"n":"t","v":1}]') == "senml"
    by = decoders()
    one("x/y", [1], by)
    assert one("x/y", [{"n": "t", "v": 1}], by).data == {"t": 1}
    assert by.family_of("x/y") == "senml"


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b'{"temp":21.5,"hum":', "cut off after 19 characters"),
        (b'{"temp":nan}', "nan is not a number"),
        (b"[" * 200 + b"]" * 200, "nested deeper than 32 levels"),
        (b'{"deviceId":"' + b"x" * 300 + b'"}', "can't be the name of a device"),
    ],
)
def test_broken_documents_are_malformed(payload: bytes, reason: str) -> None:
    by = decoders()
    one(UP, {"t": 1}, by)
    with pytest.raises(Malformed, match=reason):
        told(UP, payload, by)
    assert by.family_of(UP) == "json"


def test_first_messages_that_are_broken_are_malformed_too() -> None:
    with pytest.raises(Malformed, match="cut off"):
        told(UP, b'{"temp":')
    with pytest.raises(Unsupported, match="over 1000 values"):
        told(UP, [1] * (MAX_LEAVES + 1))
    with pytest.raises(Unsupported, match="over 1000 messages in one"):
        told(UP, [{"ts": MAY_1}] * (MAX_LEAVES + 1))


def test_a_bare_value_belongs_to_plain() -> None:
    by = decoders()
    one(UP, {"t": 1}, by)
    assert one(UP, "21.5", by).data == {"up": 21.5}


def test_a_warm_topic_reads_the_same_as_a_cold_one() -> None:
    messages: list[dict[str, object]] = [
        {"t": 1, "h": 2},
        {"t": 3, "h": 4},
        {"t": True, "h": 5},
        {"t": "warm", "h": 6},
        {"t": None, "h": 7},
        {"t": {"a": 1}, "h": 8},
        {"t": 9},
        {"ts": MAY_1, "t": 10},
        {"ts": MAY_1 + 1, "t": 11},
        {"ts": 0, "t": 12},
        {"ts": "2024-05-01T08:40:00Z", "t": 13},
        {"time": 35, "t": 14},
        {"time": MAY_1, "t": 15},
        {"id": 1, "t": 16},
        {"id": 2, "t": 17},
        {"t": 18, "unit": "°C"},
        {"ts": MAY_1, "time": MAY_1, "t": 19},
        {"ts": MAY_1, "time": MAY_1, "t": 20},
        {"deviceId": 5, "t": 21},
        {"deviceId": 6, "t": 22},
        {"t": 2.0**70, "h": 23},
        {"t": 1, "h": 24},
    ]
    warm = decoders()
    for message in messages:
        assert told(UP, message, warm) == told(UP, message), message
    payload = b'{"t":123456789012345678901,"h":1}'
    assert told(UP, payload, warm) == told(UP, payload)


def test_presence_is_seen_on_a_warm_topic() -> None:
    by = decoders()
    topic = "devices/pump/status"
    assert one(topic, {"online": 3}, by).status is None
    assert one(topic, {"online": True}, by).status == "online"
