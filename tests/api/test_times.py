import pytest

from hub.api.times import HOUR_MS, parse_range, parse_time
from hub.errors import HubError


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("0", 0),
        ("1732412345123", 1732412345123),
        ("2024-11-24T01:39:05.123Z", 1732412345123),
        ("2024-11-24T03:39:05.123+02:00", 1732412345123),
        ("2024-11-24T03:39:05.123 02:00", 1732412345123),
        ("2024-11-24T03:39:05.123 0200", 1732412345123),
        ("2024-11-23T20:39:05-05:00", 1732412345000),
    ],
)
def test_moments(text: str, time: int) -> None:
    assert parse_time(text) == time


@pytest.mark.parametrize(
    "text",
    ["", "-1", "now", "1e3", "²", "2024-11-24", "2024-11-24T03:39:05", "0001-01-01T00:00:00Z", "9" * 30],
)
def test_what_is_no_moment(text: str) -> None:
    with pytest.raises(HubError, match="ISO 8601 with a zone"):
        parse_time(text)


def test_ranges() -> None:
    now = 10 * HOUR_MS
    assert parse_range(None, None, now_ms=now) == (now + 1 - HOUR_MS, now + 1)
    assert parse_range("5", None, now_ms=now) == (5, now + 1)
    assert parse_range(None, "5", now_ms=now) == (0, 5)
    assert parse_range("5", "6", now_ms=now) == (5, 6)


def test_a_range_has_a_length() -> None:
    with pytest.raises(HubError, match="before"):
        parse_range("5", "5", now_ms=7)
