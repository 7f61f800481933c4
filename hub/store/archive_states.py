"""How things were: when a snapshot is kept, and what is taken out of one; pure."""

from hub import zstd

EVERY_EVENTS = 10_000
EVERY_TOPICS = 2
"""A snapshot is kept each so many events, or so many times the topics in it: then it is a small part of all."""

READ_PLACES = 5_000
ERASE_SNAPSHOTS = 4
"""What is read at once of what came after one, and how many of them one step of erasing looks at."""

UNKNOWN = "How things were then is not known: that is longer ago than history is kept, or was before the archive was."


def is_due(last: int | None, place: int, topics: int) -> bool:
    """Whether a snapshot should be kept at a place; `last` is that of the one before."""
    return last is None or place - last >= max(EVERY_EVENTS, EVERY_TOPICS * topics)


def without(body: bytes, head: bytes) -> bytes | None:
    """A snapshot without the events that begin so; None where there are none."""
    pieces = zstd.decompress(body).splitlines()
    kept = [piece for piece in pieces if not piece.startswith(head)]
    return zstd.compress(b"\n".join(kept)) if len(kept) < len(pieces) else None
