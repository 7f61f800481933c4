"""One JSON document to what it says of devices."""

from collections.abc import Mapping, Sequence
from typing import Any

from hub.decoders.base import NO_UNITS, Decoded, Kind, Malformed, Status, Unsupported
from hub.decoders.clock import Moment
from hub.decoders.identity import device_id
from hub.decoders.leaves import MAX_LEAVES, flatten
from hub.decoders.members import (
    Members,
    Named,
    Record,
    device_of,
    is_clock,
    is_device_name,
    is_identifier,
    named_by,
    record_of,
    take_clock,
    take_units,
    without_envelope,
)
from hub.decoders.places import place_of_document
from hub.decoders.plans import Forms, Plans
from hub.decoders.presence import presence, tells_presence
from hub.decoders.replay import Source
from hub.decoders.shared import SharedUnits
from hub.events import Scalar
from hub.topics import from_level

_SENML_VALUES = ("v", "vs", "vb", "vd", "s")
_EVENT_WORDS = ("event", "events")
_PRESENCE_MEMBERS = ("state", "status", "online", "connected", "availability", "available")
_NO_NAME = object()
_OTHER_WORD = "availability"


class NoDevice(Unsupported):
    """Neither the topic nor the document names a device."""


def is_senml(document: object) -> bool:
    """Whether it is a SenML pack (RFC 8428), whose names and units only its own decoder knows."""
    if not isinstance(document, list) or not document:
        return False
    first = document[0]
    return isinstance(first, dict) and ("bn" in first or ("n" in first and any(v in first for v in _SENML_VALUES)))


class Reader:
    """Reads the documents of one topic. `forms` is what readers share of what they have found out."""

    def __init__(self, levels: list[str], forms: Forms | None = None) -> None:
        self.place = place_of_document(levels)
        self.device = self.place.device if self.place else None
        self._levels = levels
        self._path = self.place.path if self.place else ()
        self._word = levels[-1].lower() if levels else ""
        # What a part of the device says of itself is not the device's presence.
        self.tells_presence = tells_presence(self._word) and not self._path
        self._units = SharedUnits()
        # The last name that an object had for its device, and the device that it is.
        self._named: tuple[object, str] = (_NO_NAME, "")
        scope = (self._path, self._word in _EVENT_WORDS, self.tells_presence)
        shared = Forms() if forms is None else forms
        self._plans = Plans(shared, *scope)
        self._alone = Plans(shared, *scope, "alone")

    def read(self, document: object, now_ms: int) -> Sequence[Decoded]:
        """What it says; raises Malformed, Unsupported, and NoDevice where no device is named."""
        if isinstance(document, dict):
            return [self._object(document, now_ms, self._plans)]
        if not isinstance(document, list):
            raise Malformed("a bare value, no object or array")
        if is_senml(document):
            raise Malformed("a SenML pack")
        if document and all(isinstance(element, dict) for element in document):
            told = self._elements(document, now_ms)
            if told:
                return self._merged(told)
        return [self._decoded(self._device_of(None), flatten(document, under=self._path, skip=is_identifier), None)]

    def _stands_alone(self, element: Members) -> bool:
        """Whether an element of an array is a message of its own: a spelled out reading, or dated, or of a device."""
        rest = {k: v for k, v in element.items() if not is_identifier(k, v) and not is_clock(k, v)}
        dated = any(is_clock(name, value) for name, value in element.items())
        return dated or record_of(rest) is not None or device_of(element) is not None

    def _elements(self, elements: Sequence[Members], now_ms: int) -> Sequence[Decoded]:
        """What the elements of an array say; nothing where one of them is no message of its own."""
        told = [self._alone.read(element, now_ms, self._device_by) for element in elements[:MAX_LEAVES]]
        known = [decoded for decoded in told if decoded is not None]
        if len(known) == len(elements):
            return known
        if not all(map(self._stands_alone, elements)):
            return ()
        if len(elements) > MAX_LEAVES:
            raise Unsupported(f"over {MAX_LEAVES} messages in one")
        return [self._object(element, now_ms, self._alone) for element in elements]

    def _object(self, members: Members, now_ms: int, plans: Plans) -> Decoded:
        found = plans.read(members, now_ms, self._device_by)
        if found is None:
            found, record = self._read(members, now_ms)
            if not self.tells_presence or members.keys().isdisjoint(_PRESENCE_MEMBERS):
                plans.keep(Source(members, found, self._path, record), now_ms)
        return found

    def _read(self, members: Members, now_ms: int) -> tuple[Decoded, Record | None]:
        """What an object says, and the reading that it spells out where that is all it is."""
        device = self._device_of(device_of(members))
        rest = without_envelope(members)
        time = take_clock(rest, now_ms)
        status = self._take_status(rest)
        record = record_of(rest)
        if record is None:
            data = flatten(rest, under=self._path, skip=is_identifier)
            units = take_units(data)
        else:
            data = flatten({record.name: record.value}, under=self._path, skip=is_identifier)
            units = {} if record.unit is None else dict.fromkeys(data, record.unit)
        return self._decoded(device, data, time, units=units, status=status, is_event="event" in members), record

    def _decoded(
        self,
        device: str,
        data: dict[str, Scalar],
        time: Moment | None,
        *,
        units: Mapping[str, str] = NO_UNITS,
        status: Status | None = None,
        is_event: bool = False,
    ) -> Decoded:
        kind: Kind = "event" if is_event or self._word in _EVENT_WORDS else "telemetry"
        if status is not None:
            kind = "state" if data else "presence"
        return Decoded(device, kind, data, self._units.of(units), status, time)

    def _device_by(self, namer: str | None, members: Members) -> str | None:
        """The device of an object that is named by this member, as long as that has a name; None: look again."""
        if namer is None:
            return self.device
        value = members[namer]
        last, device = self._named
        if value == last and type(value) is type(last):
            return device
        if not is_device_name(value):
            return None
        device = self._device_of(named_by(namer, value))
        self._named = value, device
        return device

    def _device_of(self, named: Named | None) -> str:
        """The topic's device where it says `devices/<id>`; else one that the object surely names; else the topic's."""
        if self.place is not None and self.place.explicit:
            return self.place.device
        if self.device is None:
            if named is None:
                raise NoDevice("neither topic nor message names a device")
            return device_id(named.device)
        if named is None or from_level(self.device).rpartition("/")[2] == named.device:
            return self.device
        return device_id(named.device) if named.surely or named.device in self._levels else self.device

    def _take_status(self, rest: dict[str, Any]) -> Status | None:
        """Take the device's presence out of an object that is sent where presence is told."""
        if not self.tells_presence:
            return None
        for name in _PRESENCE_MEMBERS:
            status = presence(name if name in ("state", "status") else _OTHER_WORD, rest.get(name))
            if isinstance(rest.get(name), bool) and name in ("online", "connected", "available"):
                status = "online" if rest[name] else "offline"
            if status is not None:
                del rest[name]
                return status
        return None

    def _merged(self, found: Sequence[Decoded]) -> Sequence[Decoded]:
        """Neighbours of one device and moment with different keys are one."""
        merged: list[Decoded] = []
        for decoded in found:
            last = merged[-1] if merged else None
            if last is None or _apart(last, decoded):
                merged.append(decoded)
            else:
                last.data = {**last.data, **decoded.data}
                last.units = {**last.units, **decoded.units}
        for decoded in merged:
            decoded.units = self._units.of(decoded.units)
        return merged


def _apart(one: Decoded, other: Decoded) -> bool:
    same = (one.device, one.time, one.status) == (other.device, other.time, other.status)
    return not same or not one.data.keys().isdisjoint(other.data.keys())
