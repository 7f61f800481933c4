from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.rollup import Rollup, by_key, decode, encode, merge, of_values, step

VALUES = st.one_of(st.integers(-(2**63), 2**63 - 1), st.integers(-5, 5), st.booleans(), st.text(max_size=2))
POINTS = st.lists(st.tuples(st.integers(0, 59_999), VALUES), min_size=1, max_size=12).map(
    lambda points: sorted(points, key=lambda point: point[0])
)


def test_numbers() -> None:
    found = of_values([(1, 3), (4, 1.5), (4, 7)])
    assert found == Rollup(3, 3, 1.5, 7, 11.5, 1.5 + 5.5, 1, 3, 4, 7)


def test_what_is_no_number_is_counted_and_kept_as_first_and_last() -> None:
    assert of_values([(1, "on"), (2, True)]) == (2, 0, None, None, 0, 0, 1, "on", 2, True)
    assert of_values([(1, "on"), (2, 5), (3, 6), (4, False)]) == (4, 2, 5, 6, 11, 1, 1, "on", 4, False)


@pytest.mark.parametrize(
    ("before", "after", "grown"),
    [(1, 3, 2), (3, 1, 1), (3, 3, 0), (3, -1, 0), (-3, -1, 2), ("a", 1, 0), (1, True, 0), (1.5, 2, 0.5)],
)
def test_a_counter_that_falls_began_anew(before: Any, after: Any, grown: float) -> None:
    assert step(before, after) == grown


def test_integers_of_64_bits_are_exact_and_sums_beyond_them_rounded() -> None:
    most = 2**63 - 1
    found = of_values([(1, most), (2, most - 1), (3, most)])
    assert (found.low, found.high, found.last) == (most - 1, most, most)
    assert found.total == float(3 * most - 1)
    assert orjson.loads(encode({"n": found}, 0))["n"][1:3] == [most - 1, most]


@given(POINTS, st.integers(0, 12))
def test_any_cut_gives_the_same(points: list[tuple[int, Any]], at: int) -> None:
    parts = [of_values(part) for part in (points[:at], points[at:]) if part]
    whole, cut = of_values(points), merge(parts)
    assert cut[:4] == whole[:4]
    assert cut[6:] == whole[6:]
    assert [cut.total, cut.rise] == pytest.approx([whole.total, whole.rise])


@given(POINTS, st.integers(-(10**15), 10**15))
def test_what_is_kept_comes_back(points: list[tuple[int, Any]], start: int) -> None:
    found = of_values([(start + time, value) for time, value in points])
    assert decode(orjson.loads(encode({"k": found}, start))["k"], start) == found


@pytest.mark.parametrize(
    "points", [[(5, "on")], [(5, 7)], [(5, 7), (6, 8)], [(5, "on"), (6, 8), (7, 9)], [(5, "on"), (6, "")]]
)
def test_each_form_that_is_kept(points: list[tuple[int, Any]]) -> None:
    found = of_values(points)
    assert decode(orjson.loads(encode({"k": found}, 3))["k"], 3) == found
    assert merge([found, of_values([(9, 4)])]) == of_values([*points, (9, 4)])
    assert merge([found, of_values([(9, "off")])]) == of_values([*points, (9, "off")])


def test_each_key_of_events() -> None:
    events: list[tuple[int, dict[str, Any]]] = [(1, {"a": 1, "b": "x"}), (2, {"a": 2})]
    assert by_key(events) == {"a": of_values([(1, 1), (2, 2)]), "b": of_values([(1, "x")])}
