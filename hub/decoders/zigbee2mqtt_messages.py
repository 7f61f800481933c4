"""The messages of one device behind Zigbee2MQTT."""

from collections.abc import Mapping, Sequence

from hub.decoders.base import NO_ATTRIBUTES, NO_UNITS, Decoded, Kind, Malformed, Status
from hub.decoders.clock import Moment, moment
from hub.decoders.document import BOM, load, load_object, read_text
from hub.decoders.identity import device_id
from hub.decoders.leaves import Path, reading
from hub.decoders.members import is_identifier
from hub.decoders.numerals import quantity
from hub.decoders.outline import MAX_SHAPES, Field, Outline
from hub.decoders.presence import presence
from hub.decoders.shared import SharedUnits
from hub.decoders.zigbee2mqtt_network import Network
from hub.decoders.zigbee2mqtt_units import usual_units
from hub.events import Scalar

_ACTION = "action"
_NO_READINGS = frozenset(("last_seen", "elapsed", "update", "update_available", "update_progress", "device"))


class Reader:
    """Reads the topics of one friendly name."""

    def __init__(self, name: str, network: Network) -> None:
        self._name = name
        self._network = network
        self._device = device_id(name)
        self._units = SharedUnits()
        self._outline = Outline(_rule)
        self._usual: dict[tuple[str, ...], Mapping[str, str]] = {}

    def availability(self, payload: bytes, _now_ms: int) -> Sequence[Decoded]:
        """`{"state":"online"}`, formerly the word alone."""
        word = availability_word(payload)
        if word is None:
            return [Decoded(device_id(self._name), "removal")]
        self._network.seen(self._name)
        return [self._decoded(self._name, "presence", {}, NO_UNITS, status=word)]

    def message(self, payload: bytes, now_ms: int) -> Sequence[Decoded]:
        """The state of the device as one object, or, below it, one attribute of it as text."""
        if not payload:
            return [Decoded(device_id(self._name), "removal")]
        if payload.removeprefix(BOM).lstrip().startswith(b"{"):
            return self._state(payload, now_ms)
        name, _, attribute = self._name.rpartition("/")
        if not name or self._network.knows(self._name):
            raise Malformed("the state of a device is a JSON object")
        return self._attribute(name, attribute, payload)

    def _state(self, payload: bytes, now_ms: int) -> Sequence[Decoded]:
        document = load_object(payload)
        self._network.seen(self._name)
        time = moment(document.get("last_seen"), now_ms)
        data = self._outline.read(document)
        event = {key: data.pop(key) for key in [key for key in data if _tells_action(key)]}
        told = []
        if _ACTION in event:
            # A button that was pressed is no state to be kept: it is told apart from what is.
            told.append(self._decoded(self._name, "event", event, NO_UNITS, time=time))
        if data or not told:
            kind: Kind = "state" if "state" in data else "telemetry"
            told.append(self._decoded(self._name, kind, data, self._units_of(self._name, data), time=time))
        return told

    def _attribute(self, name: str, attribute: str, payload: bytes) -> Sequence[Decoded]:
        self._network.seen(name)
        value = reading(quantity(read_text(payload)).value)
        if value is None or value == "null" or _is_no_reading(attribute, value):
            return [self._decoded(name, "meta", {}, NO_UNITS)]
        data = {attribute: value}
        kind: Kind = "event" if attribute == _ACTION else "state" if attribute == "state" else "telemetry"
        return [self._decoded(name, kind, data, self._units_of(name, data))]

    def _units_of(self, name: str, data: Mapping[str, Scalar]) -> Mapping[str, str]:
        device = self._network.device(name)
        exposed = device["units"] if device is not None else None
        if exposed is not None:
            return exposed or NO_UNITS
        form = tuple(data)
        units = self._usual.get(form)
        if units is None:
            if len(self._usual) >= MAX_SHAPES:
                self._usual.clear()
            units = self._usual[form] = self._units.of(usual_units(data))
        return units

    def _decoded(
        self,
        name: str,
        kind: Kind,
        data: Mapping[str, Scalar],
        units: Mapping[str, str],
        *,
        status: Status | None = None,
        time: Moment | None = None,
    ) -> Decoded:
        device = self._network.device(name)
        attributes = (device["attributes"] if device is not None else None) or NO_ATTRIBUTES
        known = self._device if name is self._name else device_id(name)
        return Decoded(known, kind, data, units, status, time, attributes)


def availability_word(payload: bytes) -> Status | None:
    """The presence in a message that tells nothing else, None where it is empty; raises Malformed."""
    if not payload:
        return None
    text = read_text(payload)
    document = load(payload) if text.startswith("{") else text
    word = document.get("state") if isinstance(document, dict) else document
    status = presence("state", word)
    if status is None:
        raise Malformed(f"availability is {str(word)[:40]!r}, neither online nor offline")
    return status


def _tells_action(key: str) -> bool:
    return key.startswith(_ACTION) and (key == _ACTION or key.startswith("action_"))


def _rule(path: Path) -> Field | None:
    name, key = path[-1], ".".join(path)
    if name in _NO_READINGS:
        return None
    return Field(key, inside=is_identifier(name, None))


def _is_no_reading(name: str, value: object) -> bool:
    return name in _NO_READINGS or is_identifier(name, value)
