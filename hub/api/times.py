"""Moments in a query: ms since the epoch, ISO 8601 with a zone, or a position of the log."""

import re
from datetime import datetime

from hub.errors import BAD_REQUEST, HubError, InvalidPosition
from hub.events import Position

HOUR_MS = 3_600_000
MAX_TIME_MS = 2**53
MAX_MOMENT_CHARS = 64
_LOST_PLUS = re.compile(r" (?=\d\d:?\d\d$)")


def parse_time(text: str) -> int:
    """Milliseconds since the epoch; raises HubError(BAD_REQUEST) with what to write instead."""
    if text.isascii() and text.isdecimal():
        time = int(text[:20])
    else:
        try:
            # The plus of a zone is a space to those who decode a query, where its writer did not encode it.
            moment = datetime.fromisoformat(_LOST_PLUS.sub("+", text))
        except ValueError:
            raise _unfit(text) from None
        if moment.tzinfo is None:
            raise _unfit(text)
        time = round(moment.timestamp() * 1000)
    if not 0 <= time <= MAX_TIME_MS:
        raise _unfit(text)
    return time


def parse_moment(text: str) -> Position | int:
    """A position, or a time in ms since the epoch; raises HubError(BAD_REQUEST)."""
    try:
        return Position.parse(text)
    except InvalidPosition:
        return parse_time(text)


def parse_range(start: str | None, end: str | None, *, now_ms: int) -> tuple[int, int]:
    """The half-open range in ms; by default the hour before its end, and its end is now. Raises HubError."""
    until = now_ms + 1 if end is None else parse_time(end)
    since = max(0, until - HOUR_MS) if start is None else parse_time(start)
    if since >= until:
        raise HubError("from must be before to.", code=BAD_REQUEST)
    return since, until


def _unfit(text: str) -> HubError:
    return HubError(
        f"{text[:40]!r} is no time; give ms since the epoch, or ISO 8601 with a zone as in 2024-11-24T09:30:00Z.",
        code=BAD_REQUEST,
    )
