"""A device's own clock: which of the ways to write a moment a message uses, and whether it is to be believed."""

import re
from datetime import datetime

EARLIEST_MS = 1_000_000_000_000
"""September 2001. A clock before it was never set: 1970, 2000 are what chips count from."""
MAX_AHEAD_MS = 24 * 3600 * 1000
"""How far ahead of the hub a device's clock may be; past that it is wrong, and its events would hide all others."""

_ISO = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?: ?(?:Z|[+-]\d\d(?::?\d\d)?))?", re.ASCII)
_NUMBER = re.compile(r"[0-9]{9,19}(?:\.[0-9]+)?")
_SCALES = ((1e11, 1000.0), (1e14, 1.0), (1e17, 1e-3), (1e20, 1e-6))
"""Below the first number, the count is of a unit with so many ms: seconds, ms, µs, ns."""


def is_moment(value: object) -> bool:
    """Whether a member that is named like a clock holds one: ISO text, or a count since the epoch, also 0 and null."""
    if isinstance(value, str):
        return not value or _ISO.fullmatch(value) is not None or _NUMBER.fullmatch(value) is not None
    if isinstance(value, bool):
        return False
    return value is None or (isinstance(value, int | float) and (value == 0 or value >= EARLIEST_MS / 1e4))


def moment(value: object, now_ms: int) -> int | None:
    """Milliseconds since the epoch of a count (s, ms, µs, ns) or ISO text with a zone; None where it isn't sane.

    Text without a zone is None too: which zone the device means is known to nobody here.
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        ms = _counted(value)
    elif isinstance(value, str):
        ms = _counted(float(value)) if _NUMBER.fullmatch(value) else _written(value)
    else:
        return None
    return ms if ms is not None and EARLIEST_MS <= ms <= now_ms + MAX_AHEAD_MS else None


def _counted(count: float) -> int | None:
    for below, unit_ms in _SCALES:
        if count < below:
            # Whole milliseconds stay exact; a fraction of a second is rounded to one.
            return int(count) if unit_ms == 1.0 else round(count * unit_ms)
    return None


def _written(text: str) -> int | None:
    if _ISO.fullmatch(text) is None:
        return None
    try:
        found = datetime.fromisoformat(text.replace(" +", "+").replace(" -", "-").replace(" Z", "Z"))
    except ValueError:
        return None
    if found.tzinfo is None:
        return None
    return round(found.timestamp() * 1000)
