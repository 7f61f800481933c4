"""ESPHome: `<prefix>/<component>/<object>/state` text (JSON for lights), `<prefix>/status` presence, `…/debug` log.

The prefix is the node's name by default and may have `/` in it; it is the device. A word for a
place, as in `home/sensor/kitchen/state`, is a node only where discovery or a log line says so. Units come with Home
Assistant's discovery only. `nan` is a sensor that has no value.
"""

import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import cast

from hub.decoders.base import Decode, Decoded, Kind, Knowledge
from hub.decoders.declared import Declared
from hub.decoders.document import load_object
from hub.decoders.identity import device_id, fits
from hub.decoders.leaves import Path
from hub.decoders.news import announcing
from hub.decoders.outline import Field
from hub.decoders.reserved import is_site
from hub.decoders.single import Single
from hub.decoders.words import status_of

MAX_PREFIXES = 10_000
COMPONENTS = (
    "sensor|binary_sensor|switch|light|text_sensor|text|number|select|fan|cover|climate|lock|button|valve|event|"
    "alarm_control_panel|date|time|datetime|update|media_player|water_heater"
)
TOPIC = re.compile(rf"(.+)/({COMPONENTS})/([^/]+)/((?:[a-z_]+/)?)(state|command)", re.DOTALL)
"""prefix, component, object, property of it, state or command."""
_NODE = re.compile(r"(.+)/(status|debug)", re.DOTALL)
_KINDS: Mapping[str, Kind | None] = {"event": "event", "sensor": None, "text_sensor": None}
_LOG = re.compile(rb"(?:\x1b\[[\d;]*m)?\[[A-Z]{1,2}\]\[[\w.]+:\d+\]")
"""How a log line begins, which only a node's does."""
_DISCOVER = "esphome/discover/"
_ATTRIBUTES = {
    "friendly_name": "name", "ip": "ip", "mac": "mac", "version": "firmware", "board": "model", "platform": "platform",
}  # fmt: skip


class EspHome:
    """Nodes with ESPHome."""

    family = "esphome"

    def claim(self, topic: str, payload: bytes, knowledge: Knowledge) -> Decode | None:
        """Topics with component, object and `state` or `command`; `status` and `debug` of a node that has spoken."""
        if topic.startswith(_DISCOVER):
            return partial(_discovery, topic.removeprefix(_DISCOVER))
        prefixes = cast("dict[str, int]", knowledge.of(self.family).setdefault("prefixes", {}))
        node = _NODE.fullmatch(topic) if topic.endswith(("/status", "/debug")) else None
        if node is not None:
            decode = _of_node(node[1], node[2], payload, prefixes)
            if decode is not None:
                return decode
        found = TOPIC.fullmatch(topic) if topic.endswith(("/state", "/command")) else None
        if found is None or not fits(found[1]):
            return None
        declared = Declared(knowledge)
        if found[1] not in prefixes and is_site(found[1]) and not declared.of_topic(topic):
            return None
        decode = _of_component(found, declared.units(topic))
        if found[5] == "command" or found[1] in prefixes or len(prefixes) >= MAX_PREFIXES:
            return decode
        prefixes[found[1]] = 1
        # Of a prefix of one level, others read the presence in just the same way.
        return announcing(decode, below=found[1]) if "/" in found[1] else decode


def _of_component(found: re.Match[str], units: Mapping[str, str]) -> Decode:
    """The decoder of a topic of a component, by the parts of the topic."""
    prefix, component, name, of, what = found.groups()
    device = device_id(prefix)
    if what == "command":
        return lambda _payload, _now_ms: [Decoded(device, "command")]
    path = (name, of.rstrip("/")) if of else (name,)
    return Single(device, path, partial(_rule, units, len(path)), kind=_KINDS.get(component, "state")).decode


def _of_node(prefix: str, what: str, payload: bytes, prefixes: dict[str, int]) -> Decode | None:
    """The decoder of a node's `status` or `debug`, if it is known to be one; its log lines show that it is."""
    if what == "debug" and len(prefixes) < MAX_PREFIXES and _LOG.match(payload):
        prefixes[prefix] = 1
    if prefix not in prefixes:
        return None
    return partial(_presence if what == "status" else _log, device_id(prefix))


def _rule(units: Mapping[str, str], levels: int, path: Path) -> Field:
    return Field(".".join(path), units.get(".".join(path[levels:])))


def _presence(device: str, payload: bytes, _now_ms: int) -> Sequence[Decoded]:
    status = status_of(payload)
    return [Decoded(device, "removal" if status is None else "presence", status=status)]


def _log(device: str, _payload: bytes, _now_ms: int) -> Sequence[Decoded]:
    return [Decoded(device, "log")]


def _discovery(name: str, payload: bytes, _now_ms: int) -> Sequence[Decoded]:
    """What a node tells of itself; its name is its prefix unless it has been told otherwise."""
    if not payload:
        return [Decoded(device_id(name), "removal")]
    document = load_object(payload)
    told = document.get("name")
    found = ((attribute, document.get(key)) for key, attribute in _ATTRIBUTES.items())
    attributes = {attribute: value for attribute, value in found if isinstance(value, str) and value}
    return [Decoded(device_id(told if isinstance(told, str) else name), "discovery", attributes=attributes)]
