from typing import Any

import pytest

from hub.aggregates import AGGREGATES, Aggregate, rows
from hub.rollup import of_values
from hub.rollup_plan import RAW, Plan

PLAN = Plan(1_000, 110_000, RAW, 0, 10_000, 11)


def of(aggregate: Aggregate, *slots: tuple[int, list[tuple[int, Any]]], plan: Plan = PLAN) -> list[Any]:
    return rows([(number, of_values(points)) for number, points in slots], plan, [aggregate])


@pytest.mark.parametrize(
    ("aggregate", "expected"),
    [
        ("avg", 4),
        ("min", 2),
        ("max", 7),
        ("sum", 12),
        ("count", 3),
        ("first", 7),
        ("last", 3),
        ("increase", 2 + 1),
        ("rate", 3 / 9),
    ],
)
def test_of_numbers(aggregate: Aggregate, expected: float) -> None:
    # The first slot begins before what was asked for: its time and length are those of what was.
    assert of(aggregate, (0, [(1_000, 7), (2_000, 2), (9_000, 3)])) == [[1_000, expected]]


@pytest.mark.parametrize("aggregate", AGGREGATES)
def test_of_what_is_no_number(aggregate: Aggregate) -> None:
    expected = {"count": 2, "first": "on", "last": True}.get(aggregate)
    assert of(aggregate, (3, [(31_000, "on"), (32_000, True)])) == [[31_000, expected]]


def test_the_growth_of_a_counter_is_whole_over_slots() -> None:
    slots = (0, [(1_000, 5), (2_000, 8)]), (1, [(11_000, 10)]), (2, [(21_000, 1), (22_000, 4)])
    assert of("increase", *slots) == [[1_000, 3], [11_000, 2], [21_000, 1 + 3]]
    assert of("rate", *slots)[1:] == [[11_000, 0.2], [21_000, 0.4]]


def test_a_gap_is_a_row_without_values() -> None:
    slots = [(number, [(number * 10_000 + 1_000, number)]) for number in (0, 1, 2, 5, 6, 10)]
    assert of("last", *slots) == [
        [1_000, 0],
        [11_000, 1],
        [21_000, 2],
        [51_000, 5],
        [61_000, 6],
        [70_000, None],
        [101_000, 10],
    ]


def test_two_values_tell_no_rhythm() -> None:
    assert of("last", (0, [(1_000, 1)]), (9, [(91_000, 2)])) == [[1_000, 1], [91_000, 2]]


def test_wide_slots_that_follow_each_other_have_no_gap() -> None:
    plan = Plan(0, 10 * 3_600_000, RAW, 0, 3_600_000, 10)
    assert len(of("last", *((n, [(n * 3_600_000, n)]) for n in (0, 1, 2, 3, 9)), plan=plan)) == 6
    assert len(of("last", *((n, [(n * 3_600_000, n)]) for n in range(10)), plan=plan)) == 10
