import pytest

import hub.decoders.declared as module
from hub.decoders.base import Knowledge
from hub.decoders.declared import Config, Declared, Setter, State, path_of

SETTER = Setter(
    topic="c", names=[], words={}, template="", off_template="", form="value", members=[], retain=False
)  # fmt: skip


def config(topic: str, template: str = "", unit: str = "W") -> Config:
    state = State(topic=topic, key="k", name="k", template=template, unit=unit)
    return Config(device="d", native=False, attributes={}, states=[state], events=[], setters=[SETTER], presence=[])


def test_configs_are_found_by_topic_and_forgotten() -> None:
    declared = Declared(Knowledge())
    assert declared.learn("one", config("a"))
    assert not declared.learn("one", config("a"))
    assert declared.learn("two", config("a", "{{ value_json.p }}"))
    assert len(declared.of_topic("a")) == 2
    assert declared.units("a") == {"": "W", "p": "W"}
    assert declared.units("b") == {}
    assert declared.learn("one", config("b", "{{ value_json.p * 2 }}"))
    assert declared.units("b") == {}
    assert declared.forget("two") == config("a", "{{ value_json.p }}")
    assert declared.of_topic("a") == []
    assert declared.forget("two") is None


def test_configs_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_CONFIGS", 0)
    assert not Declared(Knowledge()).learn("one", config("a"))


@pytest.mark.parametrize(
    ("template", "path"),
    [("", ""), ("{{ value_json.a.b }}", "a.b"), ("{{ value }}", None), ("{% set x %}", None)],
)
def test_paths(template: str, path: str | None) -> None:
    assert path_of(template) == path
