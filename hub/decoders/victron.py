"""Victron Venus OS: `N/<portal id>/<service>/<instance>/<D-Bus path>` `{"value":12.5}`.

The device is the portal (the GX), whose services are its parts. Units are the D-Bus paths' own. A value null, or no
payload, is a service that is gone. A GX is silent unless somebody sends `R/<portal id>/keepalive` every 60 s.
"""

import re
from collections.abc import Sequence
from functools import partial
from typing import cast

from hub.decoders.base import NO_UNITS, Decode, Decoded, Kind, Knowledge, Malformed
from hub.decoders.document import load_object
from hub.decoders.identity import device_id
from hub.decoders.leaves import Path, reading
from hub.decoders.outline import Field, Outline
from hub.decoders.single import kind_of
from hub.decoders.victron_units import unit_of

_TOPIC = re.compile(r"([NRW])/([0-9a-f]{12})/(.+)", re.DOTALL)
_ABOUT = frozenset((
    "ProductId", "ProductName", "CustomName", "DeviceInstance", "FirmwareVersion", "HardwareVersion", "Serial",
    "Connected", "Manufacturer", "DeviceName",
))  # fmt: skip
NOTE_EVERY_MS = 60_000
MAX_PORTALS = 1_000
"""Portals that are remembered; past it the one that was heard longest ago is forgotten."""
_MEMBER_NO_READINGS = ("id", "instance")


class Victron:
    """GX devices of Victron, and what is connected to them."""

    family = "victron"
    roots = frozenset(("N", "R", "W"))

    def claim(self, topic: str, payload: bytes, knowledge: Knowledge) -> Decode | None:  # noqa: ARG002 - topic decides
        """Topics of notifications, reads and writes of a portal."""
        found = _TOPIC.fullmatch(topic)
        if found is None:
            return None
        device, path = device_id(found[2]), tuple(found[3].split("/"))
        if found[1] != "N":
            return partial(_told, device, "command" if found[1] == "W" else "request")
        seen = knowledge.of(self.family)
        if len(path) == 1:
            # heartbeat, keepalive, full_publish_completed: the number is a moment or a counter.
            return partial(_heard, seen, device, "meta")
        if path[0] == "settings":
            return partial(_heard, seen, device, "config")
        if path[-1] in _ABOUT or "Mgmt" in path or "DeviceInfo" in path:
            # Its serial number is all that a GX says before the first keep-alive.
            return partial(_heard, seen, device, "info")
        return _Value(device, path, seen=seen).decode


def portals_seen(knowledge: Knowledge, *, since_ms: int) -> list[str]:
    """The portals that have said something since then, so far as NOTE_EVERY_MS tells."""
    seen = knowledge.of(Victron.family)
    return [portal for portal, at_ms in seen.items() if isinstance(at_ms, int) and at_ms >= since_ms]


def _note(seen: dict[str, object], portal: str, now_ms: int) -> None:
    """Remember when the portal was heard; seldom, as what is known is written to a file when it changes."""
    before_ms = seen.get(portal)
    if isinstance(before_ms, int) and 0 <= now_ms - before_ms < NOTE_EVERY_MS:
        return
    if before_ms is None and len(seen) >= MAX_PORTALS:
        del seen[min(seen, key=lambda one: cast("int", seen[one]))]
    seen[portal] = now_ms


def _told(device: str, kind: Kind, _payload: bytes, _now_ms: int) -> Sequence[Decoded]:
    return [Decoded(device, kind)]


def _heard(seen: dict[str, object], device: str, kind: Kind, _payload: bytes, now_ms: int) -> Sequence[Decoded]:
    _note(seen, device, now_ms)
    return [Decoded(device, kind)]


def _rule(path: Path) -> Field | None:
    return None if path[-1] in _MEMBER_NO_READINGS else Field(".".join(path), unit_of(path))


class _Value:
    """The notifications of one path."""

    def __init__(self, device: str, path: Path, *, seen: dict[str, object]) -> None:
        self._device = device
        self._seen = seen
        self._key = ".".join(path)
        unit = unit_of(path)
        self._units = {self._key: unit} if unit is not None else NO_UNITS
        self._outline = Outline(_rule, under=path)

    def decode(self, payload: bytes, now_ms: int) -> Sequence[Decoded]:
        """The value; limits beside it are none. Raises Malformed."""
        _note(self._seen, self._device, now_ms)
        if not payload:
            return [Decoded(self._device, "removal")]
        document = load_object(payload)
        if "value" not in document:
            raise Malformed("a notification without a value")
        value = document["value"]
        if isinstance(value, dict | list):
            data = self._outline.read(value)
            return [Decoded(self._device, "telemetry", data, self._outline.units(data))]
        found = reading(value)
        if found is None:
            return [Decoded(self._device, "telemetry")]
        one = {self._key: found}
        return [Decoded(self._device, kind_of(one), one, self._units)]
