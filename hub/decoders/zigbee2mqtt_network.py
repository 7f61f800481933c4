"""What is known of a Zigbee2MQTT network: its devices, by friendly name, their units and attributes."""

from collections.abc import Mapping
from typing import TypedDict, cast

DEFAULT_BASE = "zigbee2mqtt"
MAX_DEVICES = 10_000
"""Devices of one network that are remembered; those past it are decoded by what they say alone."""


class Device(TypedDict):
    """Units of the properties that it exposes (None: the bridge does not know the model), and attributes."""

    units: dict[str, str] | None
    attributes: dict[str, str]


class Behind(TypedDict):
    """What is behind a bridge: devices that it told of, and names that have spoken (groups do too)."""

    told: dict[str, Device]
    seen: dict[str, int]


class Network:
    """A view of the knowledge of one bridge."""

    def __init__(self, base: str, bases: dict[str, Behind]) -> None:
        self.base = base
        self._bases = bases

    def names(self) -> list[str]:
        """Friendly names of all that is behind the bridge."""
        behind = self._behind()
        return list(behind["told"] | dict.fromkeys(behind["seen"]))

    def knows(self, name: str) -> bool:
        """Whether a device of this name was told of, or has spoken."""
        behind = self._behind()
        return name in behind["told"] or name in behind["seen"]

    def device(self, name: str) -> Device | None:
        """What the bridge has told of a device."""
        return self._behind()["told"].get(name)

    def owner(self, name: str) -> str:
        """The device whose endpoint this is, else the name itself: `lamp/left` is an endpoint of `lamp`."""
        owner = name.rpartition("/")[0]
        return owner if not self.knows(name) and self.knows(owner) else name

    def seen(self, name: str) -> None:
        """Keep that there is one of this name."""
        seen = self._behind()["seen"]
        if len(seen) < MAX_DEVICES:
            seen[name] = 1

    def tell(self, devices: Mapping[str, Device]) -> bool:
        """Keep what the bridge tells of all its devices; whether that is news."""
        told = dict(list(devices.items())[:MAX_DEVICES])
        new = self.found()
        behind = self._behind()
        if behind["told"] == told:
            return new
        behind["told"] = told
        return True

    def found(self) -> bool:
        """Keep that there is a bridge below this base; whether that is news."""
        new = self.base not in self._bases and self.base != DEFAULT_BASE
        self._bases.setdefault(self.base, _nothing())
        return new

    def _behind(self) -> Behind:
        return self._bases.get(self.base) or self._bases.setdefault(self.base, _nothing())


def _nothing() -> Behind:
    return Behind(told={}, seen={})


class Networks:
    """A view of the knowledge of this family: what is behind each bridge, by its base topic."""

    def __init__(self, knowledge: dict[str, object]) -> None:
        self._bases = cast("dict[str, Behind]", knowledge.setdefault("bases", {}))

    def network(self, base: str) -> Network:
        """The network of a base topic."""
        return Network(base, self._bases)

    def base_of(self, topic: str) -> str | None:
        """The longest known base that the topic is below, or None."""
        longest = DEFAULT_BASE if topic.startswith(f"{DEFAULT_BASE}/") else None
        for base in self._bases:
            if topic.startswith(base + "/") and len(base) > len(longest or ""):
                longest = base
        return longest
