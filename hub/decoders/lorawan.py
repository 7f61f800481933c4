"""What LoRaWAN network servers have in common: objects that a device's codec made, and how well gateways heard it."""

import base64
import binascii
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, cast

from hub.decoders.cayenne import unit_of
from hub.decoders.clock import is_moment
from hub.decoders.leaves import Path
from hub.decoders.members import is_identifier, may_be_clock
from hub.decoders.outline import Field, Outline
from hub.events import Scalar

_BYTES = frozenset(("raw", "bytes", "rawbytes", "payload", "frmpayload", "rawpayload", "data"))
_MAX_BYTE = 255
_CHIRPSTACK_CAYENNE = {
    "illuminanceSensor": "lx", "temperatureSensor": "°C", "humiditySensor": "%", "barometer": "hPa",
    "accelerometer": "g", "gyrometer": "°/s",
}  # fmt: skip
_GPS = {"latitude": "°", "longitude": "°", "altitude": "m"}


MAX_PLACES = 50_000
"""Devices whose topics are remembered; what is sent to one past them has no way."""


def keep_place(knowledge: dict[str, object], device: str, path: str) -> None:
    """Remember below which topic a device's messages are, application and all: what is sent to it goes there."""
    places = places_of(knowledge)
    if device in places or len(places) < MAX_PLACES:
        places[device] = path


def places_of(knowledge: dict[str, object]) -> dict[str, str]:
    """The topics below which devices of a family speak, by device."""
    return cast("dict[str, str]", knowledge.setdefault("places", {}))


class CodecValues:
    """The readings in what a device's codec makes of payloads.

    Bytes that it passed on, ids and clocks are none; records of `type` and `measurementValue` are read by their type.
    """

    __slots__ = ("_outline",)

    def __init__(self) -> None:
        self._outline = Outline(_rule)

    def read(self, decoded: dict[str, Any]) -> dict[str, Scalar]:
        """The readings of one payload by dotted key; raises Malformed, Unsupported."""
        return self._outline.read(_spelled_out(decoded))


def _rule(path: Path) -> Field:
    name, key = path[-1], ".".join(path) or "value"
    if is_identifier(name, None):
        return Field(key, inside=True)
    # Most are readings by their names, whatever their values.
    return Field(key, skips=is_moment if may_be_clock(name) else _is_bytes if _may_be_bytes(name) else None)


def _may_be_bytes(name: str) -> bool:
    return name.lower().replace("_", "") in _BYTES


def _is_bytes(value: object) -> bool:
    if not isinstance(value, list) or not value:
        return False
    return all(type(element) is int and 0 <= element <= _MAX_BYTE for element in value)


def _spelled_out(decoded: dict[str, Any]) -> dict[str, Any]:
    """The object with its list of records (also lists of lists) as members by the records' type."""
    for name, value in decoded.items():
        records = _records(value) if isinstance(value, list) else None
        if records:
            rest = {other: below for other, below in decoded.items() if other != name}
            return {**rest, **{str(record["type"]): record["measurementValue"] for record in records}}
    return decoded


def _records(value: list[Any]) -> list[Mapping[str, Any]]:
    flat = [inner for outer in value for inner in (outer if isinstance(outer, list) else [outer])]
    whole = all(isinstance(r, dict) and isinstance(r.get("type"), str) and "measurementValue" in r for r in flat)
    return flat if whole else []


def codec_units(data: Mapping[str, Scalar]) -> dict[str, str]:
    """Units by the names that the servers' own formatters of Cayenne LPP give; a codec of one's own states none."""
    return _units_of(tuple(data))


@lru_cache(maxsize=1024)
def _units_of(keys: tuple[str, ...]) -> dict[str, str]:
    """One mapping for the same keys, which nobody changes."""
    units = {}
    for key in keys:
        head, _, tail = key.partition(".")
        unit = (
            _GPS.get(tail.rpartition(".")[2])
            if head == "gpsLocation"
            else _CHIRPSTACK_CAYENNE.get(head)
            if tail
            else None
        )
        unit = unit or unit_of(key)
        if unit is not None:
            units[key] = unit
    return units


def radio(receptions: object, *, under: str, names: Mapping[str, str]) -> tuple[dict[str, Scalar], dict[str, str]]:
    """How each gateway heard it, with units; `names` are the members that are readings, with their units."""
    data: dict[str, Scalar] = {}
    units: dict[str, str] = {}
    for i, reception in enumerate(receptions if isinstance(receptions, list) else []):
        for name, unit in names.items():
            if isinstance(reception, dict) and type(reception.get(name)) in (int, float):
                key = f"{under}.{i}.{name}"
                data[key], units[key] = reception[name], unit
    return data, units


def payload_bytes(text: object) -> bytes:
    """The bytes of a payload in base64; none where there is none or it is broken."""
    try:
        return base64.b64decode(text, validate=True) if isinstance(text, str) else b""
    except (binascii.Error, ValueError):
        return b""
