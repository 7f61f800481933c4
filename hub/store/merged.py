"""What a snapshot has of topics, as a store keeps it: one row a topic, one event a line."""

import time
from collections.abc import Iterable

from hub.latest import Latest

YIELD_TOPICS = 64
"""After so many topics merged (about 0.3 ms) the event loop gets the interpreter's lock, if it waits for it."""

Merged = list[tuple[str, bytes]]


def merge(latest: Latest, topics: Iterable[str]) -> Merged:
    """Each topic with what a snapshot has of it, one event a line; nothing of those that are not kept."""
    rows = []
    for number, topic in enumerate(topics, 1):
        pieces = latest.pieces(topic)
        if pieces:
            rows.append((topic, b"\n".join(pieces)))
        if number % YIELD_TOPICS == 0:
            time.sleep(0)
    return rows


def joined(rows: Merged) -> tuple[list[str], list[int], list[int], bytes]:
    """The topics, where the lines of each begin (from 1) and how long they are, and all lines: four values for SQL."""
    starts, start = [], 1
    for _, lines in rows:
        starts.append(start)
        start += len(lines)
    return (
        [topic for topic, _ in rows],
        starts,
        [len(lines) for _, lines in rows],
        b"".join([lines for _, lines in rows]),
    )
