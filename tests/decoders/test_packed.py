"""CBOR after RFC 8949 (3 and appendix A), MessagePack after its specification ("Timestamp extension type")."""

import uuid
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction

import cbor2
import msgpack
import pytest

from hub.decoders.base import Decoded, Malformed, Unsupported
from hub.decoders.binary_values import MAX_DEPTH, MAX_NODES, plain
from hub.decoders.cbor_document import load_cbor
from hub.decoders.msgpack import load_msgpack
from tests.decoders.told import decoders, family, one, told

AT = 1_714_552_800
DOCUMENT = {"temp": 21.5, "hum": 48, "ok": True, "id": "x"}
DATA = {"temp": 21.5, "hum": 48, "ok": True}


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        ("nodes/n/cbor", cbor2.dumps(DOCUMENT)),
        ("nodes/n/mp", msgpack.packb(DOCUMENT)),
        ("nodes/n", cbor2.dumps(cbor2.CBORTag(55799, DOCUMENT))),
    ],
)
def test_objects(topic: str, payload: bytes) -> None:
    assert one(topic, payload) == Decoded("n", "telemetry", DATA)


def test_objects_of_numbers_are_passed_on() -> None:
    by = decoders()
    for hum in (48, 49, 50):
        assert one("nodes/n", cbor2.dumps({"temp": 21.5, "hum": hum}), by).data == {"temp": 21.5, "hum": hum}
    assert one("nodes/n", cbor2.dumps({"temp": 21.5, "hum": float("nan")}), by).data == {"temp": 21.5}
    assert one("nodes/n", cbor2.dumps({"temp": 21.5, "hum": 2**64}), by).data == {"temp": 21.5, "hum": str(2**64)}
    assert one("nodes/n", cbor2.dumps({"temp": 1, "ts": AT}), by).time == AT * 1000


def test_arrays_where_the_topic_says_the_format() -> None:
    assert one("nodes/n/cbor", cbor2.dumps([21.5, 48])).data == {"0": 21.5, "1": 48}
    assert one("nodes/n/msgpack", msgpack.packb([21.5, 48])).data == {"0": 21.5, "1": 48}
    with pytest.raises(Malformed, match="not UTF-8"):
        told("nodes/n", cbor2.dumps([21.5, 48]))


def test_times() -> None:
    moment = datetime.fromtimestamp(AT, UTC)
    assert one("nodes/n/mp", msgpack.packb({"ts": moment, "v": [1.5, None], "t": moment}, datetime=True)) == Decoded(
        "n", "telemetry", {"v.0": 1.5, "t": "2024-05-01T08:40:00+00:00"}, time=AT * 1000
    )
    assert one("nodes/n/cbor", cbor2.dumps({"ts": moment, "v": 1})).time == AT * 1000
    assert load_msgpack(msgpack.packb([msgpack.Timestamp(2**40, 0)])) == [None]


def test_what_json_has_no_word_for() -> None:
    found = plain(
        {
            1: 2**70,
            b"b": b"x",
            "d": Decimal("1.5"),
            "f": Fraction(1, 4),
            "n": float("nan"),
            "i": Decimal("Infinity"),
            "h": Fraction(10**400, 1),
            "l": (1, {2}),
            "u": uuid.UUID(int=5),
            "s": cbor2.undefined,
            "z": 10**5000,
        }
    )
    assert found == {
        "1": str(2**70),
        "b": None,
        "d": 1.5,
        "f": 0.25,
        "n": None,
        "i": None,
        "h": None,
        "l": [1, [2]],
        "u": "00000000-0000-0000-0000-000000000005",
        "s": None,
        "z": None,
    }


def test_what_is_too_deep_or_too_large_is_refused() -> None:
    deep: object = 1
    for _ in range(MAX_DEPTH + 1):
        deep = [deep]
    with pytest.raises(Malformed, match="nested deeper"):
        plain(deep)
    with pytest.raises(Unsupported, match="values in one document"):
        plain([0] * MAX_NODES)


@pytest.mark.parametrize(
    "payload", [b"\xa1\x61", b"\x01\x02", b"\xa1\x61a\xc1\x61x", b"\x9f" * 100, b"\xa1\x61\xff\x01"]
)
def test_what_is_no_cbor_is_malformed(payload: bytes) -> None:
    with pytest.raises(Malformed, match="CBOR"):
        load_cbor(payload)


@pytest.mark.parametrize("payload", [b"\x81", b"\xc1", b"\x01\x02", b"\x91" * 2000, b"\x81\x91\x01\x02"])
def test_what_is_no_messagepack_is_malformed(payload: bytes) -> None:
    with pytest.raises(Malformed, match="MessagePack"):
        load_msgpack(payload)


def test_what_is_not_claimed() -> None:
    assert family("devices/n/set", cbor2.dumps({"a": 1})) == "cbor"
    assert one("devices/n/set", cbor2.dumps({"a": 1})) == Decoded("n", "command")
    assert family("telemetry", cbor2.dumps({"a": 1})) is None
    assert family("$other/x/y", msgpack.packb({"a": 1})) is None
    by = decoders()
    with pytest.raises(Unsupported, match="values in one message"):
        told("nodes/n/cbor", cbor2.dumps({str(i): i for i in range(1001)}), by)
    assert by.family_of("nodes/n/cbor") == "cbor"
