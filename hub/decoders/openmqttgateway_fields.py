"""Members of OpenMQTTGateway's and Theengs' messages: which are readings, and in which unit."""

import re
from collections.abc import Mapping
from typing import Any

from hub.decoders.leaves import Path
from hub.decoders.outline import Field
from hub.decoders.rtl433_fields import unit_of as unit_by_suffix

_NO_READINGS = frozenset((
    "id", "mac", "mac_type", "adv_type", "name", "brand", "model", "model_id", "mfr", "type", "cidc", "acts", "cont",
    "track", "ctrl", "prmac", "manufacturerdata", "servicedata", "servicedatauuid", "mfid", "uuid", "device", "unit",
    "encr", "decoder", "origin", "ip", "ssid", "gw_id", "modules", "version", "env", "time", "unixtime", "mic", "mod",
    "protocol", "mqttport", "mqttserver", "bssid", "gatewayMAC", "undecodedBLE",
))  # fmt: skip
_ABOUT = {"name": "name", "brand": "vendor", "model": "model", "mfr": "vendor", "version": "firmware", "ip": "ip"}
_UNITS = (
    (re.compile(r"(?:temp\w*c|tempc\w*|dp|intempc?|extempc?)"), "°C"),
    (re.compile(r"(?:temp\w*f|tempf\w*)"), "°F"),
    (re.compile(r"(?:hum|batt|moi|hum\d|batt\w?|rssi_pct)"), "%"),
    (re.compile(r"volt\w*"), "V"),
    (re.compile(r"current\w*"), "A"),
    (re.compile(r"power\w*"), "W"),
    (re.compile(r"energy\w*"), "kWh"),
    (re.compile(r"pres"), "hPa"),
    (re.compile(r"lux"), "lx"),
    (re.compile(r"fer"), "µS/cm"),
    (re.compile(r"distance"), "m"),
    (re.compile(r"(?:rssi|txpower|RSSI|packetRSSI)"), "dBm"),
    (re.compile(r"acc[xyz]"), "m/s²"),
    (re.compile(r"co2"), "ppm"),
    (re.compile(r"pm(?:1|10|25|4)"), "µg/m³"),
    (re.compile(r"for"), "mg/m³"),
    (re.compile(r"impedance"), "Ω"),
    (re.compile(r"(?:uptime|interval)"), "s"),
    (re.compile(r"(?:freemem|mqttbufsize|maxBlock|freestack)"), "B"),
    (re.compile(r"snr|SNR"), "dB"),
)


def rule(path: Path) -> Field | None:
    """What a member of a message is; old firmware prints numbers as text."""
    name = path[-1]
    if name in _NO_READINGS:
        return None
    unit = next((unit for pattern, unit in _UNITS if pattern.fullmatch(name)), None)
    return Field(".".join(path), unit, numeric=True)


def rule_433(path: Path) -> Field | None:
    """The same for what rtl_433 inside the gateway has decoded: its names end in their unit."""
    field = rule(path)
    if field is None or path[-1] == "channel":
        return None
    return field._replace(unit=unit_by_suffix(path[-1]) or field.unit)


def about(document: Mapping[str, Any]) -> tuple[object, ...]:
    """What a message tells of its device that is no reading, as it is; to be compared with the one before."""
    return tuple(map(document.get, _ABOUT))


def attributes_of(told: tuple[object, ...]) -> dict[str, str]:
    """The same as attributes."""
    return {name: value for name, value in zip(_ABOUT.values(), told, strict=True) if isinstance(value, str) and value}
