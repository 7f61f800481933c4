"""Messages on topics that Home Assistant's discovery has declared."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from hub.decoders.base import NO_UNITS, Decoded, Kind, Malformed, Status
from hub.decoders.declared import Config, Presence, State, path_of
from hub.decoders.document import begins_document, load, read_text
from hub.decoders.leaves import Path
from hub.decoders.members import is_identifier, may_be_clock, take_clock
from hub.decoders.outline import Field, Outline
from hub.decoders.shared import SharedUnits
from hub.decoders.single import kind_of, members_of
from hub.decoders.template import Template, compile_template
from hub.decoders.words import value_of_text
from hub.events import Scalar


class Messages:
    """The messages of one topic, for each device that has declared it."""

    def __init__(self, topic: str, configs: Sequence[Config], *, kind: Kind | None = None) -> None:
        by_device: dict[str, _Of] = {}
        for config in configs:
            own = by_device.setdefault(config["device"], _Of(config["device"], kind))
            own.add(config["events" if kind == "event" else "states"], topic)
            own.attributes = {**own.attributes, **config["attributes"]}
        self._devices = list(by_device.values())
        for device in self._devices:
            device.alone = len(self._devices) == 1

    def decode(self, payload: bytes, now_ms: int) -> Sequence[Decoded]:
        """What a message says; raises Malformed, Unsupported."""
        if not payload:
            return [Decoded(device.name, "removal") for device in self._devices]
        if begins_document(payload):
            document = members_of(payload)
            return [device.document(document, payload, now_ms) for device in self._devices]
        text = read_text(payload)
        return [device.text(text) for device in self._devices]


class _Of:
    """What one device says on the topic."""

    def __init__(self, name: str, kind: Kind | None) -> None:
        self.name = name
        self.attributes: Mapping[str, str] = {}
        self.alone = True
        self._kind = kind
        self._computed: list[tuple[State, Template | None]] = []
        self._paths: dict[str, str] = {}
        self._outline = Outline(partial(_rule, self._paths))
        self._units = SharedUnits()

    def add(self, states: Sequence[State], topic: str) -> None:
        """What is declared of the topic."""
        for state in states:
            if state["topic"] != topic:
                continue
            path = path_of(state["template"])
            if path:
                self._paths[path] = state["unit"] or self._paths.get(path, "")
            template = compile_template(state["template"]) if state["template"] else None
            if template is not None or not state["template"]:
                self._computed.append((state, template))

    def document(self, document: dict[str, Any] | list[Any], payload: bytes, now_ms: int) -> Decoded:
        """All members where the device is alone on the topic, else its own; and what templates make of them."""
        time = None
        if isinstance(document, dict):
            clocks = [name for name in document if may_be_clock(name)]
            time = take_clock({name: document[name] for name in clocks}, now_ms) if clocks else None
        data = self._outline.read(document)
        if not self.alone:
            data = {key: value for key, value in data.items() if key in self._paths}
        units = self._outline.units(data)
        text = None
        for state, template in self._computed:
            if template is not None and template.path is None:
                text = payload.decode(errors="replace") if text is None else text
                value = template.value(text, document)
                if value is not None:
                    data[state["name"]] = value
        if text is not None:
            units = self._units_of(units, data)
        return Decoded(self.name, self._kind or kind_of(data), data, units, None, time, self.attributes)

    def _units_of(self, shown: Mapping[str, str], data: Mapping[str, Scalar]) -> Mapping[str, str]:
        units = {s["name"]: s["unit"] for s, _ in self._computed if s["unit"] and s["name"] in data}
        return self._units.of({**shown, **units})

    def text(self, text: str) -> Decoded:
        """One word or number, or what templates make of it."""
        data: dict[str, Scalar] = {}
        units = {}
        for state, template in self._computed:
            value = value_of_text(text) if template is None else template.value(text, None)
            if value is not None:
                key = state["name"] if state["key"] in data else state["key"]
                data[key] = value
                if state["unit"]:
                    units[key] = state["unit"]
        kind = self._kind or kind_of(data)
        return Decoded(self.name, kind, data, self._units.of(units) if units else NO_UNITS, None, None, self.attributes)


def _rule(paths: Mapping[str, str], path: Path) -> Field | None:
    key = ".".join(path)
    if key in paths:
        return Field(key, paths[key] or None)
    name = path[-1]
    return None if is_identifier(name, None) or (len(path) == 1 and may_be_clock(name)) else Field(key)


class Availability:
    """The messages of one topic that tell whether devices are reachable."""

    def __init__(self, topic: str, configs: Sequence[Config]) -> None:
        self._told: dict[str, tuple[Presence, Template | None]] = {}
        for config in configs:
            for presence in config["presence"]:
                if presence["topic"] == topic:
                    template = compile_template(presence["template"]) if presence["template"] else None
                    self._told.setdefault(config["device"], (presence, template))

    def decode(self, payload: bytes, _now_ms: int) -> Sequence[Decoded]:
        """The presence of each device that has declared the topic; raises Malformed."""
        if not payload:
            return [Decoded(device, "removal") for device in self._told]
        text = read_text(payload)
        document = load(payload) if begins_document(payload) else None
        return [
            Decoded(device, "presence", status=_status(presence, template, text, document))
            for device, (presence, template) in self._told.items()
        ]


def _status(presence: Presence, template: Template | None, text: str, document: object) -> Status:
    word: object = text if template is None else template.value(text, document)
    # A template's true and 1 are compared as the words that they are printed as.
    said = str(word).lower()
    if said == presence["online"].lower():
        return "online"
    if said == presence["offline"].lower():
        return "offline"
    raise Malformed(f"availability is {said[:40]!r}, neither of the declared words")
