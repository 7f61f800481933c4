import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from hub.events import decode_event, encode_event
from hub.merging import Merged, merge


def event(time: int, received: int | None = None, **data: object) -> bytes:
    return encode_event("telemetry/kitchen", time, data, received)


def decoded(piece: bytes) -> dict[str, Any]:
    return decode_event(piece)


def test_the_last_values_and_the_extremes_are_kept() -> None:
    merged = merge([event(1, t=20, mode="a"), event(2, t=25.5), event(3, t=21, h=40, on=True)])
    assert merged.count == 3
    assert merged.encode() == (
        b'{"topic":"telemetry/kitchen","time":3,"data":{"t":21,"mode":"a","h":40,"on":true},'
        b'"conflated":{"count":3,"from":1,"min":{"t":20,"h":40},"max":{"t":25.5,"h":40}}}'
    )


def test_the_newest_is_by_the_device_s_own_time() -> None:
    merged = decoded(merge([event(5, 9, a=1), event(3, 10, a=2, b=2), event(4, 11, b=3), event(2, 12, c=4)]).encode())
    assert merged["time"] == 5
    assert merged["received"] == 9
    assert merged["data"] == {"a": 1, "b": 3, "c": 4}
    assert merged["conflated"] == {
        "count": 4, "from": 2, "min": {"a": 1, "b": 2, "c": 4}, "max": {"a": 2, "b": 3, "c": 4},
    }  # fmt: skip


def test_a_key_that_was_not_always_a_number_has_no_extremes() -> None:
    pieces = [event(1, a=1, b="x", c=True), event(2, a="off", b=2, c=1), event(3, a=3, b=4, c=2)]
    for split in range(3):
        kept = [merge(pieces[:split]).keep()] if split else []
        merged = decoded(merge([*kept, *pieces[split:]]).encode())
        assert merged["data"] == {"a": 3, "b": 4, "c": 2}
        assert (merged["conflated"]["min"], merged["conflated"]["max"]) == ({}, {})


def test_what_came_merged_may_come_at_any_place() -> None:
    early = [event(1, a=3), event(2, a=9, b=1, c="x")]
    late = [event(3, a=1, b="x", c=5), event(4, a=2)]
    at_once = merge([*early, *late]).encode()
    assert merge([merge(early).encode(), merge(late).encode()]).encode() == at_once
    assert merge([*early, merge(late).encode()]).encode() == at_once
    assert merge([merge(early).encode(), *late]).encode() == at_once


def test_what_only_a_later_merge_needs_is_not_sent() -> None:
    merged = merge([event(5, a=1), event(3, b=2)])
    assert decoded(merged.keep())["conflated"]["times"] == {"b": 3}
    assert "times" not in decoded(merged.encode())["conflated"]
    assert merge([event(5, a=1)]).keep() == merge([event(5, a=1)]).encode()


VALUES = st.one_of(st.integers(-5, 5), st.sampled_from([0.5, -2.5]), st.booleans(), st.sampled_from(["x", "y"]))
EVENTS = st.tuples(st.integers(0, 5), st.dictionaries(st.sampled_from("abc"), VALUES))


def naive(events: list[tuple[int, dict[str, object]]]) -> dict[str, Any]:
    in_order = sorted(events, key=lambda each: each[0])
    data = {key: value for _, values in in_order for key, value in values.items()}
    seen = {key: [values[key] for _, values in events if key in values] for key in data}
    numbers: dict[str, list[Any]] = {
        key: values for key, values in seen.items() if all(type(value) in {int, float} for value in values)
    }
    return {
        "topic": "telemetry/kitchen",
        "time": in_order[-1][0],
        "data": data,
        "conflated": {
            "count": len(events),
            "from": in_order[0][0],
            "min": {key: min(values) for key, values in numbers.items()},
            "max": {key: max(values) for key, values in numbers.items()},
        },
    }


@given(st.lists(st.lists(EVENTS, min_size=1, max_size=4), min_size=1, max_size=4))
def test_merging_in_parts_is_merging_at_once(parts: list[list[tuple[int, dict[str, object]]]]) -> None:
    at_once = Merged()
    kept: list[bytes] = []
    for part in parts:
        pieces = [event(time, None, **data) for time, data in part]
        for piece in pieces:
            at_once.add(decode_event(piece))
        kept = [merge([*kept, *pieces]).keep()]
    expected = naive([each for part in parts for each in part])
    assert json.loads(at_once.encode()) == expected
    assert json.loads(merge(kept).encode()) == expected
