"""EMS-ESP: `ems-esp/boiler_data` JSON, or one topic per value `ems-esp/boiler/outdoortemp`; `…/status` is its will.

The device is the gateway's base topic, whose parts are boiler, thermostat and so on. Units come with Home Assistant's
discovery only. Where a gateway sends `…_data`, topics below `<base>/<part>/` are those that commands are sent to.
"""

import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import cast

from hub.decoders.base import Decode, Decoded, Kind, Knowledge
from hub.decoders.declared import Declared
from hub.decoders.document import begins_document
from hub.decoders.identity import device_id, fits
from hub.decoders.leaves import Path
from hub.decoders.news import announcing
from hub.decoders.outline import Field
from hub.decoders.single import Single
from hub.decoders.words import status_of

MAX_BASES = 1000
_BASE = re.compile(r"((?:.+/)?ems-esp[^/]*)/(.+)", re.DOTALL)
_PARTS = (
    "boiler|thermostat|mixer|mixing|solar|sm|heatpump|hp|heatsource|gateway|switch|controller|connect|alert|pump|"
    "extension|ventilation|water|pool|heatingunit|custom|temperaturesensor|dallassensor|analogsensor|shower|sensor"
)
_DATA = re.compile(rf"(?:{_PARTS})_data\w*(?:/\w+)?|sensors|heartbeat|tapwater_active|heating_active|shower_active")
_BASE_OF_DATA = re.compile(r"(.+)/(?:boiler|thermostat|mixer|solar|heatpump)_data\w*", re.DOTALL)
_NO_READINGS = frozenset(("version", "IP", "id", "ip", "ssid", "bssid", "mac", "time", "entities"))
_HEARTBEAT = {"rssi": "dBm", "uptime_sec": "s", "wifistrength": "%", "freemem": "kB", "max_alloc": "kB", "rssid": "%"}
_INFOS = frozenset(("info", "start_info", "system_info"))


class EmsEsp:
    """Gateways to heating systems with the EMS bus."""

    family = "ems_esp"

    def claim(self, topic: str, payload: bytes, knowledge: Knowledge) -> Decode | None:
        """Topics below a base with a level `ems-esp…`, or one where a boiler has sent its data."""
        bases = cast("dict[str, int]", knowledge.of(self.family).setdefault("bases", {}))
        base = _base(topic, payload, bases)
        # Discovery is sent below another prefix with the base's name in it.
        if base is None or not fits(base) or topic.endswith("/config"):
            return None
        rest = topic[len(base) + 1 :]
        nested = base in bases
        decode = _decoder(device_id(base), rest, Declared(knowledge).units(topic), nested=nested)
        if nested or "_data" not in rest or len(bases) >= MAX_BASES:
            return decode
        bases[base] = 1
        return announcing(decode, below=base)


def _base(topic: str, payload: bytes, bases: dict[str, int]) -> str | None:
    known = next((base for base in bases if topic.startswith(base + "/")), None)
    found = _BASE.fullmatch(topic) if known is None and "ems-esp" in topic else None
    if found is None and known is None and "_data" in topic and begins_document(payload):
        found = _BASE_OF_DATA.fullmatch(topic)
    return found[1] if found else known


def _decoder(device: str, rest: str, units: Mapping[str, str], *, nested: bool) -> Decode:
    """What reads a topic; `nested` where the gateway is known to send whole objects."""
    if rest in ("status", "start"):
        return partial(_presence, device)
    path = tuple(rest.split("/"))
    values = Single(device, path, partial(_rule, units, len(path))).decode
    if _DATA.fullmatch(rest):
        return partial(_data, device, values)
    if rest == "response":
        return partial(_told, device, "response")
    if rest in _INFOS or path[0] == "system":
        return partial(_told, device, "info")
    to_device = len(path) == 1 or nested or "cmd" in rest or path[-1] == "set"
    return partial(_told, device, "command") if to_device else values


def _told(device: str, kind: Kind, _payload: bytes, _now_ms: int) -> Sequence[Decoded]:
    return [Decoded(device, kind)]


def _presence(device: str, payload: bytes, _now_ms: int) -> Sequence[Decoded]:
    status = status_of(payload)
    return [Decoded(device, "removal" if status is None else "presence", status=status)]


def _data(device: str, read: Decode, payload: bytes, now_ms: int) -> Sequence[Decoded]:
    """Values; old firmware's will was on topics for them."""
    return [Decoded(device, "meta")] if payload.strip() in (b"offline", b"online") else read(payload, now_ms)


def _rule(units: Mapping[str, str], levels: int, path: Path) -> Field | None:
    """A member: its unit is what discovery has declared for its path below the topic."""
    name = path[-1]
    if name in _NO_READINGS:
        return None
    unit = units.get(".".join(path[levels:]))
    if unit is None and path[0] == "heartbeat":
        unit = _HEARTBEAT.get(name)
    return Field(".".join(path), unit, numeric=path[0] != "heartbeat")
