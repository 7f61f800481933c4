"""What LoRaWAN network servers have in common: objects that a device's codec made, and how well gateways heard it."""

import base64
import binascii
from collections.abc import Mapping
from typing import Any, cast

from hub.decoders.cayenne import unit_of
from hub.decoders.leaves import flatten
from hub.decoders.members import is_clock, is_identifier
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


def codec_values(decoded: Mapping[str, Any]) -> dict[str, Scalar]:
    """The readings in what a codec made of a payload.

    Bytes that it passed on, ids and clocks are none; records of `type` and `measurementValue` are read by their type.
    """
    return flatten(_spelled_out(decoded), skip=_is_no_reading)


def _is_no_reading(name: str, value: object) -> bool:
    return is_identifier(name, value) or is_clock(name, value) or _is_bytes(name, value)


def _is_bytes(name: str, value: object) -> bool:
    if not isinstance(value, list) or name.lower().replace("_", "") not in _BYTES or not value:
        return False
    return all(type(element) is int and 0 <= element <= _MAX_BYTE for element in value)


def _spelled_out(decoded: Mapping[str, Any]) -> Mapping[str, Any]:
    """The object with its list of records (also lists of lists) as members by the records' type."""
    for name, value in decoded.items():
        records = _records(value)
        if records:
            rest = {other: below for other, below in decoded.items() if other != name}
            return {**rest, **{str(record["type"]): record["measurementValue"] for record in records}}
    return decoded


def _records(value: object) -> list[Mapping[str, Any]]:
    if not isinstance(value, list):
        return []
    flat = [inner for outer in value for inner in (outer if isinstance(outer, list) else [outer])]
    whole = all(isinstance(r, dict) and isinstance(r.get("type"), str) and "measurementValue" in r for r in flat)
    return flat if whole else []


def codec_units(data: Mapping[str, Scalar]) -> dict[str, str]:
    """Units by the names that the servers' own formatters of Cayenne LPP give; a codec of one's own states none."""
    units = {}
    for key in data:
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
