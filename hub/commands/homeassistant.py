"""Home Assistant's discovery: the command topic that a device has declared for an entity, whoever's device it is.

Payloads are what Home Assistant's MQTT components make of the declaration: words (`payload_on` …), `command_template`,
the objects of JSON lights, the two templates of template lights.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

import orjson

from hub.commands.command import Command
from hub.commands.wire import Control, Outgoing, Sending, Uncommandable, text
from hub.decoders.base import Knowledge
from hub.decoders.declared import FAMILY, Config, Setter, setters_of
from hub.decoders.template import compile_template
from hub.events import Scalar

_PAIRS = (("on", "off"), ("open", "close"), ("lock", "unlock"))
"""What true and false mean."""
_VALUES = ("value", "action", "position", "tilt_position")
"""What templates call the value."""
_COLOR = {"r": "red", "g": "green", "b": "blue", "h": "hue", "s": "sat"}


class HomeAssistantWire:
    """A name is the entity's, that of a part (`temperature`, `lamp/brightness`), a state's key, or a command topic.

    What is declared alone needs none.
    """

    def encode(self, command: Command, knowledge: Knowledge, *, now_ms: int) -> Sending:  # noqa: ARG002 - no clock
        """See Wire."""
        every = declared_setters(command.device, knowledge)
        named = [each for each in every if command.name in (each["topic"], *each["names"])] or every
        topics = {each["topic"] for each in named}
        if len(topics) != 1:
            told = ", ".join(sorted(topics)[:5]) or "no command topic"
            raise Uncommandable(f"{command.name[:40]!r} is no entity that takes commands; it has declared {told}")
        return declared_sending(named[0], command)

    def controls(self, data: Mapping[str, Scalar]) -> list[Control]:  # noqa: ARG002 - discovery tells, not telemetry
        """None: only discovery tells what can be set."""
        return []


def declared_setters(device: str, knowledge: Knowledge) -> list[Setter]:
    """Where discovery has declared that a device takes commands."""
    return [each for config in _configs(device, knowledge) for each in setters_of(config)]


def declared_sending(setter: Setter, command: Command) -> Sending:
    """What is published for a command there; raises Uncommandable."""
    make = {"value": _of_value, "list": _of_list, "object": _of_object}[setter["form"]]
    payload = make(setter, command.name, command.value)
    return Sending([Outgoing(setter["topic"], payload, retain=setter["retain"])], {})


def _configs(device: str, knowledge: Knowledge) -> Iterator[Config]:
    configs = cast("dict[str, Config]", knowledge.of(FAMILY).get("configs", {}))
    return (config for config in configs.values() if config["device"] == device)


def _of_value(setter: Setter, _name: str, value: Any) -> bytes:
    word = _word(setter["words"], value)
    template = setter["template"]
    if setter["off_template"] and word == setter["words"].get("off"):
        template = setter["off_template"]
    if not template:
        return text(word)
    if isinstance(word, dict):
        # A siren's tone, volume and duration, beside what it is told anyway.
        return _rendered(template, {"value": setter["words"].get("on", ""), **word})
    plain = text(word).decode() if word is None or isinstance(word, bool | list) else word
    return _rendered(template, dict.fromkeys(_VALUES, plain))


def _of_list(setter: Setter, _name: str, value: Any) -> bytes:
    numbers = _numbers(value, setter["members"])
    joined = ",".join(str(number) for number in numbers)
    if not setter["template"]:
        return joined.encode()
    return _rendered(setter["template"], {"value": joined, **dict(zip(setter["members"], numbers, strict=False))})


def _of_object(setter: Setter, name: str, value: Any) -> bytes:
    if isinstance(value, dict):
        asked = value
    elif name in setter["members"] and name != "state":
        asked = {"state": True, name: value}
    else:
        asked = {"state": value}
    state = _word(setter["words"], asked.get("state", True))
    off = state == setter["words"].get("off")
    template = setter["off_template"] if off and setter["off_template"] else setter["template"]
    if not template:
        return orjson.dumps({**asked, "state": state} if "state" in asked else asked)
    color = asked.get("color")
    parts = {_COLOR.get(str(key), str(key)): part for key, part in color.items()} if isinstance(color, dict) else {}
    return _rendered(template, {**asked, **parts, "state": "off" if off else "on"})


def _word(words: Mapping[str, str], value: Any) -> Any:
    """The payload of a value that has a word of its own; else the value."""
    if isinstance(value, bool):
        pair = next((pair for pair in _PAIRS if all(word in words for word in pair)), None)
        return value if pair is None else words[pair[not value]]
    if value is None:
        return next(iter(words.values())) if len(words) == 1 else None
    if isinstance(value, str):
        return words.get(value.strip().lower().replace(" ", "_"), value)
    return value


def _numbers(value: Any, members: Sequence[str]) -> list[Any]:
    if isinstance(value, dict):
        value = [value.get(member) for member in members]
    elif isinstance(value, str):
        value = value.split(",")
    if not isinstance(value, list) or len(value) != len(members):
        raise Uncommandable(f"the value has {', '.join(members)}")
    return value


def _rendered(template: str, names: Mapping[str, Any]) -> bytes:
    compiled = compile_template(template)
    payload = None if compiled is None else compiled.text(names)
    if payload is None:
        raise Uncommandable(f"its template {template[:60]!r} makes nothing of this value that is understood here")
    return payload.encode("utf-8", "replace")
