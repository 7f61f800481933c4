import pytest

from hub.decoders.base import Decoded, Knowledge, Malformed, Unsupported
from hub.decoders.plain import Plain
from hub.decoders.registry import Decoders
from hub.events import Scalar
from tests.decoders.told import decoders, family, one, told


@pytest.mark.parametrize(
    ("topic", "payload", "device", "data"),
    [
        ("sensors/kitchen/temperature", "21.5", "kitchen", {"temperature": 21.5}),
        ("sensors/kitchen/temperature", " 21.5\r\n", "kitchen", {"temperature": 21.5}),
        ("/sensors/kitchen/temperature", "21.5", "kitchen", {"temperature": 21.5}),
        ("home/hall/motion", "true", "hall", {"motion": True}),
        ("home/hall/light", "ON", "hall", {"light": "ON"}),
        ("garage/door/state", "open", "door", {"state": "open"}),
        ("machine/press4/status", "3", "press4", {"status": 3}),
        ("meter/4711/power", "7,890.5", "4711", {"power": "7,890.5"}),
        ("meter/4711/power", "12,5", "4711", {"power": "12,5"}),
        ("meter/4711/count", "9007199254740993", "4711", {"count": 2**53 + 1}),
        ("meter/4711/count", "123456789012345678901", "4711", {"count": "123456789012345678901"}),
        ("meter/4711/code", "007", "4711", {"code": "007"}),
        ("node/router/ip", "192.168.0.1", "router", {"ip": "192.168.0.1"}),
        ("node/router/built", "2021-12-24 18:21:00", "router", {"built": "2021-12-24 18:21:00"}),
        ("node/router/name", '"main router"', "router", {"name": "main router"}),
        ("node/router/name", '"', "router", {"name": '"'}),
        ("devices/pump-7/motor/status", "offline", "pump-7", {"motor.status": "offline"}),
        ("test", "hello", "test", {"test": "hello"}),
    ],
)
def test_values(topic: str, payload: str, device: str, data: dict[str, Scalar]) -> None:
    decoded = one(topic, payload)
    assert (decoded.device, decoded.data, decoded.status, decoded.time, decoded.units) == (device, data, None, None, {})
    assert decoded.kind == ("state" if isinstance(next(iter(data.values())), str) else "telemetry")


def test_a_unit_is_the_one_that_is_written() -> None:
    by = decoders()
    first = one("sensors/attic/temperature", "21.5 °C", by)
    assert (first.data, first.units) == ({"temperature": 21.5}, {"temperature": "°C"})
    assert one("sensors/attic/temperature", "21.6 °C", by).units is first.units


@pytest.mark.parametrize(
    ("topic", "payload", "status"),
    [
        ("devices/pump-7/status", "online", "online"),
        ("devices/pump-7/LWT", "Offline", "offline"),
        ("pump-7/online", "true", "online"),
        ("home/pump-7/availability", "unavailable", "offline"),
    ],
)
def test_presence(topic: str, payload: str, status: str) -> None:
    decoded = one(topic, payload)
    assert (decoded.device, decoded.kind, decoded.status, decoded.data) == ("pump-7", "presence", status, {})


@pytest.mark.parametrize(("payload", "kind"), [("", "removal"), ("null", "telemetry"), (" ", "telemetry")])
def test_no_value(payload: str, kind: str) -> None:
    assert one("sensors/kitchen/temperature", payload) == Decoded("kitchen", kind)  # type: ignore[arg-type]  # from a table


@pytest.mark.parametrize(
    ("topic", "device", "kind"),
    [
        ("devices/lamp/set", "lamp", "command"),
        ("home/lamp/set", None, "command"),
        ("home/lamp/get", None, "request"),
        ("weather-sensor/debug", "weather-sensor", "log"),
    ],
)
def test_what_is_sent_to_devices_and_what_is_written_for_people_is_no_value(topic: str, device: str, kind: str) -> None:
    assert one(topic, "21.5") == Decoded(device, kind)  # type: ignore[arg-type]  # from a table


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"nan", "nan is not a number"),
        (b"-inf", "-inf is not a number"),
        (b"1e400", "1e400 is past the largest number"),
        (b"\xc3\x28", "not text"),
        (b"\x41\xac\x00\x00", "not text"),
        (b'"a\\x"', "a quoted text that is no JSON string"),
    ],
)
def test_what_is_no_value_is_malformed(payload: bytes, reason: str) -> None:
    with pytest.raises(Malformed, match=reason):
        told("sensors/kitchen/temperature", payload)


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"\xff\xd8\xff\xe0", "a JPEG picture"),
        (b"\x1f\x8b\x08", "gzip data"),
        (b'<?xml version="1.0"?>', "XML"),
        (b"x" * 300, "a text of 300 characters"),
        (b"one\ntwo", "several lines"),
        (b"$GPGGA,101500,5230.10,N*5B", "an NMEA sentence"),
        (b"deadbeefdeadbeef", "bytes as hexadecimal or base64 text"),
    ],
)
def test_what_is_more_than_a_value_is_not_supported(payload: bytes, reason: str) -> None:
    with pytest.raises(Unsupported, match=reason):
        told("sensors/kitchen/temperature", payload)


def test_lines_for_a_time_series_database_are_not_claimed() -> None:
    assert family("telegraf/host", b"cpu,host=a value=4,n=2i 1714552800000000000") == "influx"
    assert family("telegraf/host", b"cpu value=4 1714552800000000000") == "influx"
    assert family("node/12/state", b"a=1.5 b=2") == "plain"
    by = decoders()
    one("telegraf/host", "up", by)
    assert one("telegraf/host", "cpu,host=a value=45", by).device == "a"
    only_plain = Decoders([Plain()], Knowledge())
    one("telegraf/host", "up", only_plain)
    with pytest.raises(Malformed, match="a line for InfluxDB"):
        told("telegraf/host", "cpu value=4 1714552800000000000", only_plain)


def test_topics_that_name_no_device_are_not_claimed() -> None:
    assert family("status", b"online") is None
    assert family("a/" * 20 + "z", b"1") is None


def test_a_topic_may_change_between_words_and_documents() -> None:
    by = decoders()
    assert one("devices/pump/state", "online", by).status == "online"
    assert one("devices/pump/state", {"speed": 3}, by).data == {"speed": 3}
    assert one("devices/pump/state", "offline", by).status == "offline"
