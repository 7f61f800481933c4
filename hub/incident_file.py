"""Incident files on the disk: lines in one zstd stream, written as a whole or not at all, read in bounded memory."""

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from hub import zstd
from hub.errors import BAD_REQUEST, CONFLICT, HubError
from hub.incident import InvalidIncident, Line, Manifest, Placed, Reader

MAX_LINE_BYTES = 16 * 1024 * 1024
"""Longer than any event; memory for reading is a few times that at most."""

MAX_RATIO = 2_000
FREE_BYTES = 256 * 1024 * 1024
"""A file may unpack to that much at least, and beyond it to so many times its size: real events stay far below."""


@contextmanager
def writing(path: Path) -> Iterator[Callable[[bytes], object]]:
    """Gives what takes each line; the file is there, for its owner only, when all went well. Raises HubError.

    A file that is there already is left alone.
    """
    if path.exists():
        raise HubError(f"{path} is there already; give another name.", code=CONFLICT)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        descriptor = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        try:
            with open(descriptor, "wb") as file:  # noqa: PTH123 - a descriptor has no path
                with zstd.writing(file) as put:
                    yield lambda line: put(line + b"\n")
                file.flush()
                os.fsync(file.fileno())
            os.link(draft, path)
        finally:
            draft.unlink()
    except OSError as error:
        raise HubError(f"{path} can't be written: {error.strerror}.", code=BAD_REQUEST) from error


def read(path: Path) -> Iterator[Line]:
    """What each line says, the manifest first; raises InvalidIncident, for a file that is not whole at its end.

    Who must not take half of a file goes through it once before (`check`).
    """
    reader = Reader()
    for line in _lines(path):
        found = reader.feed(line)
        if found is not None:
            yield found
    reader.finish()


def check(path: Path) -> tuple[Manifest, Reader]:
    """Read a file to its end: its manifest, and what was counted. Raises InvalidIncident."""
    reader = Reader()
    manifest: Manifest | None = None
    for line in _lines(path):
        found = reader.feed(line)
        if isinstance(found, Manifest):
            manifest = found
    reader.finish()
    if manifest is None:
        raise InvalidIncident(f"{path} is empty.")
    return manifest, reader


def load(path: Path) -> list[Placed]:
    """All events of a file that is whole, in their order: as a fixture for tests."""
    return [line for line in list(read(path)) if isinstance(line, Placed) and line.kind == "event"]


def _lines(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            allowed = FREE_BYTES + MAX_RATIO * path.stat().st_size
            yield from _cut(zstd.chunks(file), path, allowed)
    except OSError as error:
        raise HubError(f"{path} can't be read: {error.strerror}.", code=BAD_REQUEST) from error
    except ValueError as error:
        raise InvalidIncident(f"{path} can't be read. {error}") from None


def _cut(chunks: Iterator[bytes], path: Path, allowed: int) -> Iterator[bytes]:
    rest, total = b"", 0
    for chunk in chunks:
        total += len(chunk)
        if total > allowed:
            raise InvalidIncident(f"{path} unpacks to more than {MAX_RATIO} times its size, which no events do.")
        *lines, rest = (rest + chunk).split(b"\n")
        if len(rest) > MAX_LINE_BYTES:
            raise InvalidIncident(f"{path} has a line of over {MAX_LINE_BYTES} bytes.")
        yield from lines
    if rest:
        yield rest
