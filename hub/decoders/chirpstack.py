"""ChirpStack: `application/<id>/device/<DevEUI>/event/<event>`, `…/command/down`; `<region>/gateway/<id>/…`.

Version 4, and version 3, whose messages differ in spelling. All events of a device are of its DevEUI; a device speaks
by radio now and then, so none of them is about presence.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from hub.decoders.base import NO_ATTRIBUTES, Decode, Decoded, Kind, Knowledge, Malformed, Status, Unsupported
from hub.decoders.clock import Moment, moment, surest
from hub.decoders.document import begins_document, load, load_object
from hub.decoders.identity import device_id
from hub.decoders.leaves import flatten
from hub.decoders.lorawan import CodecValues, codec_units, keep_place, radio
from hub.decoders.members import is_identifier
from hub.decoders.shared import SharedUnits
from hub.events import Scalar

_DEVICE = re.compile(
    r"(?:.+/)?application/[^/]+/device/([0-9A-Fa-f]{16})/"
    r"(?:(event|command)/([a-z]+)|(rx|tx|join|ack|error|status|location))"
)
_GATEWAY = re.compile(r"(?:.+/)?gateway/([0-9A-Fa-f]{16})/(event|command|state)/([a-z_]+)")
_RADIO = {"rssi": "dBm", "snr": "dB", "loRaSNR": "dB"}
_LOCATION_UNITS = {"latitude": "°", "longitude": "°", "altitude": "m", "accuracy": "m"}
_WITHOUT_VALUES: Mapping[str, Kind] = {"join": "event", "ack": "event", "txack": "event", "log": "log", "error": "log"}
_FACTS = {"deviceName": "name", "deviceProfileName": "model", "applicationName": "application"}
_CONNECTION: Mapping[object, Status] = {"ONLINE": "online", 1: "online", "OFFLINE": "offline", 0: "offline"}


class ChirpStack:
    """LoRaWAN devices and gateways behind a ChirpStack."""

    family = "chirpstack"

    def claim(self, topic: str, payload: bytes, knowledge: Knowledge) -> Decode | None:  # noqa: ARG002 - topic decides
        """Topics of devices by their DevEUI and of gateways by their EUI."""
        found = _DEVICE.fullmatch(topic)
        if found is not None:
            eui, direction, name, old = found.groups()
            keep_place(knowledge.of(self.family), eui.lower(), topic[: found.start(1)] + eui)
            if direction == "command" or old == "tx":
                return _always(eui, "command")
            return _Events(eui, {"rx": "up"}.get(old, old) if old else name).decode
        found = _GATEWAY.fullmatch(topic)
        if found is None:
            return None
        if found[2] == "command":
            return _always(found[1], "command")
        return _gateway(found[1].lower(), f"{found[2]}/{found[3]}")


def _always(eui: str, kind: Kind) -> Decode:
    told = [Decoded(eui.lower(), kind)]
    return lambda _payload, _now_ms: told


def _load(payload: bytes) -> dict[str, Any]:
    if not begins_document(payload):
        raise Unsupported("protobuf; the server's setting `json` makes it readable")
    return load_object(payload)


class _Events:
    """One kind of event of one device."""

    __slots__ = ("_attributes", "_device", "_name", "_units", "_values")

    def __init__(self, eui: str, name: str) -> None:
        self._device = device_id(eui.lower())
        self._name = name
        self._values = CodecValues()
        self._units = SharedUnits()
        self._attributes = SharedUnits()

    def decode(self, payload: bytes, now_ms: int) -> Sequence[Decoded]:
        message = _load(payload)
        facts = self._attributes.of(_facts(message))
        time = _time(message, now_ms)
        kind = _WITHOUT_VALUES.get(self._name)
        if kind is not None:
            return [Decoded(self._device, kind, time=time, attributes=facts)]
        data, units = self._read(message)
        return [Decoded(self._device, "telemetry", data, self._units.of(units), None, time, facts)]

    def _read(self, message: Mapping[str, Any]) -> tuple[dict[str, Scalar], dict[str, str]]:
        if self._name == "status":
            return _status(message)
        if self._name == "location":
            data = flatten({"location": message.get("location")}, skip=_is_source)
            return data, {key: unit for name, unit in _LOCATION_UNITS.items() if (key := "location." + name) in data}
        data = self._values.read(_codec_object(message))
        units = codec_units(data)
        heard, heard_units = radio(message.get("rxInfo"), under="rxInfo", names=_RADIO)
        for name in ("fPort", "dr"):
            if type(message.get(name)) is int:
                heard[name] = message[name]
        return heard | data, heard_units | units


def _is_source(name: str, _value: object) -> bool:
    return name == "source"


def _facts(message: Mapping[str, Any]) -> dict[str, str]:
    about = message.get("deviceInfo", message)
    about = about if isinstance(about, dict) else {}
    return {name: about[key] for key, name in _FACTS.items() if isinstance(about.get(key), str) and about[key]}


def _time(message: Mapping[str, Any], now_ms: int) -> Moment | None:
    receptions = message.get("rxInfo")
    first = receptions[0] if isinstance(receptions, list) and receptions else None
    heard = first.get("time") if isinstance(first, dict) else None
    return surest(moment(clock, now_ms) for clock in (message.get("time"), message.get("publishedAt"), heard))


def _codec_object(message: Mapping[str, Any]) -> dict[str, Any]:
    decoded = message.get("object")
    written = message.get("objectJSON")
    if isinstance(written, str) and written:
        # Version 3, marshalled as protobuf does: the object as a string.
        decoded = load(written.encode())
    return decoded if isinstance(decoded, dict) else {}


def _status(message: Mapping[str, Any]) -> tuple[dict[str, Scalar], dict[str, str]]:
    """A level of battery that the device says it can't tell is sent as zero, and is none."""
    names = {"margin": "dB", "batteryLevel": "%", "battery": "%"}
    unknown = message.get("batteryLevelUnavailable") is True or message.get("externalPowerSource") is True
    data: dict[str, Scalar] = {
        name: message[name]
        for name in names
        if type(message.get(name)) in (int, float) and not (unknown and name != "margin")
    }
    units = {name: names[name] for name in data}
    if isinstance(message.get("externalPowerSource"), bool):
        data["externalPowerSource"] = message["externalPowerSource"]
    return data, units


def _gateway(eui: str, what: str) -> Decode:
    if what == "state/conn":
        return lambda payload, _now_ms: [_connection(eui, payload)]
    if what == "event/stats":
        return lambda payload, now_ms: [_statistics(eui, payload, now_ms)]
    # Frames as they were heard: the values in them are the devices', and encrypted.
    return _always(eui, "meta")


def _connection(eui: str, payload: bytes) -> Decoded:
    if not payload:
        return Decoded(eui, "removal")
    state = _load(payload).get("state", 0)
    status = _CONNECTION.get(state) if isinstance(state, str | int) else None
    if status is None:
        raise Malformed("state is neither ONLINE nor OFFLINE")
    return Decoded(eui, "presence", status=status)


def _statistics(eui: str, payload: bytes, now_ms: int) -> Decoded:
    message = _load(payload)
    counted = {
        name: value for name, value in message.items() if name not in ("time", "metadata", "metaData", "ip", "location")
    }
    return Decoded(
        eui,
        "telemetry",
        flatten(counted, skip=is_identifier),
        time=moment(message.get("time"), now_ms),
        attributes=NO_ATTRIBUTES,
    )
