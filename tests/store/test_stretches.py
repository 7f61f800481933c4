"""Which stretches have changed, and what they come to."""

import orjson
import pytest

from hub.rollup_plan import FIVE_MINUTES, HOUR, MINUTE, RAW
from hub.store import stretches
from hub.store.stretches import Part, changed, computed, read_whole

MIN = 60_000


def test_times_change_the_stretches_that_they_are_in() -> None:
    times = [(1, 0), (1, MIN - 1), (1, MIN), (2, -1)]
    assert changed(times, MINUTE, since={}) == {(1, 0), (1, MIN), (2, -MIN)}
    assert changed(times, HOUR, since={}) == {(1, 0), (2, -60 * MIN)}


def test_what_is_not_whole_any_more_stays_as_it_is() -> None:
    since = {RAW: MIN, MINUTE: 5 * MIN}
    assert changed([(1, 0), (1, MIN)], MINUTE, since=since) == {(1, MIN)}
    assert changed([(1, MIN), (1, 6 * MIN)], FIVE_MINUTES, since=since) == {(1, 5 * MIN)}
    assert changed([(1, MIN)], HOUR, since=since) == {(1, 0)}


def test_the_last_of_as_many_rows_as_are_taken_may_not_be_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stretches, "STEP_ROWS", 2)
    due = [(1, 0), (2, 0), (3, 0)]
    assert read_whole(due, [said(2, 5, n=1)]) == due
    assert read_whole(due, [said(0, 5, n=1), said(1, 5, n=1)]) == due[:1]
    assert read_whole(due, [said(0, 5, n=1), said(0, 6, n=1)]) == []


def said(number: int, time: int, **data: object) -> Part:
    return number, time, 0, {"data": data}


def test_minutes_come_of_events_in_whatever_order_they_are_read() -> None:
    made = computed(
        MINUTE, [(7, MIN), (8, MIN)], [said(0, MIN + 9, n=3, on=True), said(0, MIN, n=1), said(2, MIN, n=9)]
    )
    [(topic, start, body)] = made.kept
    assert (topic, start) == (7, MIN)
    assert orjson.loads(body) == {"n": [2, 1, 3, 4, 2, 0, 1, 9, 3], "on": [9, True]}
    assert made.empty == [(8, MIN)]


def test_the_others_come_of_what_is_finer() -> None:
    parts: list[Part] = [(0, MIN, 0, {"n": [5, 4]}), (0, 0, 0, {"n": [7, 1], "m": [0, "x"]})]
    made = computed(FIVE_MINUTES, [(7, 0)], parts)
    assert orjson.loads(made.kept[0][2]) == {"n": [2, 1, 4, 5, 3, 7, 1, MIN + 5, 4], "m": [0, "x"]}
    assert made.empty == []
