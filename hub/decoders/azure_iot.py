"""Azure IoT Hub: `devices/<id>[/modules/<module>]/messages/events/<property bag>`, `…/devicebound/#`, `$iothub/#`.

The last level of a telemetry topic is a bag of properties, another with every message, and no part of the device. The
twin's topics name no device: there the connection is the device, which a bridge in between hides.
"""

import re
from collections.abc import Mapping, Sequence
from urllib.parse import parse_qsl

from hub.decoders.base import NO_UNITS, Decode, Decoded, Kind, Knowledge
from hub.decoders.clock import Moment, moment, surest
from hub.decoders.document import begins_document, load, load_object, read_text
from hub.decoders.identity import device_id, fits
from hub.decoders.json_message import Reader
from hub.decoders.leaves import flatten, reading
from hub.decoders.numerals import quantity
from hub.decoders.shared import SharedUnits

_MESSAGES = re.compile(r"devices/([^/]+)/(?:modules/([^/]+)/)?messages/(events|devicebound)(?:/(.*))?")
_TWIN: Mapping[str, Kind] = {
    "twin/PATCH/properties/desired/": "command",
    "twin/GET/": "request",
    "twin/res/": "response",
    "methods/POST/": "command",
    "methods/res/": "response",
}
_REPORTED = "$iothub/twin/PATCH/properties/reported/"
_CREATED = "iothub-creation-time-utc"
_COMPONENT = "$.sub"


class AzureIot:
    """Devices that speak to an Azure IoT Hub, as a broker in between hears them."""

    family = "azure_iot"
    roots = frozenset(("devices", "$iothub"))

    def claim(self, topic: str, payload: bytes, knowledge: Knowledge) -> Decode | None:  # noqa: ARG002 - topic decides
        """A device's messages to and from the service, and what is below `$iothub/`."""
        if topic.startswith("$iothub/"):
            return _twin(topic)
        found = _MESSAGES.fullmatch(topic)
        if found is None:
            return None
        name = found[1] if found[2] is None else f"{found[1]}/{found[2]}"
        if not fits(found[1]) or not fits(name):
            return None
        if found[3] == "devicebound":
            told = [Decoded(device_id(name), "command")]
            return lambda _payload, _now_ms: told
        return _Events(name, dict(parse_qsl((found[4] or "").strip("/?")))).decode


def _twin(topic: str) -> Decode | None:
    if topic.startswith(_REPORTED):
        return _reported
    for beginning, kind in _TWIN.items():
        if topic.startswith("$iothub/" + beginning):
            told = [Decoded(None, kind)]
            return lambda _payload, _now_ms: told
    return None


def _reported(payload: bytes, _now_ms: int) -> Sequence[Decoded]:
    return [Decoded(None, "state", flatten(load_object(payload), skip=lambda name, _value: name.startswith("$")))]


class _Events:
    """The messages with one bag of properties."""

    __slots__ = ("_created", "_device", "_reader", "_units")

    def __init__(self, name: str, properties: Mapping[str, str]) -> None:
        self._device = device_id(name)
        self._created = properties.get(_CREATED)
        component = [properties[_COMPONENT]] if _COMPONENT in properties else []
        self._reader = Reader(["devices", name, *component, "telemetry"])
        self._units = SharedUnits()

    def decode(self, payload: bytes, now_ms: int) -> Sequence[Decoded]:
        created = moment(self._created, now_ms)
        if not begins_document(payload):
            return [self._word(payload, created)]
        found = self._reader.read(load(payload), now_ms)
        for decoded in found:
            # The reader of any JSON takes a name that the message has for the device's; here the topic says it.
            decoded.device = self._device
            decoded.time = surest((decoded.time, created))
        return found

    def _word(self, payload: bytes, time: Moment | None) -> Decoded:
        value, unit = quantity(read_text(payload))
        read = reading(value)
        data = {} if read is None else {"value": read}
        units = self._units.of({"value": unit}) if unit is not None else NO_UNITS
        return Decoded(self._device, "telemetry", data, units, None, time)
