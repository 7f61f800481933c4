"""OwnTracks: `owntracks/<user>/<device>` JSON with `_type`; below it `event`, `step`, `beacon`, `waypoint`, `cmd` ….

A person's phone is the device `<user>/<device>`. `_type` says what a message is, whatever topic it came on; the will
(`lwt`) is on the topic of the location.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from hub.decoders.base import NO_ATTRIBUTES, NO_UNITS, Decode, Decoded, Kind, Knowledge, Malformed, Unsupported
from hub.decoders.clock import moment
from hub.decoders.document import load_object
from hub.decoders.identity import device_id, fits
from hub.decoders.leaves import Path
from hub.decoders.members import is_identifier
from hub.decoders.numerals import numeral
from hub.decoders.outline import Field, Outline
from hub.decoders.shared import SharedUnits
from hub.events import Scalar

UNITS = {
    "lat": "°", "lon": "°", "alt": "m", "acc": "m", "vac": "m", "vel": "km/h", "cog": "°", "batt": "%", "rad": "m",
    "p": "kPa", "dist": "m", "trip": "m", "odometer": "km", "hmc": "s", "ubatt": "V", "uext": "V", "don": "s",
    "doff": "s", "aiv": "V", "rpm": "rpm", "flvl": "%", "distance": "m", "rssi": "dBm",
}  # fmt: skip
_UNKNOWN_IF_NEGATIVE = frozenset(("acc", "vac", "vel", "cog", "batt"))
"""Minus one there means that the phone does not know."""
_NO_READINGS = frozenset((
    "_type", "_http", "tid", "topic", "tst", "wtst", "created_at", "sent", "from", "to", "BSSID", "rid", "inrids",
    "imei", "vin", "raw_line", "uuid", "face", "count", "rit", "rty",
))  # fmt: skip
_VALUES: Mapping[str, Kind] = {"location": "telemetry", "steps": "telemetry", "transition": "event", "beacon": "event"}
_OTHERS: Mapping[str, Kind] = {
    "cmd": "command", "request": "request", "waypoint": "config", "waypoints": "config", "configuration": "config",
    "dump": "config", "status": "info", "msg": "meta",
}  # fmt: skip
_MIN_LEVELS = 3


class OwnTracks:
    """Phones and trackers that report where they are."""

    family = "owntracks"
    roots = frozenset(("owntracks",))

    def claim(self, topic: str, payload: bytes, knowledge: Knowledge) -> Decode | None:  # noqa: ARG002 - topic decides
        """Topics below `owntracks/<user>/<device>`."""
        levels = topic.split("/")
        if levels[0] != "owntracks" or not _MIN_LEVELS <= len(levels) <= _MIN_LEVELS + 1:
            return None
        name = "/".join(levels[1:_MIN_LEVELS])
        if not fits(levels[1]) or not fits(levels[2]) or not fits(name):
            return None
        device = device_id(name)
        if levels[3:] == ["cmd"]:
            told = [Decoded(device, "command")]
            return lambda _payload, _now_ms: told
        return _Messages(device).decode


class _Messages:
    """The messages of one topic."""

    __slots__ = ("_attributes", "_device", "_outline")

    def __init__(self, device: str) -> None:
        self._device = device
        self._outline = Outline(_rule)
        self._attributes = SharedUnits()

    def decode(self, payload: bytes, now_ms: int) -> Sequence[Decoded]:
        if not payload:
            return [Decoded(self._device, "removal")]
        message = load_object(payload)
        what = message.get("_type")
        kind = _VALUES.get(what) if isinstance(what, str) else None
        if kind is not None:
            data = _known(self._outline.read(message))
            units = self._outline.units(data)
            return [Decoded(self._device, kind, data, units, None, moment(message.get("tst"), now_ms), NO_ATTRIBUTES)]
        return [self._without_values(str(what), message)]

    def _without_values(self, what: str, message: Mapping[str, Any]) -> Decoded:
        if what == "lwt":
            # Its `tst` is when the phone connected, long before the will is carried out.
            return Decoded(self._device, "presence", status="offline")
        if what == "card":
            name = message.get("name")
            facts = {"name": name} if isinstance(name, str) and name else {}
            return Decoded(self._device, "info", {}, NO_UNITS, None, None, self._attributes.of(facts))
        if what in _OTHERS:
            return Decoded(self._device, _OTHERS[what])
        if what == "encrypted":
            raise Unsupported("encrypted by the phone")
        if "_type" not in message:
            raise Malformed("no _type")
        raise Unsupported(f"_type {what[:40]}")


def _known(data: dict[str, Scalar]) -> dict[str, Scalar]:
    """The readings without those that say that the phone does not know; numbers that are written as text as numbers."""
    for key in [key for key, value in data.items() if key in _UNKNOWN_IF_NEGATIVE or isinstance(value, str)]:
        value = data[key]
        read = numeral(value) if isinstance(value, str) and key in UNITS else value
        if read is None or (key in _UNKNOWN_IF_NEGATIVE and isinstance(read, int | float) and read < 0):
            del data[key]
        else:
            data[key] = read
    return data


def _rule(path: Path) -> Field | None:
    name, key = path[-1], ".".join(path)
    return None if name in _NO_READINGS else Field(key, UNITS.get(key), inside=is_identifier(name, None))
