"""What is known of each device beside its values: name, family, units, attributes, and whether it is reachable.

It is told once, when it changes, on `device/<device>` and `connectivity/<device>`; values carry none of it.
"""

from collections.abc import Iterable, Mapping

from hub.decoders.base import NO_ATTRIBUTES, NO_UNITS, Decoded
from hub.events import decode_event

DEVICE_PREFIX = "device/"
CONNECTIVITY_PREFIX = "connectivity/"
MAX_DEVICES = 200_000
"""Devices that are remembered; past that the oldest is forgotten and told anew when it speaks (`forgotten`)."""

SAYS_NOTHING = frozenset({"removal", "command", "request", "broadcast"})
"""Kinds of messages that others send about or to a device: no sign that it is there."""

Told = tuple[str, Mapping[str, object]]
"""Topic and data of an event."""


class _Known:
    __slots__ = ("attributes", "family", "seen_attributes", "seen_units", "state", "units")

    def __init__(self, family: str, units: dict[str, str], attributes: dict[str, str]) -> None:
        self.family = family
        self.units = units
        self.attributes = attributes
        self.state: str | None = None
        self.seen_units: Mapping[str, str] = NO_UNITS
        self.seen_attributes: Mapping[str, str] = NO_ATTRIBUTES


class Descriptions:
    """The devices that this process has heard of."""

    def __init__(self) -> None:
        self.forgotten = 0
        self._known: dict[str, _Known] = {}

    def __len__(self) -> int:
        return len(self._known)

    def restore(self, pieces: Iterable[bytes]) -> None:
        """Begin with what was told before: events on `device/…` and `connectivity/…`."""
        for piece in pieces:
            event = decode_event(piece)
            topic, data = str(event["topic"]), event["data"]
            if not isinstance(data, dict):
                continue
            if topic.startswith(DEVICE_PREFIX):
                known = self._of(topic.removeprefix(DEVICE_PREFIX), data.get("family", ""))
                known.family = data.get("family", "")
                known.units = dict(data.get("units", {}))
                known.attributes = {**data.get("attributes", {}), "name": data.get("name", "")}
            elif topic.startswith(CONNECTIVITY_PREFIX):
                self._of(topic.removeprefix(CONNECTIVITY_PREFIX), "").state = data.get("state")

    def learn(self, decoded: Decoded, family: str, *, retained: bool) -> list[Told]:
        """What a message tells anew of its device; empty for most.

        Values that came live prove the device online; a retained message is only a memory of the broker's.
        """
        device = decoded.device
        if device is None or decoded.kind in SAYS_NOTHING:
            return []
        known = self._known.get(device)
        if (
            known is not None
            and known.seen_units is decoded.units
            and known.seen_attributes is decoded.attributes
            and decoded.status is None
            and (known.state == "online" or retained or not decoded.data)
        ):
            return []
        told = self._learn_facts(device, decoded, family, known)
        known = self._known[device]
        state = decoded.status or ("online" if decoded.data and not retained else None)
        if state is not None and state != known.state:
            known.state = state
            told.append((CONNECTIVITY_PREFIX + device, {"state": state}))
        return told

    def _learn_facts(self, device: str, decoded: Decoded, family: str, known: _Known | None) -> list[Told]:
        new = known is None
        known = known or self._of(device, family)
        changed = new or not known.family
        known.family = known.family or family
        for facts, seen in ((known.units, decoded.units), (known.attributes, decoded.attributes)):
            for key, value in seen.items():
                if facts.get(key) != value:
                    facts[key] = value
                    changed = True
        known.seen_units, known.seen_attributes = decoded.units, decoded.attributes
        return [(DEVICE_PREFIX + device, self._describe(device, known))] if changed else []

    def _describe(self, device: str, known: _Known) -> Mapping[str, object]:
        attributes = dict(known.attributes)
        name = attributes.pop("name", "") or device
        return {"name": name, "family": known.family, "units": dict(known.units), "attributes": attributes}

    def _of(self, device: str, family: str) -> _Known:
        known = self._known.get(device)
        if known is None:
            if len(self._known) >= MAX_DEVICES:
                del self._known[next(iter(self._known))]
                self.forgotten += 1
            known = self._known[device] = _Known(family, {}, {})
        return known
