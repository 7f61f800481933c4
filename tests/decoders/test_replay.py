"""What is repeated by a plan is what would have been found out anew."""

from random import Random
from typing import Any

import pytest

from hub.decoders.base import Decoded, Malformed, Unsupported
from hub.decoders.json_message import Reader
from hub.decoders.plans import MAX_FORMS, SPARE, Forms, Plans
from hub.decoders.replay import MAX_DEPTH, MAX_NODES, Source, plan_of
from tests.decoders.told import NOW

AT = NOW - 5000
NAMES = (
    "value", "v", "name", "type", "unit", "temperature", "temperature_unit", "t", "seq", "fcnt", "ts", "time", "id",
    "deviceId", "device", "sensor_id", "data", "values", "state", "online", "event", "l", "x.y", "units",
)  # fmt: skip
LEAVES = (
    1, 2, 21.5, True, False, None, "", "on", "online", "V", "°C", "t", "nan", AT, str(AT), "2025-06-15T10:00:00Z", "a",
    "b", "0102030405060708090a0b0c", 10**30, 0,
)  # fmt: skip
TOPICS = ("site/kitchen", "devices/kitchen", "site/kitchen/status", "up", "a/b/event")


def told(reader: Reader, document: object) -> object:
    try:
        return list(reader.read(document, NOW))
    except (Malformed, Unsupported) as refused:
        return str(refused)


def value_of(chance: Random) -> object:
    kind = chance.randrange(6)
    if kind == 0:
        return [chance.choice(LEAVES) for _ in range(chance.randrange(3))]
    if kind == 1:
        return {chance.choice(NAMES): chance.choice(LEAVES) for _ in range(chance.randrange(4))}
    return chance.choice(LEAVES)


def like(chance: Random, members: dict[str, object]) -> dict[str, object]:
    """An object with the same members, some of which have other values."""
    return {name: value_of(chance) if chance.randrange(3) == 0 else value for name, value in members.items()}


@pytest.mark.parametrize("topic", TOPICS)
@pytest.mark.parametrize("form", ["object", "array"])
def test_a_reader_that_has_seen_much_reads_as_a_new_one(topic: str, form: str) -> None:
    chance = Random(topic)
    for _ in range(250):
        first = {chance.choice(NAMES): value_of(chance) for _ in range(chance.randrange(6))}
        documents = [first, first, *(like(chance, first) for _ in range(4)), first]
        reader = Reader(topic.split("/"))
        for document in documents:
            sent: object = [document, first] if form == "array" else document
            assert told(reader, sent) == told(Reader(topic.split("/")), sent)


def test_a_reader_that_shares_what_others_have_seen_reads_as_a_new_one() -> None:
    chance, forms = Random(7), Forms()
    for _ in range(300):
        first = {chance.choice(NAMES): value_of(chance) for _ in range(chance.randrange(6))}
        for topic in (*TOPICS, "site/other", "devices/other", "other"):
            document = like(chance, first)
            assert told(Reader(topic.split("/"), forms), document) == told(Reader(topic.split("/")), document)


def test_devices_of_one_kind_are_read_by_one_plan() -> None:
    forms = Forms()
    for device in ("n1", "n2"):
        document = {"deviceId": device, "model": "T", "ts": AT, "temperature": 21.5}
        (said,) = Reader(["telemetry"], forms).read(document, NOW)
        assert (said.device, said.time, said.data) == (device, AT, {"model": "T", "temperature": 21.5})
        plan = forms.find(((((), False, False)), *document), document)
        assert plan is not None
        assert plan.namer == "deviceId"


def device_by(_namer: str | None, _members: object) -> str:
    return "x"


def read(plans: Plans, members: dict[str, Any], found: Decoded) -> Decoded | None:
    plans.keep(Source(members, found, (), None), NOW)
    return plans.read(members, NOW, device_by)


def plain(members: dict[str, Any]) -> Decoded:
    return Decoded("x", "telemetry", members)


def test_plans_are_made_for_as_long_as_they_are_of_use() -> None:
    plans = Plans(Forms())
    assert plans.read({"a": 1}, NOW, device_by) is None
    for i in range(SPARE):
        assert plans.read({str(i): 1}, NOW, device_by) is None
        plans.keep(Source({str(i): 1}, plain({str(i): 1}), (), None), NOW)
    assert read(plans, {"b": 1}, plain({"b": 1})) is None
    assert plans.read({"1": 2}, NOW, device_by) == plain({"1": 2})
    assert read(plans, {"b": 1}, plain({"b": 1})) == plain({"b": 1})
    assert plans.read({"b": {}}, NOW, device_by) is None


def test_plans_are_bounded() -> None:
    plans = Plans(Forms(MAX_FORMS))
    for i in range(MAX_FORMS + 1):
        assert read(plans, {str(i): 1}, plain({str(i): 1})) is not None
    assert plans.read({"1": 1}, NOW, device_by) is None
    assert plans.read({str(MAX_FORMS): 1}, NOW, device_by) is not None


def test_an_object_where_others_have_a_word() -> None:
    plans = Plans(Forms())
    assert read(plans, {"type": "a"}, plain({"type": "a"})) == plain({"type": "a"})
    assert plans.read({"type": {"a": 1}}, NOW, device_by) is None


def nested(depth: int) -> dict[str, Any]:
    return {"a": nested(depth - 1)} if depth else {"a": 1}


@pytest.mark.parametrize(
    ("members", "data"),
    [
        (nested(MAX_DEPTH), {}), ({"l": [1] * MAX_NODES}, {f"l.{i}": 1 for i in range(MAX_NODES)}),
        ({"a": 1}, {"b": 1}), ({"name": 1, "value": 2}, {"name": 1, "value": 2}), ({"seq": None}, {}),
        ({"seq": [1]}, {}), ({"ts": AT, "time": AT}, {}), ({"unit": 1}, {"unit": 1}),
    ],
)  # fmt: skip
def test_what_no_plan_is_made_for(members: dict[str, Any], data: dict[str, Any]) -> None:
    assert plan_of(Source(members, Decoded("x", "telemetry", data), (), None), NOW) is None


def test_a_presence_is_not_repeated() -> None:
    assert plan_of(Source({"a": 1}, Decoded("x", "state", {"a": 1}, status="online"), (), None), NOW) is None
