"""From when on what is kept."""

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
