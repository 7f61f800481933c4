"""After the Eclipse Sparkplug specification 3.0: chapters 4 (topics, STATE), 5 (sessions), 6 (payloads)."""

import struct
import zlib
from typing import Any

import pytest

from hub.decoders.base import Decoded, Knowledge, Malformed, Unsupported
from hub.decoders.sparkplug import take_rebirths
from hub.decoders.sparkplug_births import MAX_DEVICES, MAX_UNBORN, Birth, Births
from hub.decoders.sparkplug_metrics import MAX_VALUES
from hub.decoders.sparkplug_wire import COMPRESSED, MAX_INFLATED_BYTES, _Payload, parse
from hub.events import Scalar
from tests.decoders.told import NOW, decoders, family, one, told

AT = 1_700_000_000_000
NODE = "spBv1.0/Plant/N{}/Line"
DEVICE = "spBv1.0/Plant/D{}/Line/Pump"
PUMP = "Plant%2FLine%2FPump"


def message(*metrics: dict[str, Any], at: int = AT) -> Any:
    """A payload whose metrics have the given fields; `properties` as a mapping."""
    found = _Payload(timestamp=at)
    for fields in metrics:
        metric = found.metrics.add(**{k: v for k, v in fields.items() if k != "properties"})
        for key, value in fields.get("properties", {}).items():
            metric.properties.keys.append(key)
            metric.properties.values.add(**value)
    return found


def wire(*metrics: dict[str, Any], at: int = AT) -> bytes:
    encoded: bytes = message(*metrics, at=at).SerializeToString()
    return encoded


def value(**fields: Any) -> Scalar | None:
    data = one(DEVICE.format("DATA"), wire({"name": "x", **fields})).data
    return data.get("x")


BIRTH = wire(
    {"name": "bdSeq", "datatype": 4, "long_value": 3},
    {"name": "Device Control/Rebirth", "datatype": 11, "boolean_value": False},
    {
        "name": "Flow",
        "alias": 1,
        "datatype": 9,
        "float_value": 12.1,
        "properties": {"engUnit": {"type": 12, "string_value": "l/min"}},
    },
    {"name": "Count", "alias": 2, "datatype": 3, "int_value": 2**32 - 7},
    {"name": "Properties/Hardware Make", "datatype": 12, "string_value": "ACME"},
    {"name": "", "alias": 9, "datatype": 3, "int_value": 1},
)


def test_a_birth_tells_names_units_and_that_the_device_is_there() -> None:
    by = decoders()
    assert one(DEVICE.format("BIRTH"), BIRTH, by) == Decoded(
        PUMP,
        "state",
        {"Flow": 12.1, "Count": -7, "Properties/Hardware Make": "ACME"},
        {"Flow": "l/min"},
        "online",
        AT,
        {"name": "Pump", "gateway": "Plant%2FLine", "vendor": "ACME"},
    )
    changed = wire({"alias": 1, "float_value": 12.3}, {"alias": 2, "timestamp": AT, "int_value": 2**32 - 1})
    assert one(DEVICE.format("DATA"), changed, by) == Decoded(
        PUMP, "telemetry", {"Flow": 12.3, "Count": -1}, {"Flow": "l/min"}, None, AT
    )
    named = wire({"name": "Count", "int_value": 2**32 - 2})
    assert one(DEVICE.format("DATA"), named, by).data == {"Count": -2}


def test_a_birth_without_values_is_presence() -> None:
    assert one(NODE.format("BIRTH"), wire()) == Decoded(
        "Plant%2FLine", "presence", status="online", time=AT, attributes={"name": "Line"}
    )


def test_aliases_without_a_birth_ask_for_one() -> None:
    by = decoders()
    known = Knowledge(by.knowledge.families)
    changed = wire({"alias": 1, "float_value": 12.5})
    with pytest.raises(Unsupported, match="birth that names them was not seen"):
        told(DEVICE.format("DATA"), changed, by)
    (topic, request), *others = take_rebirths(known, NOW)
    assert (topic, others) == ("spBv1.0/Plant/NCMD/Line", [])
    assert one(topic, request, by) == Decoded("Plant%2FLine", "command")
    (metric,) = parse(request).metrics
    assert (metric.name, metric.boolean_value, take_rebirths(known, NOW)) == ("Node Control/Rebirth", True, [])


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"datatype": 1, "int_value": 2**32 - 1}, -1),
        ({"datatype": 1, "int_value": 255}, -1),
        ({"datatype": 2, "int_value": 2**32 - 300}, -300),
        ({"datatype": 4, "long_value": 2**64 - 9}, -9),
        ({"datatype": 8, "long_value": 2**64 - 1}, 2**64 - 1),
        ({"datatype": 10, "double_value": 36.75}, 36.75),
        ({"datatype": 9, "float_value": 1.17549435e-38}, struct.unpack("<f", struct.pack("<f", 1.17549435e-38))[0]),
        ({"datatype": 11, "boolean_value": False}, False),
        ({"datatype": 11, "int_value": 1}, True),
        ({"datatype": 12, "string_value": "open"}, "open"),
        ({"datatype": 12, "string_value": ""}, None),
        ({"datatype": 13, "long_value": AT}, "2023-11-14T22:13:20.000Z"),
        ({"datatype": 13, "long_value": 2**63}, 2**63),
        ({"datatype": 17, "bytes_value": b"\0\1"}, None),
        ({"datatype": 3, "is_null": True}, None),
        ({"datatype": 3}, None),
    ],
)
def test_a_value_is_what_its_type_says(fields: dict[str, Any], expected: Scalar | None) -> None:
    assert value(**fields) == expected
    assert type(value(**fields)) is type(expected)


def test_what_is_no_number_is_left_out_and_alone_refused() -> None:
    nan = {"name": "a", "datatype": 9, "float_value": float("nan")}
    assert one(DEVICE.format("DATA"), wire(nan, {"name": "b", "datatype": 3, "int_value": 1})).data == {"b": 1}
    with pytest.raises(Malformed, match="not finite numbers"):
        told(DEVICE.format("DATA"), wire(nan))


def test_history_keeps_its_own_time() -> None:
    new, old = (
        {"name": "a", "int_value": 2},
        {"name": "a", "int_value": 1, "is_historical": True, "timestamp": AT - 5000},
    )
    found = told(DEVICE.format("DATA"), wire(new, old))
    assert [(d.time, d.data) for d in found] == [(AT, {"a": 2}), (AT - 5000, {"a": 1})]


def test_a_quality_other_than_good_goes_along() -> None:
    bad = {"name": "a", "int_value": 1, "properties": {"Quality": {"type": 3, "int_value": 500}}}
    good = {"name": "b", "int_value": 1, "properties": {"Quality": {"type": 3, "int_value": 192}}}
    none = {"name": "c", "int_value": 1, "properties": {"Quality": {"type": 3}, "engUnit": {"is_null": True}}}
    found = one(DEVICE.format("DATA"), wire(bad, good, none))
    assert found.data == {"a": 1, "a.Quality": 500, "b": 1, "c": 1}


@pytest.mark.parametrize(
    ("datatype", "content", "expected"),
    [
        (22, b"\xff\x01", [-1, 1]),
        (24, struct.pack("<2i", -5, 7) + b"\0", [-5, 7]),
        (30, struct.pack("<f", 12.1), [12.1]),
        (32, struct.pack("<I", 10) + b"\xa0\x40", [True, False, True, *[False] * 6, True]),
        (32, b"\1", []),
        (33, b"on\0off\0", ["on", "off"]),
        (18, b"file", []),
    ],
)
def test_arrays(datatype: int, content: bytes, expected: list[Scalar]) -> None:
    found = one(DEVICE.format("DATA"), wire({"name": "x", "datatype": datatype, "bytes_value": content}))
    assert found.data == {f"x.{i}": value for i, value in enumerate(expected)}


def test_data_sets_and_templates() -> None:
    payload = message({"name": "table"}, {"name": "motor"}, {"name": "kind"})
    table, motor, kind = payload.metrics
    table.dataset_value.columns.extend(["speed", "load"])
    table.dataset_value.types.extend([3, 9])
    elements = table.dataset_value.rows.add().elements
    elements.add(int_value=2**32 - 2)
    elements.add()
    motor.template_value.metrics.add(name="rpm", datatype=7, int_value=900)
    motor.template_value.metrics.add(datatype=7, int_value=1)
    kind.template_value.is_definition = True
    kind.template_value.metrics.add(name="rpm", datatype=7, int_value=0)
    found = one(DEVICE.format("DATA"), payload.SerializeToString())
    assert found.data == {"table.0.speed": -2, "motor/rpm": 900}


def test_deaths() -> None:
    by = decoders()
    one(NODE.format("BIRTH"), BIRTH, by)
    one(DEVICE.format("BIRTH"), BIRTH, by)
    late = wire({"name": "bdSeq", "datatype": 8, "long_value": 2})
    assert one(NODE.format("DEATH"), late, by) == Decoded("Plant%2FLine", "meta")
    will = wire({"name": "other", "int_value": 1}, {"name": "bdSeq", "datatype": 8, "int_value": 3})
    gone = [Decoded(device, "presence", status="offline") for device in ("Plant%2FLine", PUMP)]
    assert told(NODE.format("DEATH"), will, by) == gone
    assert told(NODE.format("DEATH"), wire(), by) == gone
    assert one(DEVICE.format("DEATH"), wire(), by) == Decoded(PUMP, "presence", status="offline", time=AT)


@pytest.mark.parametrize(
    ("topic", "payload", "expected"),
    [
        (
            "spBv1.0/STATE/scada",
            {"online": False, "timestamp": AT},
            Decoded("scada", "presence", status="offline", time=AT),
        ),
        ("STATE/scada", {"online": True}, Decoded("scada", "presence", status="online")),
        ("STATE/scada", "OFFLINE", Decoded("scada", "presence", status="offline")),
    ],
)
def test_host_applications(topic: str, payload: object, expected: Decoded) -> None:
    by = decoders()
    assert one(topic, payload, by) == expected
    assert one(topic, "", by) == Decoded("scada", "removal")
    with pytest.raises(Malformed, match="neither ONLINE nor OFFLINE"):
        told(topic, "maybe", by)
    with pytest.raises(Malformed, match="without the member online"):
        told(topic, {"on": 1}, by)


@pytest.mark.parametrize("wbits", [31, 15, -15])
def test_compressed_payloads(wbits: int) -> None:
    compress = zlib.compressobj(wbits=wbits)
    body = compress.compress(wire({"name": "a", "int_value": 1})) + compress.flush()
    packed = _Payload(uuid=COMPRESSED, body=body)
    assert one(DEVICE.format("DATA"), packed.SerializeToString()).data == {"a": 1}
    packed.body = body[:-1]
    with pytest.raises(Malformed, match="cut off"):
        told(DEVICE.format("DATA"), packed.SerializeToString())


@pytest.mark.parametrize(
    ("inner", "refusal", "reason"),
    [
        (zlib.compress(_Payload(uuid=COMPRESSED).SerializeToString()), Malformed, "compressed twice"),
        (b"\xff" * 9, Malformed, "can't be decompressed"),
        (zlib.compress(bytes(MAX_INFLATED_BYTES + 10)), Unsupported, "when decompressed"),
    ],
)
def test_hostile_compressed_payloads(inner: bytes, refusal: type[Exception], reason: str) -> None:
    with pytest.raises(refusal, match=reason):
        parse(_Payload(uuid=COMPRESSED, body=inner).SerializeToString())


@pytest.mark.parametrize("payload", [b"\xff\xff\x01", b"\x7a\x01a", b"\x12\x04\x0a\x02\xff\xfe", b"21.5"])
def test_what_is_no_sparkplug_is_malformed(payload: bytes) -> None:
    with pytest.raises(Malformed):
        told(NODE.format("DATA"), payload)


def test_a_text_that_is_no_text_is_no_reading() -> None:
    payload = wire({"name": "a", "datatype": 12, "string_value": "zz"}).replace(b"zz", b"\xff\xfe")
    assert one(NODE.format("DATA"), payload).data == {}


@pytest.mark.parametrize(
    "topic",
    [
        "spBv1.0/G/NDATA/E/D",
        "spBv1.0/G/DDATA/E",
        "spBv1.0/G/OTHER/E",
        "spBv1.0/ /NDATA/ ".replace(" ", "x" * 128),
        "STATE/" + "x" * 200,
    ],
)
def test_other_topics_are_not_claimed(topic: str) -> None:
    assert family(topic, wire()) is None


def test_a_state_that_is_no_hosts_is_not_claimed() -> None:
    assert family("STATE/lamp", b"on") is None


def test_what_is_kept_is_bounded() -> None:
    births = Births({})
    for i in range(MAX_DEVICES + 1):
        births.learn(f"G/{i}", [], number=None)
    assert births.of(f"G/{MAX_DEVICES}") is None
    assert births.of("G/0") == Birth(aliases={}, names={}, number=None)
    for i in range(MAX_UNBORN + 1):
        births.miss(f"G/{i}")
    assert len(births.take_unborn()) == MAX_UNBORN
    with pytest.raises(Unsupported, match=f"over {MAX_VALUES} values"):
        told(NODE.format("DATA"), wire(*({"name": str(i), "int_value": i} for i in range(MAX_VALUES + 1))))
