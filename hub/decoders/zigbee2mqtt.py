"""Zigbee2MQTT: `<base>/<friendly name>` JSON state, `…/availability`, `<base>/bridge/#`; base `zigbee2mqtt` by default.

A friendly name may have `/` in it and is one device all the same. With `output: attribute` each attribute comes as
text on its own topic below the device. What is sent to a device (`…/set`, `…/get`) is no reading of it.
"""

import re
from functools import partial

from hub.decoders.base import Decode, Decoded, Knowledge
from hub.decoders.identity import device_id, fits
from hub.decoders.zigbee2mqtt_bridge import Bridge, tells_of_bridge
from hub.decoders.zigbee2mqtt_messages import Reader
from hub.decoders.zigbee2mqtt_network import Network, Networks

_BRIDGE = re.compile(r"(.+)/bridge/(devices|info)")
_TO_DEVICE = re.compile(r"(.+)/(set|get)(?:/[^/]+)?")
_AVAILABILITY = "/availability"


class Zigbee2Mqtt:
    """Devices behind Zigbee2MQTT."""

    family = "zigbee2mqtt"

    def claim(self, topic: str, payload: bytes, knowledge: Knowledge) -> Decode | None:
        """Topics below a base: the default one, and each where a bridge has told of itself."""
        networks = Networks(knowledge.of(self.family))
        base = networks.base_of(topic)
        if base is None:
            found = _BRIDGE.fullmatch(topic) if "/bridge/" in topic else None
            if found is None or not fits(found[1]) or not tells_of_bridge(found[2], payload):
                return None
            base = found[1]
        network = networks.network(base)
        rest = topic[len(base) + 1 :]
        return _bridge(rest, network) if rest.startswith("bridge/") else _device(rest, network)


def _bridge(rest: str, network: Network) -> Decode | None:
    bridge = Bridge(network)
    what = rest.removeprefix("bridge/").partition("/")[0]
    reads: dict[str, Decode] = {
        "state": bridge.state,
        "devices": bridge.devices,
        "info": bridge.info,
        "event": bridge.event,
        "health": bridge.health,
        "logging": partial(bridge.other, "log"),
        "log": partial(bridge.other, "log"),
        "response": partial(bridge.other, "response"),
        "request": partial(bridge.other, "command"),
    }
    return reads.get(what, partial(bridge.other, "config"))


def _device(rest: str, network: Network) -> Decode | None:
    to_device = _TO_DEVICE.fullmatch(rest)
    name = to_device[1] if to_device else rest.removesuffix(_AVAILABILITY)
    if not fits(name) or name.startswith("/") or name.endswith("/"):
        return None
    if to_device:
        told = [Decoded(device_id(network.owner(name)), "command" if to_device[2] == "set" else "request")]
        return lambda _payload, _now_ms: told
    reader = Reader(name, network)
    return reader.availability if rest.endswith(_AVAILABILITY) else reader.message
