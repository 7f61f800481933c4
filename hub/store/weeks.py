"""Weeks: history on PostgreSQL is partitioned by them, so that the oldest goes as one piece."""

from collections.abc import Iterable
from datetime import UTC, datetime

MS = 7 * 86_400_000
PAST, FUTURE = 53, 1
"""Weeks before and after now that get a partition; what a wrong clock says of others is kept together with its like."""

_PREFIX = "events_"
_FORMAT = "%Y%m%d"


def week(time: int) -> int:
    """The number of a time's (ms) week since the epoch."""
    return time // MS


def name(number: int) -> str:
    """The partition of a week, named by its first day."""
    return f"{_PREFIX}{datetime.fromtimestamp(number * MS / 1000, UTC):{_FORMAT}}"


def number(partition: str) -> int:
    """The week of a partition's name."""
    return week(int(datetime.strptime(partition.removeprefix(_PREFIX), _FORMAT).replace(tzinfo=UTC).timestamp() * 1000))


def wanted(times: Iterable[int], known: set[int], *, now_ms: int) -> list[int]:
    """The weeks of these times that are to get a partition, oldest first."""
    now = week(now_ms)
    return sorted({number for number in {at // MS for at in times} - known if now - PAST <= number <= now + FUTURE})


def ended(known: Iterable[int], *, before_ms: int) -> list[int]:
    """The weeks that are over before a time, oldest first."""
    return sorted(number for number in known if (number + 1) * MS <= before_ms)
