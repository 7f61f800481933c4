"""OpenMQTTGateway and Theengs Gateway: `home/<gateway>/BTtoMQTT/<MAC>` JSON, also 433, LORA, RTL_433, SYS …toMQTT.

A device behind is named by its MAC without colons, whichever gateway hears it; where the topic has a level for it, that
is the stabler name (a beacon changes its MAC). What has no id of its own is the gateway's. `…/LWT` is the gateway's.
"""

import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import cast

from hub.decoders.base import NO_ATTRIBUTES, Decode, Decoded, Kind, Knowledge
from hub.decoders.document import load_object
from hub.decoders.identity import device_id, fits
from hub.decoders.news import announcing
from hub.decoders.openmqttgateway_fields import about, attributes_of, rule, rule_433
from hub.decoders.outline import Outline
from hub.decoders.rtl433_fields import sensor_of
from hub.decoders.words import status_of

MAX_GATEWAYS = 1000
_MESSAGE = re.compile(r"(?:(.+)/)?([^/]+)/([A-Za-z0-9_]+)toMQTT(?:/(.+))?", re.DOTALL)
_COMMAND = re.compile(r"(?:.+/)?([^/]+)/commands/.+", re.DOTALL)
_MAC = re.compile(r"[0-9A-Fa-f]{2}(?::?[0-9A-Fa-f]{2}){2,7}")
_OF_DEVICES = ("BT", "LORA")
_EVENTS = ("433", "IR", "SRFB", "RF2", "PILIGHT", "SMS")
_DEFAULT_BASE = "home"


class OpenMqttGateway:
    """Gateways from radio to MQTT, and the devices that they hear."""

    family = "openmqttgateway"

    def claim(self, topic: str, payload: bytes, knowledge: Knowledge) -> Decode | None:  # noqa: ARG002 - topic decides
        """Topics with a level `…toMQTT`; `LWT` and `commands` of a gateway that has spoken, or below `home`."""
        gateways = cast("dict[str, int]", knowledge.of(self.family).setdefault("gateways", {}))
        found = _MESSAGE.fullmatch(topic) if "toMQTT" in topic else None
        if found is not None and fits(found[2]):
            decode = _Messages(found[2], found[3], found[4]).decode
            # Of a base of one level, others read the presence in just the same way.
            news = _learn(topic[: found.end(2)], gateways) and "/" in (found[1] or "")
            return announcing(decode, below=topic[: found.end(2)]) if news else decode
        base, _, word = topic.rpartition("/")
        if word == "LWT" and base in gateways:
            return partial(_will, device_id(base.rpartition("/")[2]))
        if topic.startswith(f"{_DEFAULT_BASE}/home_presence/"):
            return _Messages("home_presence", "BT", None).decode
        command = _COMMAND.fullmatch(topic) if "/MQTTto" in topic else None
        if command is None or not fits(command[1]):
            return None
        return lambda _payload, _now_ms: [Decoded(device_id(command[1]), "command")]


def _learn(gateway: str, gateways: dict[str, int]) -> bool:
    """Keep that there is a gateway; whether that is news."""
    if gateway in gateways or len(gateways) >= MAX_GATEWAYS:
        return False
    gateways[gateway] = 1
    return True


def _will(device: str, payload: bytes, _now_ms: int) -> Sequence[Decoded]:
    status = status_of(payload)
    return [Decoded(device, "removal" if status is None else "presence", status=status)]


class _Messages:
    """The messages of one topic below a gateway."""

    def __init__(self, gateway: str, source: str, below: str | None) -> None:
        self._gateway = device_id(gateway)
        self._source = source
        self._below = below if below is None else below.rpartition("/")[2]
        self._outline = Outline(rule_433 if source == "RTL_433" else rule)
        self._attributes: Mapping[str, str] = NO_ATTRIBUTES
        self._told: tuple[object, ...] = ()

    def decode(self, payload: bytes, _now_ms: int) -> Sequence[Decoded]:
        """What was heard of one device; raises Malformed."""
        if not payload:
            return [Decoded(None, "removal")]
        document = load_object(payload)
        device = self._device(document)
        data = self._outline.read(document)
        units = self._outline.units(data)
        scale = document.get("unit")
        if isinstance(scale, str) and "weight" in data:
            units = {**units, "weight": scale}
        told = about(document)
        if told != self._told:
            self._told, self._attributes = told, attributes_of(told)
        kind: Kind = "event" if self._source in _EVENTS else "telemetry"
        return [Decoded(device, kind, data, units, None, None, self._attributes)]

    def _device(self, document: Mapping[str, object]) -> str:
        if self._source == "RTL_433":
            return sensor_of(document) or self._gateway
        if self._source not in _OF_DEVICES:
            return self._gateway
        name = document.get("id") if self._below is None else self._below
        if not isinstance(name, str):
            return self._gateway
        return device_id(name.replace(":", "").upper() if _MAC.fullmatch(name) else name)
