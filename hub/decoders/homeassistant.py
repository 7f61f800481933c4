"""Home Assistant's discovery, whoever publishes it: `homeassistant/<component>/[<node>/]<object>/config`.

Also the topics that it declares. `homeassistant/device/<id>/config` declares a whole device.

Topics of families of their own are left to those. `homeassistant/status` is Home Assistant itself, not a device.
"""

import re
from collections.abc import Sequence
from functools import partial

from hub.decoders.base import Decode, Decoded, Knowledge
from hub.decoders.declared import FAMILY, Config, Declared, topics_of
from hub.decoders.document import begins_document, load_object
from hub.decoders.homeassistant_config import Place, config_of
from hub.decoders.homeassistant_messages import Availability, Messages
from hub.decoders.identity import device_id, fits
from hub.decoders.leaves import Path
from hub.decoders.outline import Field
from hub.decoders.single import Single
from hub.decoders.words import status_of

DEFAULT_PREFIX = "homeassistant"
_COMPONENTS = (
    "alarm_control_panel|binary_sensor|button|camera|climate|cover|device|device_automation|device_tracker|event|fan|"
    "humidifier|image|lawn_mower|light|lock|notify|number|scene|select|sensor|siren|switch|tag|text|update|vacuum|"
    "valve|water_heater"
)
_CONFIG = re.compile(rf"(.+)/({_COMPONENTS})/(?:([A-Za-z0-9_-]+)/)?([A-Za-z0-9_-]+)/config", re.DOTALL)
_OWN = re.compile(rf"{DEFAULT_PREFIX}/({_COMPONENTS})/([^/]+)/(.+)", re.DOTALL)
_TO_DEVICE = frozenset(("set", "cmd", "command", "cmnd"))
_SPEAKS = (b'"state_topic"', b'"stat_t"', b'"command_topic"', b'"cmd_t"', b'"cmps"', b'"components"')


class HomeAssistant:
    """Devices that are declared by Home Assistant's discovery."""

    family = FAMILY

    def claim(self, topic: str, payload: bytes, knowledge: Knowledge) -> Decode | None:
        """Config topics, topics that they have declared, and what else is below `homeassistant`."""
        declared = Declared(knowledge)
        found = _CONFIG.fullmatch(topic) if topic.endswith("/config") else None
        if found is not None and (found[1] == DEFAULT_PREFIX or any(key in payload for key in _SPEAKS)):
            return partial(_config, topic, Place(found[2], found[3], found[4]), declared)
        configs = [config for config in declared.of_topic(topic) if not config["native"]]
        if configs:
            return _declared(topic, configs)
        if topic == DEFAULT_PREFIX + "/status":
            return _home_assistant
        own = _OWN.fullmatch(topic) if topic.startswith(DEFAULT_PREFIX) else None
        return _undeclared(own[2], tuple(own[3].split("/"))) if own is not None and fits(own[2]) else None


def _declared(topic: str, configs: Sequence[Config]) -> Decode:
    if any(state["topic"] == topic for config in configs for state in config["states"]):
        return Messages(topic, [c for c in configs if any(s["topic"] == topic for s in c["states"])]).decode
    if any(presence["topic"] == topic for config in configs for presence in config["presence"]):
        return Availability(topic, configs).decode
    if any(event["topic"] == topic for config in configs for event in config["events"]):
        return Messages(topic, configs, kind="event").decode
    devices = list(dict.fromkeys(config["device"] for config in configs))
    return lambda _payload, _now_ms: [Decoded(device, "command") for device in devices]


def _config(topic: str, place: Place, declared: Declared, payload: bytes, _now_ms: int) -> Sequence[Decoded]:
    if not payload:
        gone = declared.forget(topic)
        return [Decoded(gone["device"] if gone else None, "removal", reset=topics_of(gone) if gone else ())]
    config = config_of(place, load_object(payload))
    if config is None:
        return [Decoded(None, "discovery")]
    before = declared.config(topic)
    news = [*topics_of(config), *(topics_of(before) if before else ())] if declared.learn(topic, config) else ()
    return [Decoded(config["device"], "discovery", attributes=config["attributes"], reset=news)]


def _home_assistant(payload: bytes, _now_ms: int) -> Sequence[Decoded]:
    status = status_of(payload)
    return [Decoded(DEFAULT_PREFIX, "removal" if status is None else "presence", status=status)]


def _undeclared(name: str, path: Path) -> Decode:
    """Many who write their own discovery send states below it too, and are heard before it was."""
    device = device_id(name)
    if path[-1] in _TO_DEVICE:
        return lambda _payload, _now_ms: [Decoded(device, "command")]
    if path[-1] in ("availability", "status", "available", "lwt"):
        return partial(_availability, device)
    return Single(device, path, _rule).decode


def _availability(device: str, payload: bytes, _now_ms: int) -> Sequence[Decoded]:
    if begins_document(payload):
        return [Decoded(device, "info")]
    status = status_of(payload)
    return [Decoded(device, "removal" if status is None else "presence", status=status)]


def _rule(path: Path) -> Field:
    return Field(".".join(path))
