"""Compressed bodies, inflated within a bound (RFC 1950, 1951, 1952); pure."""

import zlib

from hub.errors import BAD_REQUEST, TOO_LARGE, UNSUPPORTED_MEDIA, HubError

_GZIP_BITS = zlib.MAX_WBITS | 16
_CODINGS = {"gzip": (_GZIP_BITS,), "x-gzip": (_GZIP_BITS,), "deflate": (zlib.MAX_WBITS, -zlib.MAX_WBITS)}
"""Window bits to try in turn: `deflate` is zlib's form by the standard, and the bare one by many senders."""


def inflate(body: bytes, coding: str, *, max_bytes: int) -> bytes:
    """The body without its content coding (RFC 9110, 8.4); "" and `identity` leave it as it is.

    Raises HubError: UNSUPPORTED_MEDIA for another coding, TOO_LARGE where it grows past `max_bytes`, BAD_REQUEST where
    it is none of the coding, is cut off, or has something behind it.
    """
    coding = coding.strip().lower()
    if coding in {"", "identity"}:
        return body
    if coding not in _CODINGS:
        raise HubError(f"The coding {coding[:40]!r} is not one of gzip and deflate.", code=UNSUPPORTED_MEDIA)
    for window_bits in _CODINGS[coding]:
        inflating = zlib.decompressobj(window_bits)
        try:
            inflated = inflating.decompress(body, max_bytes + 1)
        except zlib.error:
            continue
        if len(inflated) > max_bytes:
            raise HubError(f"The body inflates to more than {max_bytes} bytes.", code=TOO_LARGE)
        if not inflating.eof or inflating.unused_data:
            raise HubError(f"The body is {coding} that is cut off, or has something behind it.", code=BAD_REQUEST)
        return inflated
    raise HubError(f"The body is not {coding}.", code=BAD_REQUEST)
