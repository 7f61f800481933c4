"""The Things Stack (TTN) version 3: `v3/<application>[@<tenant>]/devices/<id>/up|join|down/…|service/data|…`.

What the application's formatter decoded is read; without a formatter, a payload that is Cayenne LPP. The server leaves
out what is zero, false or empty. A device speaks by radio now and then: nothing is about presence.
"""

import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from hub.decoders.base import NO_ATTRIBUTES, Decode, Decoded, Kind, Knowledge, Malformed
from hub.decoders.cayenne import decode_cayenne
from hub.decoders.clock import Moment, moment, surest
from hub.decoders.document import load_object
from hub.decoders.identity import device_id, fits
from hub.decoders.leaves import flatten
from hub.decoders.lorawan import CodecValues, codec_units, keep_place, payload_bytes, radio
from hub.decoders.shared import SharedUnits
from hub.events import Scalar

_TOPIC = re.compile(r"v3/[^/]+/devices/([^/]+)/(up|join|service/data|location/solved|down/([a-z]+))")
_COMMANDS = ("push", "replace")
_RADIO = {"rssi": "dBm", "snr": "dB"}
_LOCATION_UNITS = {"latitude": "°", "longitude": "°", "altitude": "m", "accuracy": "m"}
_NORMALIZED_UNITS = {
    "temperature": "°C", "relativeHumidity": "%", "pressure": "hPa", "co2": "ppm", "lightIntensity": "lx",
    "moisture": "%", "depth": "cm", "ec": "dS/m", "n": "ppm", "p": "ppm", "k": "ppm", "speed": "m/s", "direction": "°",
    "battery": "V",
}  # fmt: skip
"""Of measurements in the normalized payload, by the device repository's schema."""
_BATTERY = "last_battery_percentage"
_FACTS = {"brand_id": "vendor", "model_id": "model", "firmware_version": "firmware"}


class ThingsStack:
    """LoRaWAN devices behind The Things Stack."""

    family = "ttn_v3"
    roots = frozenset(("v3",))

    def claim(self, topic: str, payload: bytes, knowledge: Knowledge) -> Decode | None:  # noqa: ARG002 - topic decides
        """The topics of an application's devices."""
        found = _TOPIC.fullmatch(topic)
        if found is None or not fits(found[1]):
            return None
        device = device_id(found[1])
        keep_place(knowledge.of(self.family), device, topic[: found.end(1)])
        if found[3] in _COMMANDS:
            return _always(device, "command")
        reads: dict[str, Decode] = {
            "up": _Uplinks(device).decode,
            "service/data": partial(_service, device, CodecValues()),
            "location/solved": lambda payload, now_ms: [_location(device, payload, now_ms)],
        }
        return reads.get(found[2]) or (lambda payload, now_ms: [_event(device, payload, now_ms)])


def _always(device: str, kind: Kind) -> Decode:
    told = [Decoded(device, kind)]
    return lambda _payload, _now_ms: told


def _event(device: str, payload: bytes, now_ms: int) -> Decoded:
    return Decoded(device, "event", time=moment(load_object(payload).get("received_at"), now_ms))


def _service(device: str, values: CodecValues, payload: bytes, now_ms: int) -> Sequence[Decoded]:
    message = load_object(payload)
    data = values.read(_member(_member(message, "service_data"), "data"))
    return [Decoded(device, "telemetry", data, time=moment(message.get("received_at"), now_ms))]


def _location(device: str, payload: bytes, now_ms: int) -> Decoded:
    message = load_object(payload)
    location = _member(_member(message, "location_solved"), "location")
    data = flatten({name: location[name] for name in _LOCATION_UNITS if name in location}, under=("location",))
    units = {key: _LOCATION_UNITS[key.rpartition(".")[2]] for key in data}
    return Decoded(device, "telemetry", data, units, time=moment(message.get("received_at"), now_ms))


def _member(members: Mapping[str, Any], name: str) -> dict[str, Any]:
    found = members.get(name)
    return found if isinstance(found, dict) else {}


class _Uplinks:
    """The uplinks of one device."""

    __slots__ = ("_attributes", "_device", "_measurements", "_units", "_values")

    def __init__(self, device: str) -> None:
        self._device = device
        self._values = CodecValues()
        self._measurements = CodecValues()
        self._units = SharedUnits()
        self._attributes = SharedUnits()

    def decode(self, payload: bytes, now_ms: int) -> Sequence[Decoded]:
        message = load_object(payload)
        uplink = message.get("uplink_message")
        if not isinstance(uplink, dict):
            raise Malformed("no uplink_message")
        data, units = radio(uplink.get("rx_metadata"), under="rx_metadata", names=_RADIO)
        decoded = self._decoded(uplink)
        data |= decoded
        units |= codec_units(decoded)
        level = _member(uplink, _BATTERY).get("value")
        if isinstance(level, int | float) and not isinstance(level, bool):
            data[_BATTERY], units[_BATTERY] = level, "%"
        facts = self._attributes.of(_facts(_member(uplink, "version_ids")))
        time = _time(message, uplink, now_ms)
        told = [Decoded(self._device, "telemetry", data, self._units.of(units), None, time, facts)]
        return told + self._normalized(uplink, time, now_ms)

    def _decoded(self, uplink: Mapping[str, Any]) -> dict[str, Scalar]:
        decoded = uplink.get("decoded_payload")
        if isinstance(decoded, dict):
            return self._values.read(decoded)
        return decode_cayenne(payload_bytes(uplink.get("frm_payload"))) or {}

    def _normalized(self, uplink: Mapping[str, Any], time: Moment | None, now_ms: int) -> list[Decoded]:
        """Measurements by the common schema, each with its own time where it has one."""
        found = uplink.get("normalized_payload")
        told = []
        for measurement in found if isinstance(found, list) else [found]:
            if isinstance(measurement, dict):
                own = moment(measurement.get("time"), now_ms)
                data = self._measurements.read(measurement)
                units = {
                    key: unit for key in data if (unit := _NORMALIZED_UNITS.get(key.rpartition(".")[2])) is not None
                }
                told.append(
                    Decoded(
                        self._device, "telemetry", data, self._units.of(units), None, surest((own, time)), NO_ATTRIBUTES
                    )
                )
        return told


def _facts(versions: Mapping[str, Any]) -> dict[str, str]:
    return {name: versions[key] for key, name in _FACTS.items() if isinstance(versions.get(key), str)}


def _time(message: Mapping[str, Any], uplink: Mapping[str, Any], now_ms: int) -> Moment | None:
    """When the server, or else a gateway, received it: the device itself sends no clock."""
    receptions = uplink.get("rx_metadata")
    heard = [r.get("time") for r in receptions if isinstance(r, dict)] if isinstance(receptions, list) else []
    clocks = (message.get("received_at"), uplink.get("received_at"), *heard)
    return surest(moment(clock, now_ms) for clock in clocks)
