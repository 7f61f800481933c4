"""As much of protobuf's wire format as an edge node needs: fields in, fields out."""

import struct
from collections.abc import Iterator

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
_FIXED = {FIXED64: 8, FIXED32: 4}


def varint(value: int) -> bytes:
    """A whole number, seven bits to a byte."""
    out = bytearray()
    while value > 0x7F:  # noqa: PLR2004 - seven bits
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def whole(number: int, value: int) -> bytes:
    """A field of type uint32, uint64 or bool."""
    return varint(number << 3 | VARINT) + varint(value)


def blob(number: int, value: bytes) -> bytes:
    """A field of type string, bytes or a message."""
    return varint(number << 3 | BYTES) + varint(len(value)) + value


def double(number: int, value: float) -> bytes:
    """A field of type double."""
    return varint(number << 3 | FIXED64) + struct.pack("<d", value)


def fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Number and value of each field; fixed ones as their bytes. Raises ValueError for what is cut off."""
    at = 0
    while at < len(message):
        tag, at = _varint_at(message, at)
        kind = tag & 7
        if kind == VARINT:
            value, at = _varint_at(message, at)
            yield tag >> 3, value
            continue
        size, at = _varint_at(message, at) if kind == BYTES else (_FIXED.get(kind, -1), at)
        if size < 0 or at + size > len(message):
            raise ValueError("cut off, or a type that is not known")
        yield tag >> 3, message[at : at + size]
        at += size


def _varint_at(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(message):
        byte = message[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:  # noqa: PLR2004 - the last byte of it
            return value, at
    raise ValueError("cut off")
