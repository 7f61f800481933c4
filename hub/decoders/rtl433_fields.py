"""Fields of rtl_433's messages: their names end in their unit (`temperature_C`, `wind_avg_km_h`, `rain_mm`)."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from hub.decoders.identity import device_id, fits
from hub.decoders.leaves import Path
from hub.decoders.outline import Field

NO_READINGS = frozenset((
    "time", "model", "type", "subtype", "id", "channel", "mic", "mod", "freq", "freq1", "freq2", "protocol", "codes",
    "rows", "data", "code", "brand", "raw_message", "sequence_num",
))  # fmt: skip
"""Identity, kind of check, radio channel, raw bits."""

_UNITS = {
    "C": "°C", "F": "°F", "hPa": "hPa", "kPa": "kPa", "PSI": "psi", "psi": "psi", "bar": "bar", "inHg": "inHg",
    "mm": "mm", "cm": "cm", "m": "m", "km": "km", "in": "in", "inch": "in", "ft": "ft", "mm_h": "mm/h",
    "in_h": "in/h", "inch_h": "in/h", "m_s": "m/s", "km_h": "km/h", "kph": "km/h", "mph": "mph", "mi_h": "mph",
    "deg": "°", "V": "V", "mV": "mV", "A": "A", "mA": "mA", "W": "W", "kW": "kW", "Wh": "Wh", "kWh": "kWh",
    "VA": "VA", "kVA": "kVA", "Hz": "Hz", "MHz": "MHz", "lux": "lx", "klux": "klx", "ppm": "ppm", "ppb": "ppb",
    "ug_m3": "µg/m³", "W_m2": "W/m²", "wm2": "W/m²", "dB": "dB", "dBm": "dBm", "pct": "%", "s": "s", "min": "min",
    "gal": "gal", "m3": "m³", "L": "L", "g": "g", "kg": "kg",
}  # fmt: skip
_SUFFIX = re.compile("(?:" + "|".join(f"(?:.*_)({unit})" for unit in sorted(_UNITS, key=len, reverse=True)) + ")")
_NAMED = {"humidity": "%", "moisture": "%", "rssi": "dB", "snr": "dB", "noise": "dB"}
_NUMBERED_HUMIDITY = re.compile(r"(?:humidity|moisture)(?:_[0-9]+)?")
_IDENTITY = ("model", "channel", "id")


def unit_of(name: str) -> str | None:
    """The unit that a field's name states."""
    if _NUMBERED_HUMIDITY.fullmatch(name):
        return "%"
    found = _SUFFIX.fullmatch(name)
    if found is not None:
        return _UNITS[next(unit for unit in found.groups() if unit is not None)]
    return _NAMED.get(name)


def rule(path: Path) -> Field | None:
    """What a member of an event is."""
    if path[-1] in NO_READINGS:
        return None
    return Field(".".join(path), unit_of(path[-1]))


def sensor_of(event: Mapping[str, Any]) -> str | None:
    """The sensor of an event, `model-channel-id` as far as it says so; None where it is of no sensor."""
    if not isinstance(event.get("model"), str):
        return None
    parts = (event.get(name) for name in _IDENTITY)
    return _named(*(part for part in parts if isinstance(part, str | int)))


@lru_cache(maxsize=4096, typed=True)
def _named(*parts: str | int) -> str | None:
    name = "-".join(str(part) for part in parts if str(part))
    return device_id(name) if fits(name) else None


def sensor_of_levels(levels: list[str]) -> str:
    """The same from the levels of `devices[/type][/model][/subtype][/channel][/id]`."""
    if levels[0] in ("TPMS", "DSC") and len(levels) > 1:
        levels = levels[1:]
    # Between model and id is the channel (a number or a letter) or a subtype, which is no part of the identity.
    inner = [level for level in levels[1:-1] if level.isdecimal() or len(level) == 1]
    return device_id("-".join([levels[0], *inner, *levels[1:][-1:]]))
