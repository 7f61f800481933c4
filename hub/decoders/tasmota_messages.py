"""The messages of one Tasmota device."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from hub.decoders.base import NO_ATTRIBUTES, NO_UNITS, Decoded, Kind, Malformed, Status
from hub.decoders.clock import Moment, moment
from hub.decoders.document import load_object, read_text
from hub.decoders.identity import device_id
from hub.decoders.numerals import quantity
from hub.decoders.tasmota_discovery import Discovered
from hub.decoders.tasmota_values import Values

_WILL: Mapping[str, Status] = {"online": "online", "offline": "offline"}
_STATE = re.compile(
    r"(?:POWER|Dimmer|Channel|Shutter|Switch|Fan[Ss]peed)\d*|Color|HSBColor|White|CT|ShutterPosition\d*"
)
_ACTION = re.compile(r"(?:Button|Switch)\d+|(?:Rf|Ir|IrHvac|SSerial|Serial)Received|RfRaw|RotaryEncoder\d*")
_WRAPPERS: Mapping[str, Kind] = {"StatusSNS": "telemetry", "StatusSTS": "state"}
_ZIGBEE = "ZbReceived"
_ZIGBEE_UNITS = {"TempUnit": "C", "PressureUnit": "hPa"}
"""What the clusters of Zigbee have, whatever the bridge shows of its own sensors."""
_ZIGBEE_ABOUT = {"Name": "name", "ModelId": "model", "Manufacturer": "vendor"}
_ABOUT = {
    "Module": "model",
    "Version": "firmware",
    "Hostname": "hostname",
    "IPAddress": "ip",
    "Mac": "mac",
    "DeviceName": "name",
}


class Reader:
    """Reads what one device sends below `tele` and `stat`."""

    def __init__(self, device: str, discovered: Discovered) -> None:
        self._device = device
        self._discovered = discovered
        self._read = Values()
        self._read_zigbee = Values()

    def will(self, payload: bytes, _now_ms: int) -> Sequence[Decoded]:
        """LWT: the broker's word that the device is gone, or its own that it is there."""
        word = read_text(payload).lower()
        if not word:
            return [Decoded(self._device, "removal")]
        known = self._discovered.of_topic(self._device)
        status = _WILL.get(word) or (known["words"].get(word) if known else None)
        if status is None:
            raise Malformed(f"the will says {word[:40]!r}, neither Online nor Offline")
        return [self._decoded("presence", status=status)]

    def sensor(self, payload: bytes, now_ms: int) -> Sequence[Decoded]:
        """SENSOR: one object per sensor chip, or what a Zigbee device told this bridge."""
        return self._values("telemetry", load_object(payload), now_ms)

    def state(self, payload: bytes, now_ms: int) -> Sequence[Decoded]:
        """STATE: power, light, Wi-Fi, uptime."""
        return self._values("state", load_object(payload), now_ms)

    def result(self, prefix: str, payload: bytes, now_ms: int) -> Sequence[Decoded]:
        """RESULT: the answer to a command; it is news only where it tells a state or something received."""
        document = load_object(payload)
        if _ZIGBEE in document or any(map(_ACTION.fullmatch, document)):
            return self._values("event", document, now_ms)
        state = {name: value for name, value in document.items() if _STATE.fullmatch(name)}
        if state:
            return self._values("state", {**state, **_clock(document)}, now_ms)
        return [self._decoded("info" if prefix == "tele" else "response")]

    def status(self, payload: bytes, now_ms: int) -> Sequence[Decoded]:
        """STATUSn and INFOn: sensors and state as they are sent elsewhere (8, 10, 11), else facts of the device."""
        document = load_object(payload)
        for wrapper, kind in _WRAPPERS.items():
            if isinstance(document.get(wrapper), dict):
                return self._values(kind, document[wrapper], now_ms)
        facts = {
            **document,
            **{k: v for below in document.values() if isinstance(below, dict) for k, v in below.items()},
        }
        told = {name: str(facts[key]) for key, name in _ABOUT.items() if isinstance(facts.get(key), str) and facts[key]}
        return [Decoded(self._device, "info", attributes={**self._attributes(), **told})]

    def log(self, _payload: bytes, _now_ms: int) -> Sequence[Decoded]:
        """LOGGING: lines for people."""
        return [self._decoded("log")]

    def response(self, _payload: bytes, _now_ms: int) -> Sequence[Decoded]:
        """An answer in words."""
        return [self._decoded("response")]

    def word(self, prefix: str, word: str, payload: bytes, now_ms: int) -> Sequence[Decoded]:
        """Any other word: `POWER1` `OFF`; below `tele` also an object that is sent on some occasion."""
        text = read_text(payload)
        if text.startswith("{") and prefix == "tele":
            return self._values("telemetry", load_object(payload), now_ms)
        if not text or text.startswith("{") or not _STATE.fullmatch(word):
            return [self._decoded("response")]
        return [Decoded(self._device, "state", {word: quantity(text).value}, NO_UNITS, None, None, self._attributes())]

    def _values(self, kind: Kind, document: dict[str, Any], now_ms: int) -> Sequence[Decoded]:
        time = moment(_clock_of(document), now_ms)
        received = document.get(_ZIGBEE)
        if isinstance(received, dict):
            return [self._zigbee(name, below, time) for name, below in received.items() if isinstance(below, dict)]
        data, units = self._read.read(document)
        return [Decoded(self._device, kind, data, units, None, time, self._attributes())]

    def _zigbee(self, name: str, members: Mapping[str, Any], time: Moment | None) -> Decoded:
        """A device behind a Zigbee bridge: it, not the bridge, has the values, in the units of the Zigbee clusters."""
        attributes = {
            told: str(members[key]) for key, told in _ZIGBEE_ABOUT.items() if isinstance(members.get(key), str)
        }
        told = {k: v for k, v in members.items() if k not in _ZIGBEE_ABOUT}
        data, units = self._read_zigbee.read(told | _ZIGBEE_UNITS)
        return Decoded(device_id(name), "telemetry", data, units, None, time, attributes or NO_ATTRIBUTES)

    def _decoded(self, kind: Kind, *, status: Status | None = None) -> Decoded:
        return Decoded(self._device, kind, {}, NO_UNITS, status, None, self._attributes())

    def _attributes(self) -> Mapping[str, str]:
        known = self._discovered.of_topic(self._device)
        return known["attributes"] if known else NO_ATTRIBUTES


def _clock(document: Mapping[str, Any]) -> dict[str, Any]:
    return {name: document[name] for name in ("Epoch", "Time") if name in document}


def _clock_of(document: Mapping[str, Any]) -> object:
    """`Epoch` is without doubt about its zone; `Time` has one only in newer firmware."""
    return document.get("Epoch", document.get("Time"))
