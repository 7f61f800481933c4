"""How things were: when a snapshot is kept, and what is taken out of one; pure."""

from typing import NamedTuple

from hub import zstd

EVERY_EVENTS = 10_000
EVERY_TOPICS = 2
"""A snapshot is kept each so many events, or so many times the topics in it: then it is a small part of all."""

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
TOPICS_AN_HOUR = 1_000
"""It is kept after an hour, too, of many topics after as many hours, and each day: see `holds`."""

READ_PLACES = 5_000
ERASE_SNAPSHOTS = 4
"""What is read at once of what came after one, and how many of them one step of erasing looks at."""

UNKNOWN = "How things were then is not known: that is longer ago than history is kept, or was before the archive was."


class Mark(NamedTuple):
    """Where a snapshot is: the last event in it, and when that was recorded (ms)."""

    place: int
    at: int


def is_due(last: Mark | None, now: Mark, topics: int) -> bool:
    """Whether a snapshot should be kept now; `last` is the one before."""
    if last is None or now.place - last.place >= max(EVERY_EVENTS, EVERY_TOPICS * topics):
        return True
    return now.at - last.at >= min(HOUR_MS * (1 + topics // TOPICS_AN_HOUR), DAY_MS) and now.place > last.place


def holds(at: int | None, since: int | None) -> bool:
    """Whether a moment can be told from what was known at a time `at` (ms; None: nobody knows), and the events since.

    Events of before `since` (None: ever) may be gone: one that came after a snapshot would be missing.
    """
    return at is not None and (since is None or at >= since)


def without(body: bytes, head: bytes) -> bytes | None:
    """A snapshot without the events that begin so; None where there are none."""
    pieces = zstd.decompress(body).splitlines()
    kept = [piece for piece in pieces if not piece.startswith(head)]
    return zstd.compress(b"\n".join(kept)) if len(kept) < len(pieces) else None
