from typing import Any

import pytest

from hub.inbox import Inbox
from hub.inbox_proposal import propose
from hub.mapping import parse_mapping
from hub.mapping_reading import MappingReader
from hub.raw_event import raw_event

NOW_MS = 1_732_412_345_123


def proposal(*messages: tuple[str, str | bytes], refusal: str = "unclaimed") -> dict[str, Any] | None:
    inbox = Inbox()
    for topic, payload in messages:
        given = payload.encode() if isinstance(payload, str) else payload
        told, data = raw_event(topic, given, refusal=refusal, reason="", family=None)
        inbox.add({"topic": told, "time": NOW_MS, "data": data})
    entry = next(iter(inbox))
    mapping = propose(entry)
    if mapping is None:
        return None
    decode = MappingReader(parse_mapping(mapping.record())).bind(entry.samples[-1].topic)
    assert decode is not None
    assert decode(entry.samples[-1].payload, NOW_MS)
    return mapping.record()


def test_json_at_odd_topics() -> None:
    assert proposal(("gh/1/air", '{"a/b":{"~":1},"ts":1732412340}'), ("gh/2/air", '{"a/b":{"~":"21 °C"}}')) == {
        "name": "gh-air",
        "filter": "gh/+/air",
        "device": "{2}",
        "format": "json",
        "values": [{"key": "a/b.~", "path": "/a~1b/~0", "unit": "°C"}],
        "time": "/ts",
    }


def test_pairs() -> None:
    found = proposal(("gh/1/air", "t=21.5 °C;h=40;name=x"), ("gh/2/air", "t=21.5 °C;h=40;name=x;e="))
    assert found is not None
    assert (found["format"], found["device"]) == ("pairs", "{2}")
    assert [value["key"] for value in found["values"]] == ["t", "h"]


def test_a_number_with_its_unit() -> None:
    found = proposal(("gh/1/air", "21.5 °C"), ("gh/2/air", "21.5 °C"))
    assert found is not None
    assert (found["format"], found["values"]) == ("text", [{"key": "{3}", "path": "", "unit": "°C"}])


@pytest.mark.parametrize(
    ("topics", "device", "key"),
    [
        (["a"], "{1}", "value"),
        (["a/b"], "{1}", "{2}"),
        (["a/b1", "a/b2"], "{2}", "value"),
        (["a/x/b1", "a/y/b1", "a/x/b2"], "{2}", "{3}"),
        (["a/x/q/1", "a/y/q/1", "b/x/q/1"], "{1}-{2}", "{4}"),
    ],
)
def test_who_and_what_by_the_levels(topics: list[str], device: str, key: str) -> None:
    found = proposal(*((topic, "1.5") for topic in topics))
    assert found is not None
    assert (found["device"], found["values"][0]["key"]) == (device, key)


def test_the_last_level_may_vary_too() -> None:
    topics = [f"a/x/b{n}" for n in range(2)] + ["a/y/b1", "a/y/b2"]
    found = proposal(*((topic, "1") for topic in topics))
    assert found is not None
    assert found["device"] in ("{2}", "{3}")


def test_a_lone_topic_is_named_by_its_payload() -> None:
    found = proposal(("data", '{"Node":"n1","id":7,"t":1}'))
    assert found is not None
    assert (found["device"], [value["key"] for value in found["values"]]) == ("{/Node}", ["id", "t"])


def test_a_topic_that_names_nobody_needs_a_payload_that_does() -> None:
    assert proposal(("v1/devices/me/telemetry", '{"t":1}'), refusal="nameless") is None
    found = proposal(("v1/devices/me/telemetry", '{"t":1,"deviceName":"k"}'), refusal="nameless")
    assert found is not None
    assert found["device"] == "{/deviceName}"


@pytest.mark.parametrize(
    "payload",
    [b"\xff\xfe", "hello", "nan", "{", "[]", "[" * 10_000, "x" * 2_000, "", '{"name":"x"}', "1e999"],
)
def test_what_can_not_be_read_has_no_proposal(payload: str | bytes) -> None:
    assert proposal(("data", payload)) is None


def test_a_name_that_no_mapping_can_say_has_no_proposal() -> None:
    assert proposal(("data", '{"{a}":{"id":"x"},"t":1}')) is None
    found = proposal(("data", '{"{a}":1}'))
    assert found is not None
    assert [value["key"] for value in found["values"]] == ["(a)"]
    assert proposal(("data", '{"{a}":1,"x":"1e999"}')) is None


def test_topics_that_the_hub_can_not_carry_have_no_proposal() -> None:
    assert proposal(("x" * 2_000, "1")) is None


def test_a_shape_of_odd_levels_has_a_name() -> None:
    found = proposal(("ü ö/§", "1"))
    assert found is not None
    assert found["name"] == "ü-ö"
    found = proposal(("§/§", "1"))
    assert found is not None
    assert found["name"] == "mapping"


def test_a_family_goes_first() -> None:
    inbox = Inbox()
    told, data = raw_event("berlin/homie/m1/$state", b"ready", refusal="unclaimed", reason="", family=None)
    inbox.add({"topic": told, "time": NOW_MS, "data": data})
    mapping = propose(next(iter(inbox)))
    assert mapping is not None
    assert (mapping.family, mapping.filter) == ("homie", "berlin/homie/#")


def test_nothing_is_proposed_for_topics_that_the_hub_can_not_carry() -> None:
    inbox = Inbox()
    told, data = raw_event("a\x00b", b'{"t":1}', refusal="unclaimed", reason="", family=None)
    inbox.add({"topic": told, "time": NOW_MS, "data": data})
    assert propose(next(iter(inbox))) is None
