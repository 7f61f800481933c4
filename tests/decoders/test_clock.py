from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

import pytest

from hub.decoders.clock import LocalTime, Moment, in_zone, is_moment, moment, surest
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
        "2124-05-01T08:40:00",
        "1999-12-31T23:59:59",
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


HOUR_MS = 3_600_000
BERLIN = ZoneInfo("Europe/Berlin")


def shown(text: str) -> LocalTime:
    found = moment(text, NOW)
    assert isinstance(found, LocalTime)
    return found


def at(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def test_a_clock_without_a_zone_tells_what_it_shows() -> None:
    assert moment("2024-05-01T08:40:00.123", NOW) == LocalTime(MAY_1 + 123)
    assert moment("2024-05-01 08:40", NOW) == LocalTime(MAY_1)


@pytest.mark.parametrize(
    ("clock", "zone", "now", "moment_at"),
    [
        ("2025-01-15 12:00:00", BERLIN, "2025-01-15T11:00:05Z", "2025-01-15T12:00:00+01:00"),
        ("2025-06-15 12:00:00", BERLIN, "2025-06-15T10:00:05Z", "2025-06-15T12:00:00+02:00"),
        ("2025-06-15 12:00:00", ZoneInfo("Asia/Kathmandu"), "2025-06-15T06:15:05Z", "2025-06-15T12:00:00+05:45"),
        # Summer ends at 03:00, which is 02:00 then: this hour comes twice.
        ("2024-10-27 02:30:00", BERLIN, "2024-10-27T00:30:01Z", "2024-10-27T02:30:00+02:00"),
        ("2024-10-27 02:30:00", BERLIN, "2024-10-27T01:30:01Z", "2024-10-27T02:30:00+01:00"),
        ("2024-10-27 02:30:00", BERLIN, "2024-10-28T09:00:00Z", "2024-10-27T02:30:00+01:00"),
        ("2024-10-27 03:00:00", BERLIN, "2024-10-27T02:00:01Z", "2024-10-27T03:00:00+01:00"),
        # Summer begins at 02:00, which is 03:00 then: a clock that shows what lies between is not set yet.
        ("2025-03-30 01:59:59", BERLIN, "2025-03-30T01:00:00Z", "2025-03-30T01:59:59+01:00"),
        ("2025-03-30 02:30:00", BERLIN, "2025-03-30T01:30:01Z", "2025-03-30T02:30:00+01:00"),
        ("2025-03-30 03:00:00", BERLIN, "2025-03-30T01:00:01Z", "2025-03-30T03:00:00+02:00"),
    ],
)
def test_what_a_clock_shows_is_a_moment_in_its_zone(clock: str, zone: tzinfo, now: str, moment_at: str) -> None:
    assert in_zone(shown(clock), zone, at(now)) == at(moment_at)


def test_a_clock_that_is_wrong_in_its_zone_is_no_time() -> None:
    ahead = LocalTime(NOW + 30 * HOUR_MS)
    assert moment(datetime.fromtimestamp(ahead.ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S"), NOW) == ahead
    assert in_zone(ahead, ZoneInfo("Pacific/Kiritimati"), NOW) == NOW + 16 * HOUR_MS
    assert in_zone(ahead, BERLIN, NOW) is None
    assert moment("2025-06-18T00:00:00", NOW) is None


def test_a_zone_that_does_not_say_how_it_differs_is_as_utc() -> None:
    class Silent(tzinfo):
        def utcoffset(self, _: datetime | None) -> timedelta | None:
            return None

        dst = utcoffset

        def tzname(self, _: datetime | None) -> str | None:
            return None

    assert in_zone(LocalTime(MAY_1), Silent(), NOW) == MAY_1


@pytest.mark.parametrize(
    ("moments", "found"),
    [
        ([], None),
        ([None, None], None),
        ([None, 5, 6], 5),
        ([LocalTime(5), None, 6], 6),
        ([None, LocalTime(5), LocalTime(6)], LocalTime(5)),
    ],
)
def test_a_moment_that_is_known_goes_before_what_a_clock_shows(
    moments: list[Moment | None], found: Moment | None
) -> None:
    assert surest(moments) == found
