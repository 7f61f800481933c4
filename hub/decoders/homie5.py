"""Homie 5: `<domain>/5/<device>/<node>/<property>` text; all that describes a device is one JSON, `$description`.

Presence is `$state`; a child whose root is lost is lost. `…/$target` is what a value is meant to become, no reading.
"""

import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, cast

from hub.decoders.base import NO_UNITS, Decode, Decoded, Knowledge, Malformed, Status
from hub.decoders.document import load_object, read_text
from hub.decoders.homie_properties import Properties, Property, value_by
from hub.decoders.identity import device_id, fits
from hub.decoders.leaves import Path
from hub.decoders.outline import Field, Outline
from hub.decoders.shared import SharedUnits
from hub.decoders.single import kind_of

_TOPIC = re.compile(r"[^/]+/5/([^/]+)/(.+)", re.DOTALL)
_VALUE = re.compile(r"[a-z0-9-]+/[a-z0-9-]+")
_STATES: dict[str, Status | None] = {
    "init": "online", "ready": "online", "sleeping": None, "disconnected": "offline", "lost": "offline",
}  # fmt: skip
_DOMAIN = "homie"
_MAX_CHILDREN = 1000


class Homie5:
    """Devices that follow the Homie convention, version 5."""

    family = "homie5"

    def claim(self, topic: str, payload: bytes, knowledge: Knowledge) -> Decode | None:
        """Topics below `homie/5`; in another domain those of a device that has described itself."""
        found = _TOPIC.fullmatch(topic)
        if found is None or not fits(found[1]):
            return None
        devices = _Devices(knowledge.of(self.family))
        domain, device, below = topic.partition("/")[0], device_id(found[1]), found[2]
        if domain != _DOMAIN and not devices.has(device) and not (below == "$description" and b'"homie"' in payload):
            return None
        if found[1] == "$broadcast":
            return lambda _payload, _now_ms: [Decoded(None, "broadcast")]
        return _of_device(device, below, devices, root=f"{domain}/5/{found[1]}")


def _of_device(device: str, below: str, devices: "_Devices", *, root: str) -> Decode | None:
    if below == "$state":
        return partial(_state, device, devices)
    if below == "$description":
        return partial(_description, device, devices, root)
    if below.startswith("$log/"):
        return lambda _payload, _now_ms: [Decoded(device, "log")]
    if "$" in below:
        return lambda _payload, _now_ms: [Decoded(device, "meta")]
    if below.endswith("/set"):
        return lambda _payload, _now_ms: [Decoded(device, "command")]
    return _Value(device, below.replace("/", "."), devices.properties).decode if _VALUE.fullmatch(below) else None


class _Devices:
    """A view of the knowledge of this family: properties, and which device is the root of which."""

    def __init__(self, knowledge: dict[str, object]) -> None:
        self.properties = Properties(knowledge)
        self.children = cast("dict[str, list[str]]", knowledge.setdefault("children", {}))
        self._described = cast("dict[str, object]", knowledge["properties"])

    def has(self, device: str) -> bool:
        """Whether the device has described itself."""
        return device in self._described

    def lost(self, root: str) -> list[str]:
        """The devices that are gone with their root."""
        return self.children.get(root, [])


def _state(device: str, devices: _Devices, payload: bytes, _now_ms: int) -> Sequence[Decoded]:
    word = read_text(payload).lower()
    if not word:
        devices.properties.forget(device)
        return [Decoded(device, "removal")]
    if word not in _STATES:
        raise Malformed(f"{word[:40]!r} is no state of a device")
    told = [Decoded(device, "presence", status=_STATES[word])]
    if word == "lost":
        told += [Decoded(child, "presence", status="offline") for child in devices.lost(device)]
    return told


def _description(device: str, devices: _Devices, topic: str, payload: bytes, _now_ms: int) -> Sequence[Decoded]:
    if not payload:
        return [Decoded(device, "removal")]
    document = load_object(payload)
    news = () if devices.has(device) else (topic,)
    properties = {
        f"{node_id}.{property_id}": _property(described)
        for node_id, node in _objects(document.get("nodes"))
        for property_id, described in _objects(node.get("properties"))
    }
    devices.properties.replace(device, properties)
    root = document.get("root")
    if isinstance(root, str) and fits(root):
        children = devices.children.setdefault(device_id(root), [])
        if device not in children and len(children) < _MAX_CHILDREN:
            children.append(device)
    units = {key: told["unit"] for key, told in properties.items() if told.get("unit")}
    name = document.get("name")
    attributes = {"name": name} if isinstance(name, str) and name else {}
    return [Decoded(device, "discovery", units=units, attributes=attributes, reset=news)]


def _objects(members: object) -> list[tuple[str, Mapping[str, Any]]]:
    found = members.items() if isinstance(members, dict) else ()
    return [(name, value) for name, value in found if isinstance(value, dict)]


def _property(described: Mapping[str, Any]) -> Property:
    told = Property()
    if isinstance(described.get("unit"), str):
        told["unit"] = described["unit"]
    if isinstance(described.get("datatype"), str):
        told["datatype"] = described["datatype"]
    return told


def _member(path: Path) -> Field:
    return Field(".".join(path))


class _Value:
    """The values of one property."""

    def __init__(self, device: str, key: str, properties: Properties) -> None:
        self._device = device
        self._key = key
        self._properties = properties
        self._units = SharedUnits()
        self._outline = Outline(_member, under=(key,))

    def decode(self, payload: bytes, _now_ms: int) -> Sequence[Decoded]:
        """What a message says; the empty string is sent as one zero byte. Raises Malformed."""
        if not payload:
            return [Decoded(self._device, "removal")]
        told = self._properties.find(self._device, self._key)
        if told is not None and told.get("datatype") == "json":
            return [Decoded(self._device, "telemetry", self._outline.read(load_object(payload)))]
        value = value_by(told, read_text(payload))
        if value is None:
            return [Decoded(self._device, "state")]
        data = {self._key: value}
        unit = told.get("unit") if told else None
        return [Decoded(self._device, kind_of(data), data, self._units.of({self._key: unit}) if unit else NO_UNITS)]
