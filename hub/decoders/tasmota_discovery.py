"""What Tasmota devices tell of themselves: retained `tasmota/discovery/<MAC>/config` and `/sensors`.

config: `t` topic, `ft` FullTopic, `tp` prefixes [cmnd, stat, tele], `dn` name, `md` model, `sw` version, `ofln` and
`onln` words of the will, `ip`, `hn` host name. sensors: a snapshot of SENSOR below `sn`.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, TypedDict, cast

from hub.decoders.base import NO_ATTRIBUTES, NO_UNITS, Decode, Decoded, Malformed, Status
from hub.decoders.document import load_object
from hub.decoders.identity import device_id, fits
from hub.decoders.tasmota_values import Values

DISCOVERY = "tasmota/discovery/"
MAX_DEVICES = 10_000
"""Devices that discovery may tell of; those past it are understood by their topics alone."""
_PREFIX = "%prefix%"
_ROLES = ("cmnd", "stat", "tele")
_ATTRIBUTES = {"dn": "name", "md": "model", "sw": "firmware", "mac": "mac", "ip": "ip", "hn": "hostname"}


class Device(TypedDict):
    """What is known of one device: its topic, its attributes, the words of its will, the paths of its topics."""

    topic: str
    attributes: dict[str, str]
    words: dict[str, Status]
    paths: dict[str, str]


class Discovered:
    """A view of the knowledge of this family: devices by their MAC, and what is found through them."""

    def __init__(self, knowledge: dict[str, object]) -> None:
        self._devices = cast("dict[str, Device]", knowledge.setdefault("devices", {}))
        self._routes = cast("dict[str, list[str]]", knowledge.setdefault("routes", {}))
        self._macs = cast("dict[str, str]", knowledge.setdefault("macs", {}))

    def device(self, mac: str) -> Device | None:
        """The device of a MAC."""
        return self._devices.get(mac)

    def of_topic(self, device: str) -> Device | None:
        """The device of a device id."""
        return self._devices.get(self._macs.get(device, ""))

    def route(self, path: str) -> tuple[str, str] | None:
        """Prefix (`cmnd`, `stat` or `tele`) and topic of the device whose messages are below the path."""
        found = self._routes.get(path)
        return None if found is None else (found[0], found[1])

    def learn(self, mac: str, device: Device) -> bool:
        """Keep a device; whether that is news."""
        if self._devices.get(mac) == device or (mac not in self._devices and len(self._devices) >= MAX_DEVICES):
            return False
        self.forget(mac)
        self._devices[mac] = device
        self._macs[device_id(device["topic"])] = mac
        for path, role in device["paths"].items():
            self._routes[path] = [role, device["topic"]]
        return True

    def forget(self, mac: str) -> Device | None:
        """Drop a device; the one that it was."""
        device = self._devices.pop(mac, None)
        if device is not None:
            self._macs.pop(device_id(device["topic"]), None)
            for path in device["paths"]:
                self._routes.pop(path, None)
        return device


def claim_discovery(rest: str, discovered: Discovered) -> Decode | None:
    """The decoder of a topic below `tasmota/discovery/`."""
    mac, _, what = rest.partition("/")
    if what == "config":
        return partial(_config, mac, discovered)
    return partial(_sensors, mac, discovered) if what == "sensors" else None


def _config(mac: str, discovered: Discovered, payload: bytes, _now_ms: int) -> Sequence[Decoded]:
    if not payload:
        gone = discovered.forget(mac)
        if gone is None:
            return [Decoded(None, "removal")]
        return [Decoded(device_id(gone["topic"]), "removal", reset=list(gone["paths"]))]
    device = _device(load_object(payload))
    before = discovered.device(mac)
    news = [*device["paths"], *(before["paths"] if before else ())] if discovered.learn(mac, device) else ()
    return [Decoded(device_id(device["topic"]), "discovery", attributes=device["attributes"], reset=news)]


def _device(config: Mapping[str, Any]) -> Device:
    if not isinstance(config.get("t"), str) or not fits(config["t"]):
        raise Malformed("discovery without a topic (t)")
    attributes = {name: str(config[key]) for key, name in _ATTRIBUTES.items() if isinstance(config.get(key), str)}
    words: dict[str, Status] = {}
    for key, status in (("onln", "online"), ("ofln", "offline")):
        if isinstance(config.get(key), str):
            words[config[key].lower()] = cast("Status", status)
    return Device(topic=config["t"], attributes=attributes, words=words, paths=_paths(config))


def _paths(config: Mapping[str, Any]) -> dict[str, str]:
    """Path of the topics of each prefix, without the last level."""
    full, prefixes = config.get("ft"), config.get("tp")
    if not isinstance(full, str) or not isinstance(prefixes, list) or len(prefixes) != len(_ROLES):
        return {}
    if _PREFIX not in full:
        return {}
    names = {"%topic%": config["t"], "%hostname%": str(config.get("hn", "")), "%id%": str(config.get("mac", ""))}
    for token, name in names.items():
        full = full.replace(token, name)
    return {full.replace(_PREFIX, str(p)).rstrip("/"): role for p, role in zip(prefixes, _ROLES, strict=True)}


def _sensors(mac: str, discovered: Discovered, payload: bytes, _now_ms: int) -> Sequence[Decoded]:
    """The snapshot tells which units there are; its values are old and no telemetry."""
    known = discovered.device(mac)
    device = device_id(known["topic"]) if known else None
    if not payload:
        return [Decoded(device, "removal")]
    document = load_object(payload)
    snapshot = document.get("sn")
    units = Values().read(snapshot)[1] if isinstance(snapshot, dict) else NO_UNITS
    return [Decoded(device, "discovery", units=units, attributes=known["attributes"] if known else NO_ATTRIBUTES)]
