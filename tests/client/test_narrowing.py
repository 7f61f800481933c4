import pytest

from hub.client.conditions import Condition
from hub.client.frames import Event
from hub.client.narrowing import PLAIN, Narrowing
from hub.errors import InvalidFrame, InvalidPredicate

HOT: Condition = {"key": "t", "op": "gt", "value": 30}


def event(topic: str, **data: object) -> Event:
    return Event(topic, 1, data)


def test_what_asks_for_nothing_gets_everything_as_it_is() -> None:
    events = [event("telemetry/a", t=1)]
    assert PLAIN.select(events) == events
    assert PLAIN.wire.as_json() == {}


def test_what_satisfies_the_condition_and_of_telemetry_the_keys() -> None:
    narrowing = Narrowing(where=HOT, fields=["u"], max_rate=5)
    events = [
        event("telemetry/a", t=31, u=1),
        event("telemetry/a", t=30, u=2),
        event("telemetry/a", t=32),
        event("chat/ops", t=33, text="whole"),
    ]
    assert [each.data for each in narrowing.select(events)] == [{"u": 1}, {"t": 33, "text": "whole"}]


def test_the_keys_of_the_condition_are_asked_for_too_as_long_as_there_is_room() -> None:
    joined: Condition = {"and": [HOT, {"not": {"key": "a.b", "op": "in", "value": [1, 2]}}]}
    assert Narrowing(where=joined, fields=["u"]).wire.fields == {"a", "a.b", "t", "u"}
    assert Narrowing(where=HOT, fields=[f"k{n}" for n in range(64)]).wire.fields == frozenset()
    assert Narrowing(fields=["t", "u"]).wire == Narrowing(fields=["u", "t", "u"]).wire


def test_what_stands_merged_is_not_judged_but_cut() -> None:
    merged = event("telemetry/a", t=1, u=1)._replace(conflated={"count": 2})
    [only] = Narrowing(where=HOT, fields=["t"]).select([merged])
    assert (only.data, only.conflated) == ({"t": 1}, {"count": 2})


def test_what_is_no_option() -> None:
    with pytest.raises(InvalidPredicate):
        Narrowing(where={"key": "", "op": "gt", "value": 1})
    with pytest.raises(InvalidFrame):
        Narrowing(max_rate=0)
