"""Homie 3 and 4: `homie/<device>/<node>/<property>` text; what begins with `$` tells of a device, node or property.

Presence is `$state` (its will: lost). `$unit` and `$datatype` come as messages of their own and are remembered. Other
base topics than `homie` are known once a device below them has told its version (`$homie`).
"""

import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import cast

from hub.decoders.base import NO_UNITS, Decode, Decoded, Kind, Knowledge, Malformed, Status
from hub.decoders.document import read_text
from hub.decoders.homie_properties import Properties, Property, value_by
from hub.decoders.identity import device_id, fits
from hub.decoders.shared import SharedUnits
from hub.decoders.single import kind_of
from hub.decoders.words import value_of

DEFAULT_BASE = "homie"
MAX_BASES = 1000
_VERSION = re.compile(rb"[234](?:\.[0-9]+){0,2}")
_STATES: dict[str, Status | None] = {
    # A device that sleeps will speak again, and one that initialises is connected and not yet ready.
    "init": "online", "ready": "online", "alert": "online", "sleeping": None, "disconnected": "offline",
    "lost": "offline",
}  # fmt: skip
_ATTRIBUTES = {"$name": "name", "$localip": "ip", "$mac": "mac", "$fw/name": "firmware_name", "$fw/version": "firmware"}
_STATS = {"uptime": "s", "signal": "%", "cputemp": "°C", "cpuload": "%", "battery": "%", "freeheap": "B", "supply": "V"}
_MIN_LEVELS = 2
_PROPERTY_LEVELS = 3


class Homie:
    """Devices that follow the Homie convention, versions 3 and 4."""

    family = "homie"

    def claim(self, topic: str, payload: bytes, knowledge: Knowledge) -> Decode | None:
        """Topics below `homie`, and below each base where a device has told its version."""
        bases = cast("dict[str, int]", knowledge.of(self.family).setdefault("bases", {}))
        if topic.endswith("/$homie"):
            base, _, told = topic.removesuffix("/$homie").rpartition("/")
            if base != DEFAULT_BASE and base not in bases and _VERSION.fullmatch(payload):
                if len(bases) < MAX_BASES and fits(told):
                    bases[base] = 1
                    return lambda _payload, _now_ms: [Decoded(device_id(told), "discovery", reset=(base,))]
                return None
        for known in (DEFAULT_BASE, *bases):
            if topic.startswith(known + "/"):
                return claim_below(topic[len(known) + 1 :], Properties(knowledge.of(self.family)))
        return None


def claim_below(
    rest: str, properties: Properties, *, usual_unit: Callable[[str], str | None] = lambda _key: None
) -> Decode | None:
    """The decoder of `<device>/…` below a base; `usual_unit` is of properties that have not told theirs."""
    levels = rest.split("/")
    if levels[0] == "$broadcast":
        return lambda _payload, _now_ms: [Decoded(None, "broadcast")]
    if len(levels) < _MIN_LEVELS or not fits(levels[0]):
        return None
    device = device_id(levels[0])
    at = next((i for i, level in enumerate(levels) if level.startswith("$")), None)
    if at == 1:
        return _of_device(device, "/".join(levels[1:]))
    if at is not None:
        return _Told(device, ".".join(levels[1:at]), "/".join(levels[at:]), properties).decode
    if levels[-1] == "set":
        return lambda _payload, _now_ms: [Decoded(device, "command")]
    return (
        _Value(device, ".".join(levels[1:]), properties, usual_unit).decode if len(levels) >= _PROPERTY_LEVELS else None
    )


def _of_device(device: str, attribute: str) -> Decode:
    if attribute in ("$state", "$online"):
        return partial(_state, device)
    if attribute in _ATTRIBUTES:
        return partial(_attribute, device, attribute)
    if attribute.startswith("$stats/") and attribute != "$stats/interval":
        return partial(_statistic, device, attribute.removeprefix("$stats/"))
    kind: Kind = "meta" if attribute.startswith("$stats") else "discovery"
    return lambda _payload, _now_ms: [Decoded(device, kind)]


def _state(device: str, payload: bytes, _now_ms: int) -> Sequence[Decoded]:
    word = read_text(payload).lower()
    if not word:
        return [Decoded(device, "removal")]
    if word in ("true", "false"):
        # Version 2 had `$online` instead.
        return [Decoded(device, "presence", status="online" if word == "true" else "offline")]
    if word not in _STATES:
        raise Malformed(f"{word[:40]!r} is no state of a device")
    return [Decoded(device, "presence", status=_STATES[word])]


def _attribute(device: str, attribute: str, payload: bytes, _now_ms: int) -> Sequence[Decoded]:
    text = read_text(payload)
    kind: Kind = "discovery" if attribute == "$name" else "info"
    return [Decoded(device, kind, attributes={_ATTRIBUTES[attribute]: text} if text else {})]


def _statistic(device: str, name: str, payload: bytes, _now_ms: int) -> Sequence[Decoded]:
    value = value_of(payload)
    key = "$stats." + name.replace("/", ".")
    units = {key: _STATS[name]} if name in _STATS else NO_UNITS
    return [Decoded(device, "telemetry", {} if value is None else {key: value}, units)]


class _Told:
    """One attribute of a node or property."""

    def __init__(self, device: str, key: str, attribute: str, properties: Properties) -> None:
        self._device = device
        self._key = key
        self._attribute = attribute
        self._properties = properties

    def decode(self, payload: bytes, _now_ms: int) -> Sequence[Decoded]:
        """Units and datatypes are kept for the property's values."""
        text = read_text(payload)
        if self._attribute == "$unit":
            self._properties.tell(self._device, self._key, Property(unit=text))
            return [Decoded(self._device, "discovery", units={self._key: text} if text else NO_UNITS)]
        if self._attribute == "$datatype":
            self._properties.tell(self._device, self._key, Property(datatype=text))
        return [Decoded(self._device, "discovery")]


class _Value:
    """The values of one property."""

    def __init__(self, device: str, key: str, properties: Properties, usual_unit: Callable[[str], str | None]) -> None:
        self._device = device
        self._key = key
        self._properties = properties
        self._usual = usual_unit(key)
        self._units = SharedUnits()

    def decode(self, payload: bytes, _now_ms: int) -> Sequence[Decoded]:
        """What a message says; raises Malformed."""
        if not payload:
            return [Decoded(self._device, "removal")]
        told = self._properties.find(self._device, self._key)
        value = value_by(told, read_text(payload))
        if value is None:
            return [Decoded(self._device, "telemetry")]
        unit = (told.get("unit") if told else None) or self._usual
        data = {self._key: value}
        units = self._units.of({self._key: unit}) if unit else NO_UNITS
        return [Decoded(self._device, kind_of(data), data, units)]
