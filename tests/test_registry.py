"""What people say of a device: records and how they change."""

from typing import Any

import pytest

from hub.errors import INVALID_DATA, HubError
from hub.events import encode_event
from hub.registry import NOTHING, Record, changed, forgotten, merged, record_of


def told(record: Record, **others: object) -> bytes:
    return encode_event("registry/kitchen", 1, {**record.shown(), **others})


def test_a_record_is_read_as_it_was_told() -> None:
    record = Record(3, "Kitchen", ("a", "b"), "here", "no\nnotes", 10.5, "Europe/Berlin", approved=True, forgotten=7)
    assert record_of(told(record, by="anna")) == record
    assert record_of(None) == NOTHING


@pytest.mark.parametrize(
    ("data", "record"),
    [
        ({}, NOTHING),
        ({"version": 2, "name": 7, "tags": ["a", 1], "approved": "yes"}, Record(2, tags=("a",))),
        ({"version": 1, "location": "here", "more": 1}, Record(1, location="here")),
    ],
)
def test_what_is_no_record_is_as_if_nobody_had_said_it(data: dict[str, object], record: Record) -> None:
    assert record_of(encode_event("registry/kitchen", 1, data)) == record


def test_an_event_without_an_object_says_nothing() -> None:
    assert record_of(b'{"topic":"registry/kitchen","time":1,"data":7}') == NOTHING


def test_a_change_leaves_the_rest() -> None:
    first = changed(NOTHING, {"name": " Kitchen ", "tags": ["b", "A", " b", ""], "notes": "a\nb\tc"})
    assert first == Record(1, "Kitchen", ("A", "b"), notes="a\nb\tc")
    second = changed(first, {"interval_s": 10, "zone": "Europe/Berlin", "approved": True, "location": "here"})
    assert second == Record(
        2, "Kitchen", ("A", "b"), "here", "a\nb\tc", interval_s=10, zone="Europe/Berlin", approved=True
    )
    third = changed(second, {"interval_s": None, "zone": "", "approved": None, "name": ""})
    assert third == Record(3, "", ("A", "b"), "here", "a\nb\tc")


@pytest.mark.parametrize(
    "request_",
    [
        {"name": "x" * 81},
        {"name": "a\nb"},
        {"name": 1},
        {"location": "\x00"},
        {"notes": "\x1b"},
        {"tags": "a"},
        {"tags": ["x" * 41]},
        {"tags": ["a"] * 33},
        {"interval_s": 0},
        {"interval_s": -1},
        {"interval_s": float("nan")},
        {"interval_s": 1e9},
        {"interval_s": True},
        {"interval_s": "10"},
        {"zone": "Europe Berlin"},
        {"zone": 1},
        {"zone": "Europe/Atlantis"},
        {"zone": "Europe"},
        {"approved": "yes"},
        {"version": 3},
    ],
    ids=str,
)
def test_what_can_not_be_is_refused(request_: dict[str, Any]) -> None:
    with pytest.raises(HubError) as refused:
        changed(NOTHING, request_)
    assert refused.value.code is INVALID_DATA


def test_a_device_is_merged_and_alone_again() -> None:
    part = merged(Record(1, "Kitchen"), "hall")
    assert part == Record(2, "Kitchen", merged_into="hall")
    assert merged(part, None) == Record(3, "Kitchen")


def test_history_goes_with_one_change_only() -> None:
    gone = forgotten(Record(1), now_ms=9, erased=True)
    assert changed(gone, {"name": "Kitchen"}) == Record(3, "Kitchen", forgotten=9)


def test_of_a_forgotten_device_nothing_stays_but_that_it_was_refused() -> None:
    assert forgotten(Record(4, "Kitchen", approved=True), now_ms=9, erased=True) == Record(5, forgotten=9, erased=True)
    assert forgotten(Record(4, approved=False), now_ms=9, erased=False) == Record(5, approved=False, forgotten=9)
