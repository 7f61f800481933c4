"""Compression of what is kept: Zstandard (RFC 8878)."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import BinaryIO

import zstandard

LEVEL = 3
FILE_LEVEL = 9
MAX_WINDOW_BYTES = 2**27
"""Memory for reading a file, at most."""

CHUNK_BYTES = 1024 * 1024


def compress(data: bytes) -> bytes:
    """The frame of some bytes, with their length and a checksum."""
    return zstandard.ZstdCompressor(level=LEVEL, write_checksum=True).compress(data)


def decompress(frame: bytes) -> bytes:
    """The bytes of a frame that `compress` made; raises ValueError for a damaged one."""
    try:
        return zstandard.ZstdDecompressor().decompress(frame)
    except zstandard.ZstdError as error:
        raise ValueError(f"It is damaged: {error}.") from None


@contextmanager
def writing(file: BinaryIO) -> Iterator[Callable[[bytes], object]]:
    """Gives what takes bytes of any number, into one frame of the file with a checksum; the file stays open."""
    compressor = zstandard.ZstdCompressor(level=FILE_LEVEL, write_checksum=True)
    with compressor.stream_writer(file, closefd=False) as stream:
        yield stream.write


def chunks(file: BinaryIO) -> Iterator[bytes]:
    """The bytes of a file's frame, a MiB at a time; raises ValueError for a damaged one, not for one that is cut."""
    decompressor = zstandard.ZstdDecompressor(max_window_size=MAX_WINDOW_BYTES)
    try:
        with decompressor.stream_reader(file, read_size=CHUNK_BYTES, closefd=False) as stream:
            while chunk := stream.read(CHUNK_BYTES):
                yield chunk
    except zstandard.ZstdError as error:
        raise ValueError(f"It is damaged, or no such file: {error}.") from None
