"""What is known of a Zigbee2MQTT network: its devices, by friendly name, their units and attributes."""

from collections.abc import Iterable, Mapping
from typing import TypedDict, cast

DEFAULT_BASE = "zigbee2mqtt"
MAX_DEVICES = 10_000
"""Devices of one network that are remembered; those past it are decoded without units of their own."""


class Device(TypedDict):
    """Units of its properties as it exposes them, and attributes; both None until the bridge has told."""

    units: dict[str, str] | None
    attributes: dict[str, str]


class Network:
    """A view of the knowledge of one bridge."""

    def __init__(self, base: str, bases: dict[str, dict[str, Device]]) -> None:
        self.base = base
        self._bases = bases

    def names(self) -> Iterable[str]:
        """Friendly names of all devices behind the bridge."""
        return self._bases.get(self.base, {})

    def device(self, name: str) -> Device | None:
        """What is known of a device."""
        return self._bases.get(self.base, {}).get(name)

    def owner(self, name: str) -> str:
        """The device whose endpoint this is, else the name itself: `lamp/left` is an endpoint of `lamp`."""
        owner = name.rpartition("/")[0]
        return owner if self.device(name) is None and self.device(owner) is not None else name

    def seen(self, name: str) -> None:
        """Keep that a device speaks here."""
        devices = self._bases.setdefault(self.base, {})
        if name not in devices and len(devices) < MAX_DEVICES:
            devices[name] = Device(units=None, attributes={})

    def replace(self, devices: Mapping[str, Device]) -> bool:
        """Keep what the bridge tells of all its devices; whether that is news."""
        told = dict(list(devices.items())[:MAX_DEVICES])
        if self._bases.get(self.base) == told:
            return False
        self._bases[self.base] = told
        return True

    def found(self) -> bool:
        """Keep that there is a bridge below this base; whether that is news."""
        new = self.base not in self._bases and self.base != DEFAULT_BASE
        self._bases.setdefault(self.base, {})
        return new


class Networks:
    """A view of the knowledge of this family: devices by base topic and friendly name."""

    def __init__(self, knowledge: dict[str, object]) -> None:
        self._bases = cast("dict[str, dict[str, Device]]", knowledge.setdefault("bases", {}))

    def network(self, base: str) -> Network:
        """The network of a base topic."""
        return Network(base, self._bases)

    def base_of(self, topic: str) -> str | None:
        """The longest known base that the topic is below, or None."""
        bases = [base for base in {DEFAULT_BASE, *self._bases} if topic.startswith(base + "/")]
        return max(bases, key=len) if bases else None
