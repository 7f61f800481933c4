import pytest

from hub.decoders.clock import is_moment, moment
from tests.decoders.told import NOW

MAY_1 = 1_714_552_800_000


@pytest.mark.parametrize(
    ("value", "ms"),
    [
        (1_714_552_800, MAY_1),
        (1_714_552_800.123, MAY_1 + 123),
        (1_714_552_800_123, MAY_1 + 123),
        (1_714_552_800_123.9, MAY_1 + 123),
        (1_714_552_800_123_456, MAY_1 + 123),
        (1_714_552_800_123_456_789, MAY_1 + 123),
        ("1714552800", MAY_1),
        ("1714552800.5", MAY_1 + 500),
        ("2024-05-01T08:40:00Z", MAY_1),
        ("2024-05-01 08:40:00Z", MAY_1),
        ("2024-05-01T08:40Z", MAY_1),
        ("2024-05-01T10:40:00+02:00", MAY_1),
        ("2024-05-01 10:40:00 +0200", MAY_1),
        ("2024-05-01 06:40:00 -02:00", MAY_1),
        ("2024-05-01T08:40:00.123456789Z", MAY_1 + 123),
        ("2024-05-01T08:40:00,5Z", MAY_1 + 500),
        (NOW, NOW),
        (NOW + 3_600_000, NOW + 3_600_000),
    ],
)
def test_a_sane_moment_is_kept(value: object, ms: int) -> None:
    assert moment(value, NOW) == ms
    assert is_moment(value)


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        [],
        0,
        17,
        -5,
        946_684_800,  # what a chip without a battery counts from: 2000
        NOW + 2 * 24 * 3_600_000,
        10**20,
        "2024-05-01T08:40:00",  # nobody knows which zone
        "2024-05-01T08:61:00Z",
        "2024-05-01",
        "17:11:50 16/10/2020",
        "soon",
        "1970-01-01T00:00:00Z",
    ],
)
def test_what_is_not_sane_is_no_time(value: object) -> None:
    assert moment(value, NOW) is None


@pytest.mark.parametrize("value", [True, 17, -5, 21.5, [], {}, "soon", "21.5", "2024-05-01"])
def test_a_member_that_is_named_like_a_clock_may_hold_something_else(value: object) -> None:
    assert not is_moment(value)


@pytest.mark.parametrize("value", [None, 0, "", 946_684_800, "2024-05-01T08:40:00"])
def test_a_clock_that_was_never_set_is_a_clock_all_the_same(value: object) -> None:
    assert is_moment(value)
