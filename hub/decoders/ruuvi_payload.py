"""Ruuvi's advertisements: formats 3 (RAWv1), 5 (RAWv2), 6 and E1, as the documents of the same names lay them out.

Numbers are big-endian. The largest unsigned and the smallest signed number say that there is no value.
"""

import math
from struct import Struct

from hub.events import Scalar

_COMPANY = b"\x99\x04"
_MANUFACTURER = 0xFF
_V3 = Struct(">BbBHhhhH")
_V5 = Struct(">hHHhhhHBH")
_AIR = Struct(">hHH")
_NO_SIGNED = -0x8000
_NO_WORD = 0xFFFF
_NO_BYTE = 0xFF
_NO_LONG = 0xFFFFFF
_NO_INDEX = 0x1FF
_NO_VOLTAGE = 0x7FF
_NO_TX_POWER = 0x1F
_LIGHT_STEP = math.log(65536) / 254
_SIZES = {3: 14, 5: 18, 6: 17, 0xE1: 29}


def ruuvi_data(advertisement: bytes) -> bytes | None:
    """What Ruuvi's sensor has put into an advertisement (the manufacturer's structure of its company), or None."""
    at = 0
    while at + 1 < len(advertisement):
        size = advertisement[at]
        if size == 0:
            return None
        structure = advertisement[at + 1 : at + 1 + size]
        if structure[:1] == bytes((_MANUFACTURER,)) and structure[1:3] == _COMPANY:
            return structure[3:]
        at += 1 + size
    return None


def read_payload(data: bytes) -> dict[str, Scalar] | None:
    """The readings of a payload by the names that the gateway gives them; None for a format that is not read."""
    kind = data[0] if data else -1
    if kind not in _SIZES or len(data) < _SIZES[kind]:
        return None
    if kind == 3:  # noqa: PLR2004 - the formats are numbers by name
        return _format_3(data)
    return _format_5(data) if kind == 5 else _air(data, extended=kind == 0xE1)  # noqa: PLR2004 - as above


def _format_3(data: bytes) -> dict[str, Scalar]:
    humidity, whole, hundredths, pressure, x, y, z, millivolts = _V3.unpack_from(data, 1)
    # Sign and magnitude, not two's complement: the sign's bit stands apart.
    magnitude = (data[2] & 0x7F) + hundredths / 100
    return {
        "humidity": humidity / 2,
        "temperature": -magnitude if whole < 0 else magnitude,
        "pressure": pressure + 50000,
        "accelX": x / 1000,
        "accelY": y / 1000,
        "accelZ": z / 1000,
        "voltage": millivolts / 1000,
    }


def _format_5(data: bytes) -> dict[str, Scalar]:
    temperature, humidity, pressure, x, y, z, power, movement, sequence = _V5.unpack_from(data, 1)
    found = _climate(temperature, humidity, pressure)
    for name, value in (("accelX", x), ("accelY", y), ("accelZ", z)):
        if value != _NO_SIGNED:
            found[name] = value / 1000
    if power >> 5 != _NO_VOLTAGE:
        found["voltage"] = ((power >> 5) + 1600) / 1000
    if power & 0x1F != _NO_TX_POWER:
        found["txPower"] = (power & 0x1F) * 2 - 40
    if movement != _NO_BYTE:
        found["movementCounter"] = movement
    if sequence != _NO_WORD:
        found["measurementSequenceNumber"] = sequence
    return found


def _climate(temperature: int, humidity: int, pressure: int) -> dict[str, Scalar]:
    found: dict[str, Scalar] = {}
    if temperature != _NO_SIGNED:
        found["temperature"] = round(temperature * 0.005, 3)
    if humidity != _NO_WORD:
        found["humidity"] = round(humidity * 0.0025, 4)
    if pressure != _NO_WORD:
        found["pressure"] = pressure + 50000
    return found


def _air(data: bytes, *, extended: bool) -> dict[str, Scalar]:
    """Formats 6 and E1, of Ruuvi Air: the second has more of the same."""
    found = _climate(*_AIR.unpack_from(data, 1))
    particles = ("PM1.0", "PM2.5", "PM4.0", "PM10.0") if extended else ("PM2.5",)
    at = 7
    for name in particles:
        _put(found, name, _word(data, at), _NO_WORD, scale=10)
        at += 2
    _put(found, "CO2", _word(data, at), _NO_WORD)
    flags = data[28] if extended else data[16]
    _put(found, "VOC", data[at + 2] << 1 | flags >> 6 & 1, _NO_INDEX)
    _put(found, "NOx", data[at + 3] << 1 | flags >> 7, _NO_INDEX)
    if extended:
        _put(found, "luminosity", int.from_bytes(data[19:22]), _NO_LONG, scale=100)
        _put(found, "measurementSequenceNumber", int.from_bytes(data[25:28]), _NO_LONG)
    else:
        if data[13] != _NO_BYTE:
            found["luminosity"] = round(math.exp(data[13] * _LIGHT_STEP) - 1, 2)
        found["measurementSequenceNumber"] = data[15]
    found["calibrating"] = bool(flags & 1)
    return found


def _word(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 2])


def _put(found: dict[str, Scalar], name: str, value: int, nothing: int, *, scale: int = 1) -> None:
    if value != nothing:
        found[name] = value if scale == 1 else value / scale
