"""rtl_433: `rtl_433/<host>/events` one JSON per reception, `rtl_433/<host>/devices/<model>/<channel>/<id>/<field>`.

One topic has the events of all sensors that a receiver hears: model, channel and id in the message are the sensor.
Topics are free; `rtl_433` is looked for on any level, and what follows it that is not the default is taken as the
levels that name a sensor with a field behind them.
"""

from collections.abc import Sequence
from functools import partial

from hub.decoders.base import Decode, Decoded, Kind, Knowledge, Malformed
from hub.decoders.clock import moment
from hub.decoders.document import begins_document, load_object
from hub.decoders.identity import device_id, fits
from hub.decoders.outline import Outline
from hub.decoders.rtl433_fields import NO_READINGS, rule, sensor_of, sensor_of_levels
from hub.decoders.single import Single
from hub.decoders.words import status_of

_ROOT = "rtl_433"
_EVENTS = ("events", "states")
_PRESENCE = ("availability", "status")


class Rtl433:
    """Sensors on the ISM bands, heard by rtl_433."""

    family = "rtl_433"

    def claim(self, topic: str, payload: bytes, knowledge: Knowledge) -> Decode | None:  # noqa: ARG002 - learns nothing
        """Topics with a level `rtl_433`."""
        levels = topic.split("/") if _ROOT in topic else []
        # Discovery is sent below another prefix, perhaps with this name in it.
        if _ROOT not in levels or levels[-1] == "config":
            return None
        levels = levels[levels.index(_ROOT) + 1 :]
        if not levels or not all(map(fits, levels)):
            return None
        host = device_id(levels[0])
        if levels[-1] in _PRESENCE:
            return partial(_presence, host if len(levels) > 1 else _ROOT)
        if levels[-1] in _EVENTS or (begins_document(payload) and b'"model"' in payload):
            return _Events().decode
        if levels[-1] in ("log", "stats"):
            kind: Kind = "log" if levels[-1] == "log" else "meta"
            return lambda _payload, _now_ms: [Decoded(host, kind)]
        return _field(levels)


def _field(levels: list[str]) -> Decode | None:
    """The decoder of a topic with one field of a sensor."""
    *named, field = levels
    if named[1:2] == ["devices"]:
        named = named[2:]
        device = sensor_of_levels(named) if named else None
    else:
        name = "/".join(named)
        device = device_id(name) if name and fits(name) else None
    if device is None:
        return None
    if field in NO_READINGS:
        return partial(_about, device)
    return Single(device, (field,), rule).decode


def _presence(host: str, payload: bytes, _now_ms: int) -> Sequence[Decoded]:
    status = status_of(payload)
    return [Decoded(host, "removal" if status is None else "presence", status=status)]


def _about(device: str, _payload: bytes, _now_ms: int) -> Sequence[Decoded]:
    """What tells of the sensor or of the reception, and measures nothing."""
    return [Decoded(device, "meta")]


class _Events:
    """The events of one receiver."""

    def __init__(self) -> None:
        self._outline = Outline(rule)

    def decode(self, payload: bytes, now_ms: int) -> Sequence[Decoded]:
        """What was heard of one sensor; raises Malformed."""
        event = load_object(payload)
        device = sensor_of(event)
        if device is None:
            if "model" in event:
                raise Malformed("a reception whose model can't name a device")
            # Statistics and messages of the receiver itself.
            return [Decoded(None, "meta")]
        data = self._outline.read(event)
        return [Decoded(device, "telemetry", data, self._outline.units(data), None, moment(event.get("time"), now_ms))]
