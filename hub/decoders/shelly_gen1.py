"""Shelly, first generation: `shellies/<id>/relay/0/power` `12.5`, one value per topic; JSON for status and events.

Presence is the retained will `…/online` `true|false`. Energy of relays, rollers and lights is in watt-minutes, the
totals of meters are in watt-hours. Devices tell of themselves on `shellies/announce` and on their own `…/announce`.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, cast

from hub.decoders.base import Decode, Decoded, Kind, Knowledge, Malformed
from hub.decoders.document import load_object
from hub.decoders.identity import device_id, fits
from hub.decoders.leaves import Path
from hub.decoders.members import is_identifier
from hub.decoders.outline import Field, Rule
from hub.decoders.single import Single
from hub.decoders.words import status_of

_ROOT = "shellies"
_UNITS = {
    "power": "W", "energy": "Wmin", "returned_energy": "Wmin", "total": "Wh", "total_returned": "Wh", "voltage": "V",
    "current": "A", "reactive_power": "VAr", "temperature": "°C", "temperature_f": "°F", "ext_temperature": "°C",
    "ext_temperature_f": "°F", "ext_humidity": "%", "humidity": "%", "battery": "%", "lux": "lx", "tilt": "°",
    "concentration": "ppm", "pos": "%", "adc": "V", "tC": "°C", "tF": "°F", "hum": "%", "bat": "%",
    "overpower_value": "W", "timer_remaining": "s", "timer_duration": "s", "temp": "K", "brightness": "%",
}  # fmt: skip
_NO_READINGS = frozenset(("hwID", "timestamp", "timer_started", "act_reasons"))
_SCALED = frozenset(("temperature", "ext_temperature"))
_SCALES = {"C": "°C", "F": "°F"}
MAX_SCALES = 10_000
"""Devices whose unit of temperature is remembered; those past it show °C."""
_EVENTS = ("input_event", "longpush")
_ATTRIBUTES = {"model": "model", "mac": "mac", "ip": "ip", "fw_ver": "firmware"}
_COMMANDS = ("command", "set")


class ShellyGen1:
    """Shelly devices of the first generation."""

    family = "shelly_gen1"
    roots = frozenset(("shellies",))

    def claim(self, topic: str, payload: bytes, knowledge: Knowledge) -> Decode | None:  # noqa: ARG002 - topic decides
        """All topics below `shellies`."""
        root, _, rest = topic.partition("/")
        name, _, below = rest.partition("/")
        if root != _ROOT or not fits(name):
            return None
        if not below:
            return {"announce": _announce, "command": _group_command}.get(name)
        scales = cast("dict[str, str]", knowledge.of(self.family).setdefault("scales", {}))
        if below in ("info", "settings"):
            return partial(_info, device_id(name), f"{_ROOT}/{name}", scales)
        return _of_device(device_id(name), tuple(below.split("/")), partial(_rule, scales.get(device_id(name), "°C")))


def _of_device(device: str, path: Path, rule: Rule) -> Decode:
    if path == ("online",):
        return partial(_will, device)
    if path == ("announce",):
        return _announce
    if any(word in path for word in _COMMANDS):
        return partial(_told, device, "command")
    return Single(device, path, rule, kind="event" if path[0] in _EVENTS else None).decode


def _rule(scale: str, path: Path) -> Field | None:
    """A member; `scale` is the unit that the device's owner wants temperatures in."""
    name = path[-1]
    if name in _NO_READINGS or is_identifier(name, None):
        return None
    measured = [level for level in path if not level.isdecimal()]
    unit = _UNITS.get(measured[-1]) if measured else None
    return Field(".".join(path), scale if unit == "°C" and measured[-1] in _SCALED else unit)


def _will(device: str, payload: bytes, _now_ms: int) -> Sequence[Decoded]:
    status = status_of(payload, online="true", offline="false")
    return [Decoded(device, "removal" if status is None else "presence", status=status)]


def _told(device: str, kind: Kind, _payload: bytes, _now_ms: int) -> Sequence[Decoded]:
    return [Decoded(device, kind)]


def _info(device: str, topic: str, scales: dict[str, str], payload: bytes, _now_ms: int) -> Sequence[Decoded]:
    """What the device answers to `/status` or `/settings`: facts, and the unit in which it sends temperatures."""
    if not payload:
        return [Decoded(device, "removal")]
    document = load_object(payload)
    measured = next((found for key in ("tmp", "sensors") if isinstance(found := document.get(key), dict)), {})
    word = measured.get("units", measured.get("temperature_unit"))
    scale = _SCALES.get(word) if isinstance(word, str) else None
    news = scale is not None and scale != scales.get(device, "°C") and (device in scales or len(scales) < MAX_SCALES)
    if scale is not None and news:
        scales[device] = scale
    return [Decoded(device, "info", attributes=_facts(document), reset=(topic,) if news else ())]


def _facts(document: Mapping[str, Any]) -> dict[str, str]:
    network, about, update = (_object(document, key) for key in ("wifi_sta", "device", "update"))
    found = {
        "name": document.get("name"), "model": about.get("type"), "mac": document.get("mac") or about.get("mac"),
        "ip": network.get("ip"), "firmware": document.get("fw") or update.get("old_version"),
    }  # fmt: skip
    return {name: value for name, value in found.items() if isinstance(value, str) and value}


def _object(document: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = document.get(key)
    return found if isinstance(found, dict) else {}


def _group_command(_payload: bytes, _now_ms: int) -> Sequence[Decoded]:
    """What is sent to all devices."""
    return [Decoded(None, "command")]


def _announce(payload: bytes, _now_ms: int) -> Sequence[Decoded]:
    document = load_object(payload)
    name = document.get("id")
    if not isinstance(name, str):
        raise Malformed("an announcement without an id")
    return [Decoded(device_id(name), "discovery", attributes=_texts(document))]


def _texts(document: Mapping[str, object]) -> dict[str, str]:
    found = ((name, document.get(key)) for key, name in _ATTRIBUTES.items())
    return {name: value for name, value in found if isinstance(value, str)}
