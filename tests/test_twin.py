from typing import Any

import pytest

from hub.errors import HubError
from hub.events import encode_event
from hub.twin import MAX_KEYS, NO_TWIN, Twin, twin_of

NOW_MS = 1_732_412_345_123


def changed(before: Twin, patch: object, *, by: str = "anna", now_ms: int = NOW_MS) -> Twin:
    return before.changed(patch, by=by, now_ms=now_ms)


def test_a_merge_patch_changes_what_it_names() -> None:
    first = changed(NO_TWIN, {"setpoint": 21, "mode": "heat", "gone": None})
    assert (first.version, first.desired, first.by) == (1, {"setpoint": 21, "mode": "heat"}, "anna")
    second = changed(first, {"setpoint": 22, "mode": None}, by="ivan", now_ms=NOW_MS + 5)
    assert (second.version, second.desired, second.by) == (2, {"setpoint": 22}, "ivan")
    assert second.since == {"setpoint": NOW_MS + 5}
    assert changed(second, None).desired == {}
    assert changed(second, {"setpoint": 22}) is second
    assert changed(NO_TWIN, None) is NO_TWIN
    # Another type is another value, and no moment stands for two.
    assert changed(second, {"setpoint": 22.0}).since == {"setpoint": NOW_MS + 6}


def test_the_device_is_apart_since_it_reports_something_else() -> None:
    twin = changed(NO_TWIN, {"setpoint": 21, "on": True}).reporting({"on": "ON", "power": 4}, now_ms=NOW_MS)
    assert (twin.reported, twin.delta, twin.apart) == ({"on": "ON"}, {"setpoint": 21}, {"setpoint": NOW_MS})
    later = twin.reporting({"on": "OFF", "setpoint": 19}, now_ms=NOW_MS + 9)
    assert later.apart == {"setpoint": NOW_MS, "on": NOW_MS + 9}
    assert later.reporting({"on": True, "setpoint": 21.0}, now_ms=NOW_MS + 10).delta == {}
    again = changed(later, {"setpoint": 20}, now_ms=NOW_MS + 20)
    assert again.apart == {"on": NOW_MS + 9}
    assert again.reporting(again.reported, now_ms=NOW_MS + 20).apart == {"on": NOW_MS + 9, "setpoint": NOW_MS + 20}


def test_of_two_changes_of_one_version_the_first_holds() -> None:
    base = changed(NO_TWIN, {"setpoint": 21})
    one, other = changed(base, {"setpoint": 22}, now_ms=NOW_MS + 1), changed(base, {"setpoint": 22}, now_ms=NOW_MS + 2)
    assert one.follows(base)
    assert not base.follows(one)
    assert not other.follows(one), "the same wish of another moment is another change"
    assert not changed(base, {"mode": 1}).follows(one)
    assert one.reporting({"setpoint": 22}, now_ms=NOW_MS).follows(one), "news of the device"


def test_a_device_is_told_what_is_wanted_now() -> None:
    twin = changed(NO_TWIN, {"setpoint": 21}).reporting({}, now_ms=NOW_MS)
    assert twin.wants("setpoint", NOW_MS)
    assert not twin.wants("setpoint", NOW_MS - 1), "what was asked for is not wanted any more"
    assert not twin.wants("mode", NOW_MS)
    assert not twin.reporting({"setpoint": 21}, now_ms=NOW_MS).wants("setpoint", NOW_MS), "it is there"


def test_an_event_is_the_whole_twin() -> None:
    twin = changed(NO_TWIN, {"setpoint": 21, "on": True}).reporting({"setpoint": 19.5}, now_ms=NOW_MS)
    shown = twin.shown()
    assert shown["delta"] == {"setpoint": 21, "on": True}
    assert twin_of(encode_event("twin/a", NOW_MS, shown)) == twin


@pytest.mark.parametrize("data", [[], {}, {"version": "1"}, {"version": True}])
def test_what_is_no_twin_is_nothing(data: Any) -> None:
    assert twin_of(encode_event("twin/a", NOW_MS, data)) == NO_TWIN


def test_what_is_of_another_type_is_as_if_nobody_had_said_it() -> None:
    data = {"version": 3, "desired": {"a": 1, "b": [1]}, "reported": 4, "since": {"a": "x", "c": 1}, "apart": []}
    assert twin_of(encode_event("twin/a", NOW_MS, data)) == Twin(3, {"a": 1}, {}, {}, {}, "")
    assert twin_of(None) == NO_TWIN


@pytest.mark.parametrize(
    "patch",
    [
        [],
        "on",
        {"": 1},
        {" ": 1},
        {"a\nb": 1},
        {"k" * 257: 1},
        {5: 1},
        {"a": [1]},
        {"a": {"b": 1}},
        {"a": "x" * 257},
        {"a": "x\ny"},
        {"a": float("inf")},
        {"a": 1e300},
    ],
)
def test_what_can_not_be_desired_says_why(patch: object) -> None:
    with pytest.raises(HubError) as refused:
        changed(NO_TWIN, patch)
    assert refused.value.code.name == "invalid_data"


def test_what_is_desired_of_one_device_is_bounded() -> None:
    full = changed(NO_TWIN, {str(number): number for number in range(MAX_KEYS)})
    with pytest.raises(HubError) as refused:
        changed(full, {"one more": 1})
    assert refused.value.code.name == "limit_exceeded"
    assert changed(full, {"one more": 1, "0": None}).version == 2
