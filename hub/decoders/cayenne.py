"""Cayenne Low Power Payload: records of channel, type and value, as small LoRaWAN devices send them.

After the Cayenne LPP document, "Data Types", and IPSO's object numbers behind it; keys as The Things Stack and others
write them: `temperature_1`.
"""

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from hub.events import Scalar

MAX_BYTES = 242
"""The longest payload that LoRaWAN has."""


class _Type(NamedTuple):
    name: str
    bytes: int
    scale: float
    signed: bool
    parts: tuple[str, ...] = ()


_TYPES = {
    0: _Type("digital_in", 1, 1, signed=False),
    1: _Type("digital_out", 1, 1, signed=False),
    2: _Type("analog_in", 2, 100, signed=True),
    3: _Type("analog_out", 2, 100, signed=True),
    100: _Type("generic", 4, 1, signed=False),
    101: _Type("illuminance", 2, 1, signed=False),
    102: _Type("presence", 1, 1, signed=False),
    103: _Type("temperature", 2, 10, signed=True),
    104: _Type("relative_humidity", 1, 2, signed=False),
    113: _Type("accelerometer", 2, 1000, signed=True, parts=("x", "y", "z")),
    115: _Type("barometric_pressure", 2, 10, signed=False),
    116: _Type("voltage", 2, 100, signed=False),
    117: _Type("current", 2, 1000, signed=False),
    118: _Type("frequency", 4, 1, signed=False),
    120: _Type("percentage", 1, 1, signed=False),
    121: _Type("altitude", 2, 1, signed=True),
    125: _Type("concentration", 2, 1, signed=False),
    128: _Type("power", 2, 1, signed=False),
    130: _Type("distance", 4, 1000, signed=False),
    131: _Type("energy", 4, 1000, signed=False),
    132: _Type("direction", 2, 1, signed=False),
    133: _Type("time", 4, 1, signed=False),
    134: _Type("gyrometer", 2, 100, signed=True, parts=("x", "y", "z")),
    136: _Type("gps", 3, 10_000, signed=True, parts=("latitude", "longitude", "altitude")),
    142: _Type("boolean", 1, 1, signed=False),
}
_METRES_SCALE = 100
_MAX_INPUT = 3
"""Types up to it are bare inputs and outputs: bytes that are something else often look like those."""
_PLAUSIBLE: Mapping[str, Callable[[float], bool]] = {
    "temperature": lambda value: -100 <= value <= 200,  # noqa: PLR2004 - what thermometers measure, °C
    "relative_humidity": lambda value: value <= 100,  # noqa: PLR2004 - per cent
    "percentage": lambda value: value <= 100,  # noqa: PLR2004 - per cent
    "barometric_pressure": lambda value: 300 <= value <= 1100,  # noqa: PLR2004 - what barometers measure, hPa
    "presence": lambda value: value in (0, 1),
    "boolean": lambda value: value in (0, 1),
    "latitude": lambda value: abs(value) <= 90,  # noqa: PLR2004 - degrees
    "longitude": lambda value: abs(value) <= 180,  # noqa: PLR2004 - degrees
}
_UNITS = {
    "illuminance": "lx", "temperature": "°C", "relative_humidity": "%", "barometric_pressure": "hPa", "voltage": "V",
    "current": "A", "frequency": "Hz", "percentage": "%", "altitude": "m", "concentration": "ppm", "power": "W",
    "distance": "m", "energy": "kWh", "direction": "°", "accelerometer": "g", "gyrometer": "°/s",
}  # fmt: skip
_GPS_UNITS = {"latitude": "°", "longitude": "°", "altitude": "m"}
_KEY = re.compile(r"([a-z]+(?:_[a-z]+)*)_\d+(?:\.(x|y|z|latitude|longitude|altitude))?")


def unit_of(key: str) -> str | None:
    """The unit of a key that is written as this format's formatters do (`temperature_1`, `gps_2.altitude`), or None."""
    found = _KEY.fullmatch(key)
    if found is None:
        return None
    return _GPS_UNITS.get(found[2] or "") if found[1] == "gps" else _UNITS.get(found[1])


def decode_cayenne(payload: bytes) -> dict[str, Scalar] | None:
    """The readings of a payload, or None where it is surely or likely of another format.

    Nothing marks a payload as Cayenne's. It is taken for one if it is used up to its last byte by known types with
    plausible values, each channel and type once, and at least one of a sensor.
    """
    found: dict[str, Scalar] = {}
    at, sensors = 0, 0
    if len(payload) > MAX_BYTES:
        return None
    while at < len(payload):
        kind = _TYPES.get(payload[at + 1]) if at + 1 < len(payload) else None
        if kind is None:
            return None
        key, end = f"{kind.name}_{payload[at]}", at + 2 + kind.bytes * max(1, len(kind.parts))
        values = _values(kind, payload[at + 2 : end])
        if end > len(payload) or values is None or any(key + part in found for part in values):
            return None
        found.update((key + part, value) for part, value in values.items())
        sensors += payload[at + 1] > _MAX_INPUT
        at = end
    return found if sensors else None


def _values(kind: _Type, field: bytes) -> dict[str, Scalar] | None:
    """The values of a record by what is added to its key; None where one is implausible."""
    found: dict[str, Scalar] = {}
    for i, part in enumerate(kind.parts or ("",)):
        raw = int.from_bytes(field[i * kind.bytes : (i + 1) * kind.bytes], "big", signed=kind.signed)
        scale = _METRES_SCALE if (kind.name, part) == ("gps", "altitude") else kind.scale
        value = raw if scale == 1 else raw / scale
        if not _PLAUSIBLE.get(part or kind.name, _anything)(value):
            return None
        found["." + part if part else ""] = bool(value) if kind.name in ("presence", "boolean") else value
    return found


def _anything(_value: float) -> bool:
    return True
