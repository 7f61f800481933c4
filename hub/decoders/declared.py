"""What Home Assistant's discovery has declared: entities by the topics that they speak on, kept by config topic.

Also for other families: some publish their units there and nowhere else.
"""

from collections.abc import Mapping, Sequence
from typing import Literal, TypedDict, cast

from hub.decoders.base import Knowledge
from hub.decoders.template import compile_template

FAMILY = "ha_discovery"
MAX_CONFIGS = 50_000
"""Config topics that are remembered; what is announced past them is told and forgotten."""


class State(TypedDict):
    """Where a part of an entity is told: topic, template ("" where there is none), unit.

    `key` is of the message as a whole, `name` of what a template makes of a document.
    """

    topic: str
    key: str
    name: str
    template: str
    unit: str


class Presence(TypedDict):
    """Where it is told that an entity is reachable, and in which words."""

    topic: str
    template: str
    online: str
    offline: str


class Setter(TypedDict):
    """Where a part of an entity is told what to do.

    `words` are payloads by the usual word (`on`, `open` …). A template ("" where there is none) makes the payload; for
    off there may be another one. `members` are those of an object, or what the numbers of a list are called.
    """

    topic: str
    names: list[str]
    words: dict[str, str]
    template: str
    off_template: str
    form: Literal["value", "list", "object"]
    members: list[str]
    retain: bool


class Config(TypedDict):
    """One config message. `native`: the topics are another family's, which names the device by them."""

    device: str
    native: bool
    attributes: dict[str, str]
    states: list[State]
    events: list[State]
    setters: list[Setter]
    presence: list[Presence]


class Declared:
    """A view of what is known of all config topics."""

    def __init__(self, knowledge: Knowledge) -> None:
        family = knowledge.of(FAMILY)
        self._configs = cast("dict[str, Config]", family.setdefault("configs", {}))
        self._topics = cast("dict[str, list[str]]", family.setdefault("topics", {}))

    def of_topic(self, topic: str) -> list[Config]:
        """The configs that speak of a topic, in the order in which they came."""
        return [self._configs[name] for name in self._topics.get(topic, ())]

    def units(self, topic: str) -> dict[str, str]:
        """Units by dotted path of what a topic's messages show as it is; the key "" is for the message as a whole."""
        found = {}
        for config in self.of_topic(topic):
            for state in config["states"]:
                path = path_of(state["template"]) if state["topic"] == topic and state["unit"] else None
                if path is not None:
                    found[path] = state["unit"]
        return found

    def config(self, name: str) -> Config | None:
        """The config of a config topic."""
        return self._configs.get(name)

    def learn(self, name: str, config: Config) -> bool:
        """Keep a config; whether that is news."""
        if self._configs.get(name) == config or (name not in self._configs and len(self._configs) >= MAX_CONFIGS):
            return False
        self.forget(name)
        self._configs[name] = config
        for topic in topics_of(config):
            self._topics.setdefault(topic, []).append(name)
        return True

    def forget(self, name: str) -> Config | None:
        """Drop a config; the one that it was."""
        config = self._configs.pop(name, None)
        for topic in topics_of(config) if config is not None else ():
            names = self._topics[topic]
            names.remove(name)
            if not names:
                del self._topics[topic]
        return config


def path_of(template: str) -> str | None:
    """The dotted path of the member that a template shows; "" without a template, None where it does more."""
    if not template:
        return ""
    compiled = compile_template(template)
    return None if compiled is None or compiled.path is None else ".".join(compiled.path)


def topics_of(config: Config) -> Sequence[str]:
    """The topics that a config speaks of, each once."""
    told: list[Mapping[str, object]] = [*config["states"], *config["events"], *config["presence"]]
    return list(dict.fromkeys(str(one["topic"]) for one in [*told, *setters_of(config)]))


def setters_of(config: Config) -> Sequence[Setter]:
    """Where it takes commands; a config that an earlier version has kept does not tell."""
    return config.get("setters", ())
