"""Which unit a Tasmota reading has: said by a sibling (`TempUnit`), else fixed by the firmware."""

import re
from collections.abc import Mapping

from hub.decoders.leaves import Path, leaves
from hub.decoders.members import is_identifier
from hub.events import Scalar

_UNIT_MEMBERS = frozenset(("TempUnit", "PressureUnit", "SpeedUnit"))
_NO_READINGS = _UNIT_MEMBERS | {
    "Time", "Epoch", "TotalStartTime", "BSSId", "IPAddress", "ADCO", "ADSC", "Device", "Endpoint", "IEEEAddr",
}  # fmt: skip
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


def is_no_reading(name: str, value: object) -> bool:
    """Whether a member is a unit, a clock or an identity."""
    return name in _NO_READINGS or is_identifier(name, value)


def said_units(document: object) -> dict[tuple[Path, str], str]:
    """Units that members state, by the object that they are in and their name."""
    found = leaves(document)
    return {(path[:-1], path[-1]): str(value) for path, value in found if path and path[-1] in _UNIT_MEMBERS}


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


def units_of(document: object) -> dict[str, str]:
    """The units of a document's readings by their dotted keys; raises as `leaves`."""
    said = said_units(document)
    found = ((path, unit_of(path, said)) for path, _ in leaves(document, skip=is_no_reading))
    return {".".join(path): unit for path, unit in found if unit is not None}


def read_values(document: object) -> tuple[dict[str, Scalar], dict[str, str]]:
    """The readings of a document and their units, by dotted keys; raises as `leaves`.

    Some drivers print their numbers as text; what has a unit is a number.
    """
    said = said_units(document)
    data: dict[str, Scalar] = {}
    units: dict[str, str] = {}
    for path, value in leaves(document, skip=is_no_reading):
        key = ".".join(path) or "value"
        unit = unit_of(path, said)
        data[key] = value
        if unit is not None:
            units[key] = unit
            if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,15}(?:\.[0-9]{1,15})?", value):
                data[key] = float(value) if "." in value else int(value)
    return data, units
