"""What a Zigbee2MQTT bridge tells of itself and of the devices behind it, below `<base>/bridge/`."""

from collections.abc import Mapping, Sequence
from typing import Any

from hub.decoders.base import NO_ATTRIBUTES, Decoded, Kind, Malformed
from hub.decoders.document import load, load_object
from hub.decoders.identity import device_id, fits
from hub.decoders.leaves import flatten
from hub.decoders.zigbee2mqtt_messages import availability_word
from hub.decoders.zigbee2mqtt_network import Device, Network
from hub.decoders.zigbee2mqtt_units import exposed_units

_DEVICE_ATTRIBUTES = {"ieee_address": "ieee_address", "power_source": "power_source", "software_build_id": "firmware"}
_DEFINITION_ATTRIBUTES = {"model": "model", "vendor": "vendor", "description": "description"}


def tells_of_bridge(what: str, payload: bytes) -> bool:
    """Whether the first message on `…/bridge/<what>` is one of Zigbee2MQTT: others have bridges too."""
    try:
        document = load(payload)
    except Malformed:
        return False
    if what == "info":
        return isinstance(document, dict) and "version" in document and "coordinator" in document
    return isinstance(document, list) and any("ieee_address" in d for d in document if isinstance(d, dict))


class Bridge:
    """Reads the bridge's own topics. The bridge is the device named by the base topic."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._device = device_id(network.base)

    def state(self, payload: bytes, _now_ms: int) -> Sequence[Decoded]:
        """Online or offline; a bridge that is gone takes all devices behind it along."""
        status = availability_word(payload)
        if status is None:
            return [Decoded(self._device, "removal")]
        told = [Decoded(self._device, "presence", status=status)]
        if status == "offline":
            told += [Decoded(device_id(name), "presence", status=status) for name in self._network.names()]
        return told

    def devices(self, payload: bytes, _now_ms: int) -> Sequence[Decoded]:
        """All devices with their names, models and the units of what they expose."""
        document = load(payload) if payload else []
        if not isinstance(document, list):
            raise Malformed("bridge/devices is no array")
        found = {}
        for member in document:
            name = member.get("friendly_name") if isinstance(member, dict) else None
            if isinstance(name, str) and fits(name) and member.get("type") != "Coordinator":
                found[name] = _device(name, member)
        news = (self._network.base,) if self._network.tell(found) else ()
        return [
            Decoded(
                device_id(name), "discovery", units=device["units"] or {}, attributes=device["attributes"], reset=news
            )
            for name, device in found.items()
        ] or [Decoded(self._device, "discovery", reset=news)]

    def info(self, payload: bytes, _now_ms: int) -> Sequence[Decoded]:
        """The bridge's version and coordinator."""
        document = load_object(payload)
        facts: dict[str, str] = {}
        coordinator = document.get("coordinator")
        if isinstance(document.get("version"), str):
            facts["firmware"] = document["version"]
        if isinstance(coordinator, dict) and isinstance(coordinator.get("type"), str):
            facts["model"] = coordinator["type"]
        return [
            Decoded(
                self._device,
                "info",
                attributes=facts or NO_ATTRIBUTES,
                reset=(self._network.base,) if self._network.found() else (),
            )
        ]

    def event(self, payload: bytes, _now_ms: int) -> Sequence[Decoded]:
        """A device joined, left, was interviewed: said by the bridge, of the device."""
        told = [Decoded(self._device, "event")]
        about = load_object(payload).get("data")
        name = about.get("friendly_name") if isinstance(about, dict) else None
        if isinstance(name, str) and fits(name):
            told.append(Decoded(device_id(name), "event"))
        return told

    def health(self, payload: bytes, _now_ms: int) -> Sequence[Decoded]:
        """How the machine and the program fare; not the counters that it keeps of each device."""
        document = load_object(payload)
        data = flatten({name: document[name] for name in ("os", "process", "mqtt") if name in document})
        return [Decoded(self._device, "telemetry", data)]

    def other(self, kind: Kind, _payload: bytes, _now_ms: int) -> Sequence[Decoded]:
        """Logs, requests, their responses, configuration: nothing that is a reading."""
        return [Decoded(self._device, kind)]


def _device(name: str, member: Mapping[str, Any]) -> Device:
    attributes = {"name": name}
    definition = member.get("definition")
    units: dict[str, str] | None = None
    if isinstance(definition, dict):
        attributes |= _texts(definition, _DEFINITION_ATTRIBUTES)
        units = exposed_units(definition.get("exposes"))
    return Device(units=units, attributes=attributes | _texts(member, _DEVICE_ATTRIBUTES))


def _texts(members: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, str]:
    return {name: members[key] for key, name in names.items() if isinstance(members.get(key), str) and members[key]}
