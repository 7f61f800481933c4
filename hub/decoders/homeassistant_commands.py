"""Home Assistant's discovery: where the parts of an entity take commands, in which words, by which template.

Words and defaults are those of Home Assistant's MQTT components; of a light in parts (`brightness_command_topic` …) and
of a climate device each part is one that takes its own.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from hub.decoders.declared import Setter, State

_ON_OFF = {"on": "ON", "off": "OFF"}
_OPEN_CLOSE = {"open": "OPEN", "close": "CLOSE", "stop": "STOP"}
_DEFAULTS: Mapping[str, Mapping[str, str]] = MappingProxyType({
    "switch": _ON_OFF, "light": _ON_OFF, "fan": _ON_OFF, "siren": _ON_OFF, "humidifier": _ON_OFF,
    "cover": _OPEN_CLOSE, "valve": _OPEN_CLOSE,
    "lock": {"lock": "LOCK", "unlock": "UNLOCK"},
    "button": {"press": "PRESS"},
    "scene": {"on": "ON"},
    "update": {},
    "vacuum": {
        word: word for word in ("start", "pause", "stop", "return_to_base", "clean_spot", "locate")
    },
    "alarm_control_panel": {
        word: word.upper()
        for word in ("arm_home", "arm_away", "arm_night", "arm_vacation", "arm_custom_bypass", "disarm", "trigger")
    },
})  # fmt: skip
"""The words of an entity's own topic."""
_OF_PARTS: Mapping[str, Mapping[str, str]] = MappingProxyType({
    "power": _ON_OFF, "aux": _ON_OFF, "oscillation": {"on": "oscillate_on", "off": "oscillate_off"},
    "start_mowing": {"start_mowing": "start_mowing"}, "pause": {"pause": "pause"}, "dock": {"dock": "dock"},
})  # fmt: skip
_OWN_WORDS = ("open", "install")
"""Words that a component has only where they are declared."""
_TOPICS = {"set_position_topic": "position", "set_fan_speed_topic": "fan_speed"}
_TEMPLATES = {"position": "set_position_template"}
_OBJECTS = {
    "light": ("state", "brightness", "color", "color_temp", "effect", "white", "transition", "flash"),
    "siren": (),
}
"""Components that take an object, with those of its members that are told by name."""
_LISTS = {
    "rgb": ("red", "green", "blue"), "rgbw": ("red", "green", "blue", "white"),
    "rgbww": ("red", "green", "blue", "cold_white", "warm_white"), "hs": ("hue", "sat"), "xy": ("x", "y"),
}  # fmt: skip
"""Parts that take several numbers, with what templates call them."""


def takes_commands(key: str) -> bool:
    """Whether a key of a discovery message names a topic that commands are sent to."""
    return key.endswith("command_topic") or key in _TOPICS


def setters(entity: Mapping[str, Any], states: Iterable[State]) -> Iterable[Setter]:
    """Each part of an entity that takes commands; `states` are the entity's."""
    told = list(states)
    for key, topic in entity.items():
        if not takes_commands(key) or not isinstance(topic, str):
            continue
        part = _TOPICS.get(key) or key.removesuffix("command_topic").rstrip("_")
        component = str(entity.get("platform", ""))
        setter = Setter(
            topic=topic,
            names=_names(entity, part, told),
            words=_words(entity, component, part),
            template=_text(entity, _TEMPLATES.get(part) or f"{part}_command_template".lstrip("_")),
            off_template="",
            form="list" if part in _LISTS else "value",
            members=list(_LISTS.get(part, ())),
            retain=entity.get("retain") is True,
        )
        yield setter if part else _whole(setter, entity, component)


def _whole(setter: Setter, entity: Mapping[str, Any], component: str) -> Setter:
    """What an entity takes on its own topic, where that is an object or what one of two templates makes of it."""
    of_templates = component == "light" and entity.get("schema") == "template"
    of_json = component == "light" and entity.get("schema") == "json"
    if not (of_templates or of_json or (component == "siren" and not setter["template"])):
        return {**setter, "off_template": _text(entity, "command_off_template")}
    members = list(_OBJECTS[component])
    whole: Setter = {**setter, "form": "object", "members": members}
    whole["names"] = list(dict.fromkeys([*setter["names"], *members]))
    if of_templates:
        whole["template"] = _text(entity, "command_on_template")
        whole["off_template"] = _text(entity, "command_off_template")
    return whole


def _names(entity: Mapping[str, Any], part: str, states: Iterable[State]) -> list[str]:
    own, name = str(entity["_id"]), entity.get("name")
    found = [f"{own}/{part}", f"{own}.{part}", part] if part else [own]
    if isinstance(name, str):
        found.append(f"{name}/{part}" if part else name)
    for state in states:
        if state["name"] == (part or own):
            found += [state["key"], state["name"]]
    return list(dict.fromkeys(each for each in found if each))


def _words(entity: Mapping[str, Any], component: str, part: str) -> dict[str, str]:
    usual = _OF_PARTS.get(part, {}) if part else _DEFAULTS.get(component, {})
    stem = f"payload_{part}" if part == "oscillation" else "payload"
    found = {word: _text(entity, f"{stem}_{word}") or payload for word, payload in usual.items()}
    for word in _OWN_WORDS if component in _DEFAULTS and not part else ():
        declared = _text(entity, f"payload_{word}")
        if declared:
            found.setdefault(word, declared)
    return found


def _text(entity: Mapping[str, Any], key: str) -> str:
    """A member as Home Assistant reads it: numbers and booleans are the text that Python prints."""
    value = entity.get(key)
    return str(value) if isinstance(value, str | int | float) else ""
