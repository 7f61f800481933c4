"""Units of Zigbee2MQTT's properties: those that a device exposes, else those that all converters use."""

from collections.abc import Iterable, Mapping
from typing import Any

from hub.events import Scalar

_USUAL = {
    "temperature": "°C",
    "device_temperature": "°C",
    "local_temperature": "°C",
    "occupied_heating_setpoint": "°C",
    "current_heating_setpoint": "°C",
    "humidity": "%",
    "soil_moisture": "%",
    "pressure": "hPa",
    "battery": "%",
    "linkquality": "lqi",
    "power": "W",
    "energy": "kWh",
    "current": "A",
    "illuminance_lux": "lx",
    "co2": "ppm",
}
_MAINS = ("power", "current", "energy")
_MAX_DEPTH = 8


def usual_units(data: Mapping[str, Scalar]) -> dict[str, str]:
    """Units of properties whose unit is the same with nearly all devices.

    `voltage` is of the battery, in mV, where there is one, and of the mains, in V, beside what only mains devices have.
    """
    units = {key: _USUAL[key] for key in data if key in _USUAL}
    if "voltage" in data:
        if "battery" in data:
            units["voltage"] = "mV"
        elif any(key in data for key in _MAINS):
            units["voltage"] = "V"
    return units


def exposed_units(exposes: object, *, under: str = "", depth: int = 0) -> dict[str, str]:
    """Units by property of a definition's `exposes`, through all features; members of a composite with dots."""
    units: dict[str, str] = {}
    for expose in _objects(exposes):
        name = expose.get("property")
        key = f"{under}{name}" if isinstance(name, str) else under.removesuffix(".")
        unit = expose.get("unit")
        if key and isinstance(unit, str) and unit:
            units[key] = unit
        if depth < _MAX_DEPTH:
            inner = f"{key}." if isinstance(name, str) else under
            units |= exposed_units(expose.get("features"), under=inner, depth=depth + 1)
    return units


def _objects(found: object) -> Iterable[Mapping[str, Any]]:
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
