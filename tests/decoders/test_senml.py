"""After RFC 8428: 4.3 to 4.6 (fields, resolution, time), 5.1 (examples), 6 (CBOR)."""

import cbor2
import pytest

from hub.decoders.base import Decoded, Malformed, Unsupported
from hub.decoders.leaves import MAX_LEAVES
from hub.decoders.senml import MAX_NAMES
from tests.decoders.told import NOW, decoders, family, one, told

AT = 1_276_020_076
METER = "urn:dev:ow:10e2073a0108006"


def test_base_values_hold_until_they_are_replaced() -> None:
    found = told(
        "senml/x",
        [
            {"bn": METER + ":", "bt": AT, "bu": "A", "bver": 5, "n": "voltage", "u": "V", "v": 120.1},
            {"n": "current", "t": -5, "v": 1.2},
            {"n": "current", "v": 1.7},
        ],
    )
    assert found == [
        Decoded(METER, "telemetry", {"voltage": 120.1}, {"voltage": "V"}, None, AT * 1000),
        Decoded(METER, "telemetry", {"current": 1.2}, {"current": "A"}, None, (AT - 5) * 1000),
        Decoded(METER, "telemetry", {"current": 1.7}, {"current": "A"}, None, AT * 1000),
    ]


def test_two_devices_in_a_pack() -> None:
    found = told(
        "x/y",
        [
            {"bn": "2001:db8::2/", "n": "temperature", "v": 25.2, "u": "Cel"},
            {"n": "humidity", "v": 30, "u": "%RH"},
            {"bn": "2001:db8::1/", "n": "temperature", "v": 12.3, "u": "Cel"},
        ],
    )
    assert [(d.device, d.data, d.units) for d in found] == [
        ("2001:db8::2", {"temperature": 25.2, "humidity": 30}, {"temperature": "°C", "humidity": "%"}),
        ("2001:db8::1", {"temperature": 12.3}, {"temperature": "°C"}),
    ]


@pytest.mark.parametrize(
    ("record", "device", "data"),
    [
        ({"n": METER, "v": 23.5}, METER, {METER: 23.5}),
        ({"n": METER + ":temp", "v": 1}, METER, {"temp": 1}),
        ({"n": "kitchen/temp", "v": 1}, "kitchen", {"temp": 1}),
        ({"n": "temp", "v": 1}, "x", {"temp": 1}),
        ({"bn": METER, "v": 1}, METER, {METER: 1}),
        ({"bn": "a/", "n": "s", "vs": "Machine Room"}, "a", {"s": "Machine Room"}),
        ({"bn": "a/", "n": "b", "vb": False}, "a", {"b": False}),
        ({"bn": "a/", "n": "d", "vd": "aGkgCg"}, "a", {"d": "aGkgCg"}),
        ({"bn": "a/", "n": "e", "s": 5, "bs": 2}, "a", {"e.sum": 7}),
        ({"bn": "a/", "n": "v", "v": 5, "bv": 0.5}, "a", {"v": 5.5}),
        ({"bn": "a/", "n": "v", "bv": 4}, "a", {"v": 4}),
    ],
)
def test_names_and_values(record: dict[str, object], device: str, data: dict[str, object]) -> None:
    found = one("senml/x", [record])
    assert (found.device, found.data) == (device, data)


@pytest.mark.parametrize("record", [{"n": "a", "v": "1"}, {"n": "a", "vs": ""}, {"n": "a", "vd": "\1"}, {"n": "a"}])
def test_a_record_without_a_value_says_nothing(record: dict[str, object]) -> None:
    assert one("senml/x", [record]) == Decoded("x", "telemetry")


def test_times_are_relative_to_now_or_absolute() -> None:
    found = told("senml/x", [{"n": "a", "v": 1, "t": t} for t in (-5, 0, AT + 0.5)])
    assert [d.time for d in found] == [NOW - 5000, None, AT * 1000 + 500]


def test_one_name_with_several_units_has_several_keys() -> None:
    by = decoders()
    pack = [{"bn": METER, "bu": "%RH", "v": 20}, {"u": "lat", "v": 60.1}, {"u": "/", "v": 0.5}]
    assert one("senml/x", pack, by).data == {METER: 20, f"lat.{METER}": 60.1, f"/.{METER}": 0.5}
    assert one("senml/x", [{"bn": METER, "u": "lat", "v": 60.2}], by).units == {f"lat.{METER}": "°"}
    known = by.knowledge.of("senml")["units"]
    assert isinstance(known, dict)
    known.update((str(i), "V") for i in range(MAX_NAMES))
    assert one(
        "senml/x", [{"bn": "b/", "n": "t", "u": "V", "v": 1}, {"n": "t", "u": "A", "t": -1, "v": 1}][:1], by
    ).data == {"t": 1}


def test_packs_in_cbor() -> None:
    pack = [{-2: "a/", -3: AT, 0: "t", 1: "Cel", 2: 23.5}, {0: "d", 8: b"hi \n"}]
    found = one("nodes/n1", cbor2.dumps(pack))
    assert found == Decoded("a", "telemetry", {"t": 23.5, "d": "aGkgCg"}, {"t": "°C"}, None, AT * 1000)
    assert one("nodes/n1/cbor", cbor2.dumps([1, 2])).data == {"0": 1, "1": 2}
    assert family("nodes/n1", cbor2.dumps({"n": 1})) == "cbor"


@pytest.mark.parametrize(
    ("payload", "refusal", "reason"),
    [
        ({"n": "a", "v": 1}, Malformed, "a pack is an array"),
        ([1], Malformed, "a record is an object"),
        ([{"n": 1, "v": 1}], Malformed, "n is no text"),
        ([{"n": "a", "v": 1, "bt": "x"}], Malformed, "bt is no number"),
        ([{"v": 1}], Malformed, "without a name"),
        ([{"n": "x" * 300, "v": 1}], Malformed, "a name of over"),
        ([{"n": "a", "v": 1, "bver": 11}], Unsupported, "version 11"),
        ([{"n": "a", "v": 1, "new_": 1}], Unsupported, "must be understood"),
        ([{"n": "a", "v": 1}] * (MAX_LEAVES + 1), Unsupported, "records in one pack"),
        (b"\x01", Malformed, "no array of records"),
    ],
)
def test_what_is_no_pack_is_refused(payload: object, refusal: type[Exception], reason: str) -> None:
    with pytest.raises(refusal, match=reason):
        told("senml/x", payload)


def test_a_pack_that_names_no_device_is_refused() -> None:
    with pytest.raises(Malformed, match="names a device"):
        told("telemetry", [{"n": "a", "v": 1}])


def test_a_pack_may_become_an_object_in_cbor() -> None:
    by = decoders()
    one("nodes/n1", cbor2.dumps([{0: "a", 2: 1}]), by)
    assert one("nodes/n1", cbor2.dumps({"a": 2}), by).data == {"a": 2}
