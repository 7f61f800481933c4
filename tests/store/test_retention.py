"""From when on what is kept."""

from math import inf

from hub.rollup_plan import FIVE_MINUTES, MINUTE, RAW
from hub.store.retention import Retention

NOW_S = 1_000_000.5


def test_everything_for_ever() -> None:
    assert Retention().whole_since(NOW_S) == {}


def test_an_edge_is_never_within_what_is_computed_together() -> None:
    since = Retention(events_s=90, minutes_s=11_000).whole_since(NOW_S)
    assert since == {RAW: 999_900_000, MINUTE: 986_400_000, FIVE_MINUTES: 986_400_000}


def test_before_1970() -> None:
    assert Retention(events_s=NOW_S + 1).whole_since(NOW_S) == {RAW: -60_000}


def test_events_that_are_no_values_are_kept_as_values_or_as_long_as_is_said() -> None:
    assert Retention().others_since(NOW_S) == {}
    assert Retention(events_s=90).others_since(NOW_S) == {RAW: 999_900_000}
    assert Retention(events_s=90, others_s=1_000).others_since(NOW_S) == {RAW: 999_000_000}
    assert Retention(events_s=90, others_s=inf).others_since(NOW_S) == {}
