import gzip
import tracemalloc
import zlib
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis.strategies import binary

from hub.errors import BAD_REQUEST, TOO_LARGE, UNSUPPORTED_MEDIA, ErrorCode, HubError
from hub.inflate import inflate

BODY = b'{"temperature":21.5}'


def bare(body: bytes) -> bytes:
    deflating = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return deflating.compress(body) + deflating.flush()


@pytest.mark.parametrize(
    ("coding", "sent"),
    [
        ("", BODY),
        ("identity", BODY),
        ("gzip", gzip.compress(BODY, mtime=0)),
        (" X-GZip ", gzip.compress(BODY, mtime=0)),
        ("deflate", zlib.compress(BODY)),
        ("deflate", bare(BODY)),
    ],
)
def test_the_body_of_each_coding(coding: str, sent: bytes) -> None:
    assert inflate(sent, coding, max_bytes=len(BODY)) == BODY


@pytest.mark.parametrize(
    ("coding", "sent", "code"),
    [
        ("br", BODY, UNSUPPORTED_MEDIA),
        ("gzip, gzip", BODY, UNSUPPORTED_MEDIA),
        ("gzip", BODY, BAD_REQUEST),
        ("gzip", gzip.compress(BODY, mtime=0)[:-3], BAD_REQUEST),
        ("gzip", gzip.compress(BODY, mtime=0) + b"x", BAD_REQUEST),
        ("gzip", gzip.compress(BODY + b" ", mtime=0), TOO_LARGE),
        ("gzip", gzip.compress(b" " * 10_000_000, mtime=0), TOO_LARGE),
    ],
)
def test_what_is_refused(coding: str, sent: bytes, code: ErrorCode) -> None:
    with pytest.raises(HubError) as refused:
        inflate(sent, coding, max_bytes=len(BODY))
    assert refused.value.code is code


@given(binary(max_size=200))
def test_any_bytes_are_inflated_or_refused(sent: bytes) -> None:
    for coding in ("gzip", "deflate"):
        with suppress(HubError):
            assert len(inflate(sent, coding, max_bytes=1000)) <= 1000


MIB = 1024 * 1024


@pytest.mark.parametrize("bits", [zlib.MAX_WBITS | 16, zlib.MAX_WBITS, -zlib.MAX_WBITS])
def test_a_bomb_takes_no_more_memory_than_the_bound(bits: int) -> None:
    deflating = zlib.compressobj(1, wbits=bits)
    bomb = b"".join(deflating.compress(bytes(MIB)) for _ in range(64)) + deflating.flush()
    coding = "gzip" if bits > zlib.MAX_WBITS else "deflate"
    tracemalloc.start()
    try:
        with pytest.raises(HubError, match="inflates to more than") as refused:
            inflate(bomb, coding, max_bytes=MIB)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert refused.value.code is TOO_LARGE
    assert most < 8 * MIB
