"""Weeks and the names of their partitions."""

import pytest

from hub.store.weeks import FUTURE, MS, PAST, ended, name, number, wanted, week

NOW = 1732412345123


@pytest.mark.parametrize(("time", "of"), [(0, 0), (MS - 1, 0), (MS, 1), (-1, -1), (NOW, 2864)])
def test_the_week_of_a_time(time: int, of: int) -> None:
    assert week(time) == of


@pytest.mark.parametrize(("of", "partition"), [(0, "events_19700101"), (2864, "events_20241121")])
def test_a_partition_is_named_by_the_first_day(of: int, partition: str) -> None:
    assert name(of) == partition
    assert number(partition) == of


def test_every_week_has_a_name_of_its_own() -> None:
    assert [number(name(of)) for of in range(2000, 4000)] == list(range(2000, 4000))


def test_those_of_a_clock_that_may_be_right_are_wanted() -> None:
    now = week(NOW)
    some = [now, now - PAST, now - PAST - 1, now + FUTURE, now + FUTURE + 1, 0, now]
    assert wanted((of * MS for of in some), set(), now_ms=NOW) == [now - PAST, now, now + FUTURE]
    assert wanted((of * MS for of in some), {now, now + FUTURE}, now_ms=NOW) == [now - PAST]


def test_a_week_has_ended_when_none_of_it_is_left() -> None:
    assert ended({7, 3, 4}, before_ms=5 * MS) == [3, 4]
    assert ended({7, 3, 4}, before_ms=5 * MS - 1) == [3]
