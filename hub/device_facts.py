"""What one device tells of itself beside its values: family, units, attributes, the gateway it speaks through; pure."""

from collections.abc import Mapping
from typing import Any

from hub.decoders.base import NO_ATTRIBUTES, NO_UNITS, Decoded

GENERAL = frozenset(("plain", "json", "csv", "cbor", "msgpack", "influx"))
"""Families that read what anybody says. A will of two words may be read by one of them before the device's own family
has spoken: it gives way then, as commands go by the family."""


class DeviceFacts:
    """The facts as they were told; `learn` says whether they are others now. Times are ms of the hub's clock.

    The attributes `name` and `via` are told as what they are. `seen_units` and `seen_attributes` are what was learned
    from last: a decoder mostly gives the same mapping again, which is told by identity.
    """

    __slots__ = ("attributes", "family", "first_seen_ms", "seen_attributes", "seen_units", "told_ms", "units")

    def __init__(self, now_ms: int) -> None:
        self.family = ""
        self.units: dict[str, str] = {}
        self.attributes: dict[str, str] = {}
        self.first_seen_ms = now_ms
        self.told_ms: int | None = None
        self.seen_units: Mapping[str, str] = NO_UNITS
        self.seen_attributes: Mapping[str, str] = NO_ATTRIBUTES

    def restore(self, data: Mapping[str, Any], told_ms: int) -> None:
        """Be as was told at a time; of no family: nothing has been told."""
        self.family = data.get("family", "")
        self.units = dict(data.get("units", {}))
        self.attributes = {**data.get("attributes", {}), "name": data.get("name", "")}
        if data.get("via"):
            self.attributes["via"] = data["via"]
        self.first_seen_ms = data.get("first_seen", told_ms) or self.first_seen_ms
        self.told_ms = told_ms if self.family else None

    def learn(self, decoded: Decoded, family: str) -> bool:
        """Take what a message tells; whether it was not known."""
        changed = self.told_ms is None or not self.family
        if not self.family or (self.family in GENERAL and family not in GENERAL):
            self.family, changed = family, True
        for facts, seen in ((self.units, decoded.units), (self.attributes, decoded.attributes)):
            for key, value in seen.items():
                if facts.get(key) != value:
                    facts[key] = value
                    changed = True
        self.seen_units, self.seen_attributes = decoded.units, decoded.attributes
        return changed

    def describe(self, device: str, kinds: Mapping[str, str], now_ms: int) -> dict[str, object]:
        """The data of the event that tells it, now."""
        self.told_ms = now_ms
        attributes = dict(self.attributes)
        told: dict[str, object] = {"name": attributes.pop("name", "") or device, "family": self.family}
        via = attributes.pop("via", "")
        if via:
            told["via"] = via
        return {
            **told,
            "units": dict(self.units),
            "attributes": attributes,
            "keys": dict(kinds),
            "first_seen": self.first_seen_ms,
        }
