"""SenML (RFC 8428): packs of records as JSON on any topic, or the same as CBOR with numbers for labels.

A record's name is the base name and its own; `urn:dev:ow:10e2073a0108006:` and `voltage` are device and key. Base time,
unit, value and sum hold until they are replaced (section 4.6); times below 2**28 s are relative to now (4.5.3).
"""

import base64
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, cast

from hub.decoders.base import NO_ATTRIBUTES, Decode, Decoded, Knowledge, Malformed, Unsupported
from hub.decoders.cbor_document import load_cbor
from hub.decoders.clock import Moment, moment
from hub.decoders.document import begins_document, has_control, load
from hub.decoders.identity import device_id
from hub.decoders.json_message import is_senml
from hub.decoders.leaves import MAX_LEAVES, reading
from hub.decoders.places import levels_of, place_of_document
from hub.decoders.shared import SharedUnits
from hub.events import Scalar

_LABELS = {
    "-1": "bver", "-2": "bn", "-3": "bt", "-4": "bu", "-5": "bv", "-6": "bs",
    "0": "n", "1": "u", "2": "v", "3": "vs", "4": "vb", "5": "s", "6": "t", "7": "ut", "8": "vd",
}  # fmt: skip
_UNITS = {"Cel": "°C", "%RH": "%", "%EL": "%", "lat": "°", "lon": "°", "/": "", "degC": "°C"}
"""Registered units that the hub spells otherwise; a bare ratio has none."""
_PER_RECORD = frozenset(("n", "u", "v", "vs", "vb", "vd", "s", "t", "ut"))
"""Members that hold for their record alone."""
_NUMBERS = frozenset((int, float))
_SEPARATORS = ":/._-"
_VERSION = 10
_ABSOLUTE_S = 2**28
_URN_PARTS = 5
_MAX_NAME = 256
MAX_NAMES = 10_000
"""Names whose first unit is remembered; past that a name has one key, whatever its unit."""


class SenMl:
    """Packs of records whose names are unique in the world."""

    family = "senml"

    def claim(self, topic: str, payload: bytes, knowledge: Knowledge) -> Decode | None:
        """Any topic where the first payload is a pack, and what is below `senml/`."""
        read = load if begins_document(payload) else _read_cbor
        try:
            # An object is no pack: it need not be read.
            claimed = not payload.startswith(b"{") and is_senml(read(payload))
        except (Malformed, Unsupported):
            claimed = False
        if not claimed and not (topic.startswith("senml/") and payload):
            return None
        return _Packs(topic, read, knowledge.of(self.family)).decode


def _read_cbor(payload: bytes) -> object:
    """A pack in CBOR with the labels as JSON has them (section 6); bytes as base64url without padding."""
    if not payload or payload[0] >> 5 != 4:  # noqa: PLR2004 - major type 4, an array
        raise Malformed("no array of records")
    document = cast("list[object]", load_cbor(payload, keep_bytes=_text_of))
    return [{_LABELS.get(k, k): v for k, v in r.items()} if isinstance(r, dict) else r for r in document]


def _text_of(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


class _Bases(NamedTuple):
    """What holds from record to record."""

    name: str = ""
    time: float = 0
    unit: str = ""
    value: float = 0
    sum: float = 0


class _Place(NamedTuple):
    """Where the values of records of one name and unit belong."""

    device: str
    key: str
    unit: str


class _Record(NamedTuple):
    """A resolved record."""

    place: _Place
    values: Mapping[str, Scalar]
    time_s: float


class _Packs:
    """The packs of one topic."""

    __slots__ = ("_device", "_first_units", "_places", "_read", "_units")

    def __init__(self, topic: str, read: Callable[[bytes], object], knowledge: dict[str, object]) -> None:
        place = place_of_document(levels_of(topic))
        self._device = place.device if place else None
        self._read = read
        self._first_units = cast("dict[str, str]", knowledge.setdefault("units", {}))
        self._units = SharedUnits()
        self._places: dict[tuple[str, str, str], _Place] = {}

    def decode(self, payload: bytes, now_ms: int) -> Sequence[Decoded]:
        document = self._read(payload)
        if not isinstance(document, list):
            raise Malformed("a pack is an array of records")
        if len(document) > MAX_LEAVES:
            raise Unsupported(f"over {MAX_LEAVES} records in one pack")
        told: list[Decoded] = []
        base = _Bases()
        times: dict[float, Moment | None] = {}
        for members in document:
            if not isinstance(members, dict):
                raise Malformed("a record is an object")
            base = _based(base, members)
            record = self._record(base, members)
            if record.values:
                at = record.time_s
                if at not in times:
                    times[at] = _time(at, now_ms)
                self._add(told, record, times[at])
        for decoded in told:
            decoded.units = self._units.of(decoded.units)
        return told or [Decoded(self._device, "telemetry")]

    def _add(self, told: list[Decoded], record: _Record, time: Moment | None) -> None:
        """Neighbours of one device and moment are one event."""
        device, key, unit = record.place
        last = told[-1] if told else None
        if last is None or (last.device, last.time) != (device, time) or key in last.data:
            last = Decoded(device, "telemetry", {}, {}, None, time, NO_ATTRIBUTES)
            told.append(last)
        data, units = cast("dict[str, Scalar]", last.data), cast("dict[str, str]", last.units)
        for suffix, value in record.values.items():
            data[key + suffix] = value
            if unit and not suffix:
                units[key] = unit

    def _record(self, base: _Bases, members: Mapping[str, Any]) -> _Record:
        own = _text(members.get("n", ""), "n")
        unit = _text(members.get("u", base.unit), "u")
        values = _values(base, members)
        named = base.name, own, unit
        place = self._places.get(named)
        if place is None:
            place = self._placed(*named, told=bool(values))
        return _Record(place, values, base.time + _number(members.get("t", 0), "t"))

    def _placed(self, base: str, own: str, unit: str, *, told: bool) -> _Place:
        """Where records of a name and unit belong; kept for those that have told something. Raises Malformed."""
        if len(base) + len(own) > _MAX_NAME or has_control(base + own):
            raise Malformed(f"a name of over {_MAX_NAME} characters, or with control characters")
        named, key = _split(base, own)
        if not told:
            return _Place("", key, unit)
        device = self._device if named is None else device_id(named)
        if device is None:
            raise Malformed("neither topic nor record names a device")
        place = _Place(device, self._key(f"{device}/{key}", key, unit), _UNITS.get(unit, unit))
        if len(self._places) >= MAX_LEAVES:
            self._places.clear()
        self._places[base, own, unit] = place
        return place

    def _key(self, name: str, key: str, unit: str) -> str:
        """The record's key; where one name has several units, those after the first stand before it: `lat.<name>`."""
        if not unit:
            return key
        first = self._first_units.get(name)
        if first is None and len(self._first_units) < MAX_NAMES:
            first = self._first_units[name] = unit
        return key if first in (None, unit) else f"{unit}.{key}"


def _based(base: _Bases, members: Mapping[str, Any]) -> _Bases:
    """The base values after this record's; raises Malformed, Unsupported."""
    if _PER_RECORD.issuperset(members):
        return base
    version = members.get("bver", _VERSION)
    if _number(version, "bver") > _VERSION:
        raise Unsupported(f"SenML of version {str(version)[:20]}")
    for name in members:
        if name.endswith("_"):
            raise Unsupported(f"the member {name[:40]} must be understood, and isn't")
    return _Bases(
        _text(members.get("bn", base.name), "bn"),
        _number(members.get("bt", base.time), "bt"),
        _text(members.get("bu", base.unit), "bu"),
        _number(members.get("bv", base.value), "bv"),
        _number(members.get("bs", base.sum), "bs"),
    )


def _split(base: str, own: str) -> tuple[str | None, str]:
    """Device and key of a name; where the name is all of a device's, it is the key, too."""
    if base.rstrip(_SEPARATORS):
        device = base.rstrip(_SEPARATORS)
        return device, own or device
    if not own:
        raise Malformed("a record without a name")
    head, slash, tail = own.rpartition("/")
    if slash and head and tail:
        return head, tail
    parts = own.split(":")
    if parts[:2] == ["urn", "dev"]:
        if len(parts) >= _URN_PARTS and parts[-1]:
            return ":".join(parts[:-1]), parts[-1]
        return own, own
    return None, own


def _values(base: _Bases, members: Mapping[str, Any]) -> dict[str, Scalar]:
    """The record's value and, behind `.sum`, its sum; neither where it has none."""
    value: Any = members.get("v")
    if type(value) in _NUMBERS and "s" not in members:
        return {"": value + base.value}
    found: dict[str, Scalar | None] = {}
    if "v" in members or ("bv" in members and not {"vs", "vb", "vd", "s"} & members.keys()):
        value = members.get("v", 0)
        found[""] = value + base.value if _is_number(value) else None
    elif isinstance(members.get("vb"), bool):
        found[""] = members["vb"]
    elif isinstance(members.get("vs"), str):
        found[""] = reading(members["vs"])
    elif isinstance(members.get("vd"), str):
        # Bytes on purpose, and told as such: the text of them is what the standard shows.
        found[""] = members["vd"] if len(members["vd"]) <= _MAX_NAME and not has_control(members["vd"]) else None
    if _is_number(members.get("s")):
        found[".sum"] = members["s"] + base.sum
    return {suffix: value for suffix, value in found.items() if value is not None}


def _is_number(value: object) -> bool:
    return type(value) in _NUMBERS


def _number(value: Any, name: str) -> float:
    if not _is_number(value):
        raise Malformed(f"{name} is no number")
    return cast("float", value)


def _text(value: Any, name: str) -> str:
    if not isinstance(value, str):
        raise Malformed(f"{name} is no text")
    return value


def _time(time_s: float, now_ms: int) -> Moment | None:
    """Milliseconds since the epoch; None for now, which the hub's clock tells better."""
    if time_s >= _ABSOLUTE_S:
        return moment(time_s, now_ms)
    return moment(now_ms + round(time_s * 1000), now_ms) if time_s else None
