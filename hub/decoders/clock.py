"""A device's own clock: which of the ways to write a moment a message uses, and whether it is to be believed."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, tzinfo
from typing import NamedTuple

EARLIEST_MS = 1_000_000_000_000
"""September 2001. A clock before it was never set: 1970, 2000 are what chips count from."""
MAX_AHEAD_MS = 24 * 3600 * 1000
"""How far ahead of the hub a device's clock may be; past that it is wrong, and its events would hide all others."""
EASTERNMOST_MS = 14 * 3600 * 1000
"""How far a clock on the wall is ahead of UTC's where it is furthest."""

_ISO = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?: ?(?:Z|[+-]\d\d(?::?\d\d)?))?", re.ASCII)
_NUMBER = re.compile(r"[0-9]{9,19}(?:\.[0-9]+)?")
_SCALES = ((1e11, 1000.0), (1e14, 1.0), (1e17, 1e-3), (1e20, 1e-6))
"""Below the first number, the count is of a unit with so many ms: seconds, ms, µs, ns."""


class LocalTime(NamedTuple):
    """What a clock shows that tells no zone, in ms as if it were UTC's."""

    ms: int


Moment = int | LocalTime
"""Ms since the epoch; where nobody but people knows the zone, what the clock shows."""

_EPOCH = datetime.fromtimestamp(0, UTC).replace(tzinfo=None)


def is_moment(value: object) -> bool:
    """Whether a member that is named like a clock holds one: ISO text, or a count since the epoch, also 0 and null."""
    if isinstance(value, str):
        return not value or _ISO.fullmatch(value) is not None or _NUMBER.fullmatch(value) is not None
    if isinstance(value, bool):
        return False
    return value is None or (isinstance(value, int | float) and (value == 0 or value >= EARLIEST_MS / 1e4))


def moment(value: object, now_ms: int) -> Moment | None:
    """The moment of a count (s, ms, µs, ns) or of ISO text, which may lack its zone; None where it isn't sane."""
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        ms = _counted(value)
    elif isinstance(value, str):
        if not _NUMBER.fullmatch(value):
            return _written(value, now_ms)
        ms = _counted(float(value))
    else:
        return None
    return ms if ms is not None and _is_sane(ms, now_ms) else None


def surest(moments: Iterable[Moment | None]) -> Moment | None:
    """The first that is known for sure, else the first that is known but for its zone; None where there is none."""
    found = None
    for each in moments:
        if type(each) is int:
            return each
        found = found or each
    return found


def in_zone(local: LocalTime, zone: tzinfo, now_ms: int) -> int | None:
    """The moment at which a clock in the zone shows this, in ms since the epoch; None where it isn't sane.

    In the hour that comes twice when summer ends it is the one nearer to now; in the hour that does not come when
    summer begins, the clock has not been set yet.
    """
    shown = _EPOCH + timedelta(milliseconds=local.ms)
    first, second = (local.ms - _offset_ms(shown, zone, fold) for fold in (0, 1))
    ms = second if first < second and abs(second - now_ms) < abs(first - now_ms) else first
    return ms if _is_sane(ms, now_ms) else None


def _is_sane(ms: int, now_ms: int) -> bool:
    return EARLIEST_MS <= ms <= now_ms + MAX_AHEAD_MS


def _offset_ms(shown: datetime, zone: tzinfo, fold: int) -> int:
    offset = shown.replace(tzinfo=zone, fold=fold).utcoffset()
    return 0 if offset is None else round(offset.total_seconds() * 1000)


def _counted(count: float) -> int | None:
    for below, unit_ms in _SCALES:
        if count < below:
            # Whole milliseconds stay exact; a fraction of a second is rounded to one.
            return int(count) if unit_ms == 1.0 else round(count * unit_ms)
    return None


def _written(text: str, now_ms: int) -> Moment | None:
    if _ISO.fullmatch(text) is None:
        return None
    try:
        found = datetime.fromisoformat(text.replace(" +", "+").replace(" -", "-").replace(" Z", "Z"))
    except ValueError:
        return None
    if found.tzinfo is None:
        ms = round(found.replace(tzinfo=UTC).timestamp() * 1000)
        # Whether it is too far ahead the zone decides; in none it is by more than this.
        return LocalTime(ms) if _is_sane(ms, now_ms + EASTERNMOST_MS) else None
    ms = round(found.timestamp() * 1000)
    return ms if _is_sane(ms, now_ms) else None
