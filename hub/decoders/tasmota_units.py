"""Which unit a Tasmota reading has: said by a sibling (`TempUnit`), else fixed by the firmware."""

import re
from collections.abc import Mapping

from hub.decoders.leaves import Path

UNIT_MEMBERS = frozenset(("TempUnit", "PressureUnit", "SpeedUnit"))
_NO_READINGS = frozenset((
    "Time", "Epoch", "TotalStartTime", "BSSId", "IPAddress", "ADCO", "ADSC", "Device", "Endpoint", "IEEEAddr",
))  # fmt: skip
_SPELLINGS = {"C": "°C", "F": "°F"}

_SAID = {
    "Temperature": "TempUnit",
    "DewPoint": "TempUnit",
    "FeelsLike": "TempUnit",
    "HeatIndex": "TempUnit",
    "ObjTmp": "TempUnit",
    "AmbTmp": "TempUnit",
    "Pressure": "PressureUnit",
    "SeaPressure": "PressureUnit",
    "Speed": "SpeedUnit",
    "Gust": "SpeedUnit",
}
_FIXED = {
    "Humidity": "%",
    "Moisture": "%",
    "BatteryPercentage": "%",
    "Power": "W",
    "ApparentPower": "VA",
    "ReactivePower": "VAr",
    "Voltage": "V",
    "Vcc": "V",
    "Current": "A",
    "Frequency": "Hz",
    "Illuminance": "lx",
    "CarbonDioxide": "ppm",
    "eCO2": "ppm",
    "TVOC": "ppb",
    "UptimeSec": "s",
    "Wifi.RSSI": "%",
    "Wifi.Signal": "dBm",
    "ENERGY.Period": "Wh",
}
_COUNTED = re.compile(r"(?:Total|Today|Yesterday|ExportActive|TotalTariff|ExportTariff)")
_TELEINFO = (
    (re.compile(r"(?:BASE|HC|EJP|BBRH|EAS|EAI|ERQ)[A-Z0-9]+"), "Wh"),
    (re.compile(r"(?:PAPP|SINSTS|SMAXSN|SINSTI)[0-9]?"), "VA"),
    (re.compile(r"(?:IINST|ISOUSC|IMAX|IRMS)[0-9]?"), "A"),
    (re.compile(r"(?:URMS|UMOY)[0-9]"), "V"),
    (re.compile(r"(?:PREF|PCOUP)"), "kVA"),
)


def is_no_reading(name: str) -> bool:
    """Whether a member is a clock or an identity, and with it all that is below it."""
    return name in _NO_READINGS


def unit_of(path: Path, said: Mapping[tuple[Path, str], str]) -> str | None:
    """The unit of a reading, or None where nobody has said it."""
    path = tuple(name for name in path if not name.isdecimal())
    if not path:
        return None
    member = _SAID.get(path[-1])
    if member is not None:
        stated = (said.get((path[:end], member)) for end in range(len(path), -1, -1))
        unit = next((unit for unit in stated if unit is not None), None)
        return _SPELLINGS.get(unit, unit) if unit is not None else None
    if path[0] == "TIC":
        return next((unit for name, unit in _TELEINFO if name.fullmatch(path[-1])), None)
    if "ENERGY" in path and _COUNTED.fullmatch(path[-1]):
        return "kWh"
    return _FIXED.get(".".join(path[-2:])) or _FIXED.get(path[-1])
