from typing import Any

import pytest

from hub.mapping import MAX_TEXT_CHARS, MAX_VALUES, MappedStatus, MappedValue, TopicMapping, parse_mapping
from hub.mapping_path import InvalidMapping

RECORD: dict[str, Any] = {
    "name": "greenhouse",
    "filter": "gh/+/air",
    "device": "greenhouse-{2}",
    "format": "json",
    "values": [{"key": "t", "path": "/t", "unit": "°C", "scale": 0.1}, {"key": "n", "path": "$.n", "text": True}],
    "time": "/ts",
    "status": {"path": "/up", "online": [1, "on"], "offline": [0]},
}


def test_a_record_becomes_a_mapping_and_comes_back() -> None:
    mapping = parse_mapping(RECORD)
    assert mapping == TopicMapping(
        "greenhouse",
        "gh/+/air",
        "greenhouse-{2}",
        "json",
        (MappedValue("t", "/t", "°C", 0.1), MappedValue("n", "$.n", text=True)),
        "/ts",
        MappedStatus("/up", (1, "on"), (0,)),
    )
    assert mapping.record() == RECORD


def test_what_is_ignored_needs_nothing_else() -> None:
    record = {"name": "noise", "filter": "noise/#", "ignore": True}
    assert parse_mapping({**record, "device": "", "values": []}).record() == record


def test_a_family_has_a_topic_of_its_own() -> None:
    record = {"name": "plugs", "filter": "plugs/+", "family": "tasmota", "topic": "tele/{2}/SENSOR"}
    assert parse_mapping(record) == TopicMapping("plugs", "plugs/+", family="tasmota", topic="tele/{2}/SENSOR")
    assert parse_mapping(record).record() == record


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"family": "nobody"}, "'nobody' is no family; there are aws_iot"),
        ({"family": None}, "'family' is missing"),
        ({"topic": ""}, "'topic' is missing"),
        ({"topic": "tele/{/id}/SENSOR"}, "fields of the topic only"),
        ({"topic": "tele/{2"}, "a brace without"),
        ({"device": "{2}"}, "'device' is none of"),
    ],
)
def test_what_is_wrong_with_a_mapping_to_a_family(change: dict[str, Any], reason: str) -> None:
    record = {"name": "plugs", "filter": "plugs/+", "family": "tasmota", "topic": "tele/{2}/SENSOR", **change}
    with pytest.raises(InvalidMapping, match=reason):
        parse_mapping(record)


def test_what_is_not_said_is_left_out() -> None:
    record = {"name": "all", "filter": "a/+", "device": "{2}"}
    assert parse_mapping(record).record() == {**record, "format": "json"}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"name": ""}, "1 to 64 letters"),
        ({"name": "a/b"}, "1 to 64 letters"),
        ({"name": 7}, "1 to 64 letters"),
        ({"filter": "a/#/b"}, "has '#' elsewhere"),
        ({"filter": 1}, "'filter' is missing"),
        ({"device": " "}, "'device' is missing"),
        ({"device": "{x"}, "brace"),
        ({"device": "x" * (MAX_TEXT_CHARS + 1)}, "over 256"),
        ({"format": "xml"}, "'format' is one of"),
        ({"format": "text"}, "one of 'values'"),
        ({"values": {}}, "'values' is a list"),
        ({"values": [{"key": "a", "path": ""}] * (MAX_VALUES + 1)}, "'values' is a list"),
        ({"values": ["a"]}, "each of 'values' is an object"),
        ({"values": [{"key": "a", "path": "/a", "colour": 1}]}, "'colour' is none of"),
        ({"values": [{"path": "/a"}]}, "'key' is missing"),
        ({"values": [{"key": "a"}]}, "a path is missing"),
        ({"values": [{"key": "a", "path": "a"}]}, "is no path"),
        ({"values": [{"key": "a", "path": "/a", "unit": ""}]}, "'unit' is text"),
        ({"values": [{"key": "a", "path": "/a", "unit": 1}]}, "'unit' is text"),
        ({"values": [{"key": "a", "path": "/a", "scale": 0}]}, "'scale' is a number"),
        ({"values": [{"key": "a", "path": "/a", "scale": True}]}, "'scale' is a number"),
        ({"values": [{"key": "a", "path": "/a", "scale": float("inf")}]}, "'scale' is a number"),
        ({"values": [{"key": "a", "path": "/a", "text": 1}]}, "'text' is true or false"),
        ({"time": 1}, "a path is missing"),
        ({"status": []}, "'status' is an object"),
        ({"status": {"path": "/a", "up": []}}, "'up' is none of"),
        ({"status": {"path": "/a", "online": "on"}}, "'online' is a list"),
        ({"status": {"path": "/a", "online": [None]}}, "'online' is a list"),
        ({"ignore": 1}, "'ignore' is true or false"),
        ({"colour": 1}, "'colour' is none of"),
    ],
)
def test_a_fault_is_named(change: dict[str, Any], reason: str) -> None:
    with pytest.raises(InvalidMapping, match=reason):
        parse_mapping({**RECORD, **change})


def test_a_mapping_is_an_object() -> None:
    with pytest.raises(InvalidMapping):
        parse_mapping(["a"])
