"""Compression of what is kept: Zstandard (RFC 8878)."""

import zstandard

LEVEL = 3


def compress(data: bytes) -> bytes:
    """The frame of some bytes, with their length and a checksum."""
    return zstandard.ZstdCompressor(level=LEVEL, write_checksum=True).compress(data)


def decompress(frame: bytes) -> bytes:
    """The bytes of a frame that `compress` made; raises ValueError for a damaged one."""
    try:
        return zstandard.ZstdDecompressor().decompress(frame)
    except zstandard.ZstdError as error:
        raise ValueError(f"It is damaged: {error}.") from None
