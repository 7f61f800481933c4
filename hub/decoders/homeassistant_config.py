"""Discovery messages of Home Assistant to what they declare: whose device, which topics, templates and units.

The device is named by its first identifier (else a connection, else its name), without a device by the topic's node
or object id. Where the topics are those of a family of its own, that family's name for the device is taken, so that
both mean one device.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from hub.decoders.declared import Config, Presence, State
from hub.decoders.esphome import TOPIC as ESPHOME_TOPIC
from hub.decoders.homeassistant_commands import setters, takes_commands
from hub.decoders.homeassistant_keys import expanded
from hub.decoders.identity import device_id, fits

_NATIVE = (
    re.compile(r"(?:tele|stat)/(?P<device>.+)/[A-Z][A-Z0-9_]*"),
    re.compile(r"zigbee2mqtt/(?P<device>(?!bridge/).+?)(?:/availability)?"),
    re.compile(r"shellies/(?P<device>[^/]+)/.+"),
    re.compile(r"(?P<device>[^/]+)/status/[a-z][a-z0-9_]*:[0-9]+"),
    re.compile(r"(?:homie(?:/5)?|valetudo|wled)/(?P<device>[^/]+)/.+"),
    re.compile(r"(?P<device>(?:.+/)?ems-esp[^/]*)/.+"),
    re.compile(r"(?:.+/)?[A-Za-z0-9_]+toMQTT/(?P<device>[^/]+)"),
)
_ATTRIBUTES = {
    "name": "name", "manufacturer": "vendor", "model": "model", "sw_version": "firmware", "hw_version": "hardware",
    "suggested_area": "area",
}  # fmt: skip
_TRIGGERS = ("device_automation", "tag")
_GENERIC = frozenset(("state", "status", "value", "stat", "get", "sensor", "attributes"))
_NO_STATES = frozenset(("availability_topic", "topic", "image_topic", "url_topic", "json_attributes_topic"))
_DEFAULTS = ("online", "offline")
_MAX_COMPONENTS = 500


class Place(NamedTuple):
    """What a config topic says: the component (`device` in the form for whole devices), node and object id."""

    component: str
    node: str | None
    object_id: str


def config_of(place: Place, message: dict[str, Any]) -> Config | None:
    """What the message declares; None where it has nothing to name its device by."""
    full = expanded(message)
    entities = list(_entities(place, full))
    by_entity = [list(_states(entity, place)) for entity in entities]
    states = [state for its in by_entity for state in its]
    native = _native_device([state["topic"] for state in states], place, full)
    device = native or _device(place, full)
    if device is None:
        return None
    return Config(
        device=device,
        native=native is not None,
        attributes=_attributes(full),
        states=states,
        events=[event for entity in entities for event in _events(entity)],
        setters=[each for entity, its in zip(entities, by_entity, strict=True) for each in setters(entity, its)],
        presence=_unique(found for entity in entities for found in _presences(entity)),
    )


def _entities(place: Place, full: dict[str, Any]) -> Iterable[dict[str, Any]]:
    """Each entity with its id (`_id`) and component; in the device form they share what is on top."""
    components = full.get("components")
    if place.component != "device" or not isinstance(components, dict):
        yield {**full, "_id": place.object_id, "platform": place.component}
        return
    shared = {key: value for key, value in full.items() if key not in ("components", "device", "origin")}
    for name, component in list(components.items())[:_MAX_COMPONENTS]:
        if component.keys() - {"platform"}:
            yield {**shared, **component, "_id": name}


def _states(entity: Mapping[str, Any], place: Place) -> Iterable[State]:
    if entity.get("platform") in _TRIGGERS:
        return
    for key, topic in entity.items():
        if not key.endswith("_topic") or key in _NO_STATES or not isinstance(topic, str) or takes_commands(key):
            continue
        role = key.removesuffix("_topic").removesuffix("_state").removesuffix("state").rstrip("_")
        template = _first(entity, _templates(key, role))
        name = role or str(entity["_id"])
        yield State(
            topic=topic, template=template, name=name, key=_key(topic, name, place, single=not role),
            unit=_text(entity.get("unit_of_measurement")) if not role else "",
        )  # fmt: skip


def _templates(key: str, role: str) -> tuple[str, ...]:
    if not role:
        return ("value_template", "state_value_template", "state_template")
    stem = key.removesuffix("_topic")
    return (f"{role}_value_template", f"{stem}_template", f"{role}_template", f"{stem}_value_template")


def _first(entity: Mapping[str, Any], keys: tuple[str, ...]) -> str:
    return next((entity[key] for key in keys if isinstance(entity.get(key), str)), "")


def _key(topic: str, name: str, place: Place, *, single: bool) -> str:
    """The key of a plain value: what is behind the device's level in the topic, else the last level that says much."""
    if not single:
        return name
    levels = topic.split("/")
    owner = next((i for i, level in enumerate(levels) if level in (place.node, place.object_id)), None)
    if owner is not None and owner < len(levels) - 1:
        return ".".join(levels[owner + 1 :])
    return name if levels[-1].lower() in _GENERIC or len(levels) == 1 else levels[-1]


def _events(entity: Mapping[str, Any]) -> Iterable[State]:
    topic = entity.get("topic")
    if entity.get("platform") in _TRIGGERS and isinstance(topic, str):
        key = _text(entity.get("subtype")) or str(entity["_id"])
        yield State(topic=topic, key=key, name=key, template=_text(entity.get("value_template")), unit="")


def _presences(entity: Mapping[str, Any]) -> Iterable[Presence]:
    words = [_text(entity.get(key)) for key in ("payload_available", "payload_not_available")]
    own = {"topic": entity.get("availability_topic"), "value_template": entity.get("availability_template")}
    for source in (own, *(entity.get("availability") or [])):
        if isinstance(source.get("topic"), str):
            said = [_text(source.get(key)) for key in ("payload_available", "payload_not_available")]
            online, offline = (a or b or c for a, b, c in zip(said, words, _DEFAULTS, strict=True))
            template = _text(source.get("value_template"))
            yield Presence(topic=source["topic"], template=template, online=online, offline=offline)


def _unique(found: Iterable[Presence]) -> list[Presence]:
    kept: list[Presence] = []
    for presence in found:
        if presence not in kept:
            kept.append(presence)
    return kept


def _native_device(topics: list[str], place: Place, full: Mapping[str, Any]) -> str | None:
    for topic in topics:
        for pattern in _NATIVE:
            found = pattern.fullmatch(topic)
            if found is not None and fits(found["device"]):
                return device_id(found["device"])
        found = ESPHOME_TOPIC.fullmatch(topic)
        described = full.get("device")
        maker = f"{described.get('sw_version')} {described.get('manufacturer')}" if isinstance(described, dict) else ""
        if found is not None and fits(found[1]) and (found[1] == place.node or "esphome" in maker.lower()):
            return device_id(found[1])
    return None


def _device(place: Place, full: Mapping[str, Any]) -> str | None:
    described = full.get("device")
    names: list[object] = []
    if isinstance(described, dict):
        identifiers = described.get("identifiers")
        names += identifiers if isinstance(identifiers, list) else [identifiers]
        connections = described.get("connections")
        names += [pair[1] for pair in connections if _is_pair(pair)] if isinstance(connections, list) else []
        names.append(described.get("name"))
    names += [place.node, place.object_id]
    return next((device_id(str(n)) for n in names if isinstance(n, str | int) and fits(str(n))), None)


def _is_pair(pair: object) -> bool:
    return isinstance(pair, list) and len(pair) > 1


def _attributes(full: Mapping[str, Any]) -> dict[str, str]:
    described = full.get("device")
    found = described if isinstance(described, dict) else {"name": full.get("name")}
    texts = ((told, _text(found.get(key))) for key, told in _ATTRIBUTES.items())
    return {told: text for told, text in texts if text}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
