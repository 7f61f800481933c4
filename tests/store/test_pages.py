"""Where pages begin, and what they have."""

import pytest

from hub.errors import BAD_REQUEST, HubError
from hub.store.base import Page, Point
from hub.store.pages import MAX_TIME, MIN_SCAN_ROWS, SCAN_ROWS, Place, Row, clamp, cursor, cut, is_telemetry, scan_rows

BEGIN = Place(0, -1)


def rows(count: int) -> list[Row]:
    return [(time, 100 + time, {"data": {"n": time} if time % 2 else {"m": time}}) for time in range(count)]


@pytest.mark.parametrize(("time", "kept"), [(5, 5), (2**63, MAX_TIME), (-(2**70), -MAX_TIME)])
def test_times_are_kept_in_bounds(time: int, kept: int) -> None:
    assert clamp(time) == kept


def test_a_page_begins_at_the_start_or_behind_the_one_before() -> None:
    assert cursor(5, None) == Place(5, -1)
    assert cursor(5, "7.3") == Place(7, 3)
    assert cursor(9, "7.3") == Place(9, -1)
    assert cursor(-9, str(Place(-7, 3))) == Place(-7, 3)
    with pytest.raises(HubError) as caught:
        cursor(5, "seven")
    assert caught.value.code is BAD_REQUEST


@pytest.mark.parametrize(("limit", "scanned"), [(1, MIN_SCAN_ROWS), (1000, 1001), (10**9, SCAN_ROWS)])
def test_a_page_looks_at_a_bounded_number_of_events(limit: int, scanned: int) -> None:
    assert scan_rows(limit) == scanned


def test_the_last_page_has_no_next() -> None:
    assert cut(rows(4), "n", begin=BEGIN, limit=9) == Page([Point(1, 1), Point(3, 3)], None)
    assert cut([], "n", begin=BEGIN, limit=9) == Page([], None)


def test_a_full_page_goes_on_behind_its_last_value() -> None:
    assert cut(rows(4), "n", begin=BEGIN, limit=1) == Page([Point(1, 1)], "1.101")
    assert cut(rows(4), "n", begin=BEGIN, limit=2) == Page([Point(1, 1), Point(3, 3)], None)
    assert cut(rows(4), "n", begin=BEGIN, limit=0) == Page([], "0.-1")


def test_a_page_without_values_goes_on_behind_the_events_it_looked_at() -> None:
    page = cut(rows(MIN_SCAN_ROWS + 5), "none", begin=BEGIN, limit=1)
    assert page == Page([], str(Place(MIN_SCAN_ROWS - 1, 99 + MIN_SCAN_ROWS)))


def test_telemetry_is_what_has_values() -> None:
    assert is_telemetry("telemetry/a")
    assert not is_telemetry("device/a")
