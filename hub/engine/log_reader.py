"""Reads of the local engine's log: a connection of their own for each, so that they never wait for the writer."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from hub.errors import Unavailable
from hub.events import Batch, Position

MAX_READ_BYTES = 8 * 1024 * 1024

_COLUMNS = "SELECT offset, epoch, entry FROM batch"


class Entry(NamedTuple):
    """A batch as it is on the log."""

    offset: int
    batch: Batch
    size_bytes: int


def read_after(path: Path, offset: int, *, limit: int, max_bytes: int | None = None) -> list[Entry]:
    """At most `limit` batches after the offset, oldest first.

    It is one batch at least, if there is one, and then no more than `max_bytes`. Raises Unavailable; may block.
    """
    return _read(path, f"{_COLUMNS} WHERE offset > ? ORDER BY offset LIMIT ?", (offset, limit), max_bytes)


def read_tail(path: Path, *, limit: int, max_bytes: int | None = None) -> list[Entry]:
    """The newest batches, oldest first; bounded, raising and blocking as `read_after`."""
    return _read(path, f"{_COLUMNS} ORDER BY offset DESC LIMIT ?", (limit,), max_bytes)[::-1]


def read_all(path: Path, after: int, *, limit: int) -> Iterator[list[Batch]]:
    """The batches after the offset that are there now, at most `limit` at a time, oldest first.

    What is appended meanwhile is left out: a reader that is slower than the log would never end. Raises and blocks as
    `read_after`.
    """
    head = [entry.offset for entry in read_tail(path, limit=1)]
    while head and after < head[0]:
        entries = read_after(path, after, limit=limit, max_bytes=MAX_READ_BYTES)
        yield [entry.batch for entry in entries if entry.offset <= head[0]]
        after = entries[-1].offset if entries else head[0]


def _read(path: Path, query: str, parameters: tuple[int, ...], max_bytes: int | None) -> list[Entry]:
    found: list[Entry] = []
    size_bytes = 0
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as db:
            for offset, epoch, entry in db.execute(query, parameters):
                size_bytes += len(entry)
                if found and max_bytes is not None and size_bytes > max_bytes:
                    break
                found.append(Entry(offset, _decode(entry, Position(epoch, offset)), len(entry)))
    except sqlite3.Error as error:
        raise Unavailable(f"The log {path} can't be read: {error}.") from error
    return found


def _decode(entry: bytes, position: Position) -> Batch:
    try:
        return Batch.decode(entry, position)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Unavailable(f"The log has an entry that is no batch, at {position}: {error}.") from error
