"""CBOR (RFC 8949) to plain JSON values, by the library cbor2."""

from io import BytesIO

import cbor2

from hub.decoders.base import Malformed
from hub.decoders.binary_values import MAX_DEPTH, KeepBytes, no_bytes, plain


def load_cbor(payload: bytes, *, keep_bytes: KeepBytes = no_bytes) -> object:
    """The document of a payload, up to its last byte; raises Malformed, Unsupported."""
    stream = BytesIO(payload)
    try:
        document = cbor2.load(stream, max_depth=MAX_DEPTH)
    except cbor2.CBORDecodeEOF:
        raise Malformed("no CBOR: cut off") from None
    except (cbor2.CBORError, ValueError, TypeError, ArithmeticError, RecursionError, MemoryError) as error:
        raise Malformed(f"no CBOR: {str(error)[:80]}") from None
    if stream.tell() != len(payload):
        raise Malformed("bytes behind the CBOR document")
    return plain(document, keep_bytes=keep_bytes)
