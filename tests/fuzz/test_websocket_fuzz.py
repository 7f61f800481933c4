"""WebSocket handshakes and frames that are broken in every way."""

import asyncio
import zlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.conftest import Healthy
from tests.fuzz.raw import (
    BINARY,
    CLOSE,
    CONTINUATION,
    FIN,
    HANDSHAKE,
    PING,
    PONG,
    RSV1,
    TEXT,
    Raw,
    frame,
    head,
    resident_bytes,
    signed,
)
from tests.running import Running, until

SUBSCRIBE = b'{"type":"subscribe","id":1,"filters":["note/#"]}'


def without(name: str, *more: str) -> bytes:
    return head(*(line for line in signed(*HANDSHAKE) if not line.startswith(name)), *more)


BROKEN_HANDSHAKES = {
    "no key": without("Sec-WebSocket-Key"),
    "short key": without("Sec-WebSocket-Key", "Sec-WebSocket-Key: AAAA"),
    "key that is no base64": without("Sec-WebSocket-Key", "Sec-WebSocket-Key: !"),
    "two keys": head(*signed(*HANDSHAKE), HANDSHAKE[4]),
    "no version": without("Sec-WebSocket-Version"),
    "old version": without("Sec-WebSocket-Version", "Sec-WebSocket-Version: 8"),
    "POST": without("GET", "X: y").replace(b"Host:", b"POST /ws HTTP/1.1\r\nHost:", 1),
    "a path that is no ASCII": head("GET /ws\xff\xfe HTTP/1.1", *signed(*HANDSHAKE)[1:]),
    "headers without number": head(*signed(*HANDSHAKE), *(f"X-{n}: y" for n in range(500))),
    "a header of 40 kB": head(*signed(*HANDSHAKE), "X-Long: " + "x" * 40_000),
    "a header of 100 kB": head(*signed(*HANDSHAKE), "X-Long: " + "x" * 100_000),
    "a header of 1 MB": head(*signed(*HANDSHAKE), "X-Long: " + "x" * 1_000_000),
    "a URL of 100 kB": head("GET /ws?" + "x" * 100_000 + " HTTP/1.1", *signed(*HANDSHAKE)[1:]),
    "no HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200),
    "a bare line": b"hello\r\n\r\n",
    "frames before the answer": frame(b"early") * 3,
}


@pytest.mark.parametrize("handshake", BROKEN_HANDSHAKES.values(), ids=list(BROKEN_HANDSHAKES))
async def test_a_broken_handshake_is_answered_and_ends(hub: Running, handshake: bytes) -> None:
    async with Raw.connected(hub) as raw:
        raw.send(handshake)
        assert 400 <= await raw.status() < 500
    await until(lambda: len(hub.hub.node.sessions) == 1)


async def test_a_handshake_cut_anywhere_leaves_nothing(hub: Running) -> None:
    whole = head(*signed(*HANDSHAKE))
    for end in range(0, len(whole), 7):
        async with Raw.connected(hub) as raw:
            raw.send(whole[:end])
            await raw.writer.drain()
    await until(lambda: len(hub.hub.node.sessions) == 1)


async def test_frames_behind_the_handshake_in_one_packet(hub: Running) -> None:
    for behind in (frame(SUBSCRIBE), frame(b"x", PING), bytes(20), frame(b"\xff"), frame(b"", CLOSE)):
        async with Raw.connected(hub) as raw:
            raw.send(head(*signed(*HANDSHAKE)) + behind)
            await raw.writer.drain()
            raw.end()
            await raw.rest()
    await until(lambda: len(hub.hub.node.sessions) == 1)


BROKEN_FRAMES = {
    "not masked": (bytes([FIN | TEXT, 2]) + b"{}", 1002),
    "reserved bit 1": (frame(b"{}", flags=FIN | RSV1), 1002),
    "reserved bit 2": (frame(b"{}", flags=FIN | 0x20), 1002),
    "reserved bit 3": (frame(b"{}", flags=FIN | 0x10), 1002),
    "unknown opcode": (frame(b"{}", 0x3), 1002),
    "unknown control opcode": (frame(b"", 0xF), 1002),
    "a continuation of nothing": (frame(b"{}", CONTINUATION), 1002),
    "text within text": (frame(b"{", flags=0) + frame(b"{}"), 1002),
    "a ping in parts": (frame(b"x", PING, flags=0), 1002),
    "a ping of 126 bytes": (frame(b"x" * 126, PING), 1002),
    "a close frame of one byte": (frame(b"x", CLOSE), 1002),
    "a close code that is none": (frame(b"\x00\x01", CLOSE), 1002),
    "a close reason that is no UTF-8": (frame(b"\x03\xe8\xff", CLOSE), 1007),
    "64 KiB and a byte": (frame(b"x" * 65_537), 1009),
    "a length of 2**63": (frame(b"", length=2**63 - 1), 1009),
    "64 KiB and a byte in parts": (frame(b"x" * 40_000, flags=0) + frame(b"x" * 40_000, CONTINUATION), 1009),
    "binary": (frame(b"{}", BINARY), 3501),
    "no UTF-8": (frame(b"\xff\xfe"), 3501),
    "no UTF-8 in parts": (frame(b"{\xe2", flags=0) + frame(b"\x28}", CONTINUATION), 3501),
    "fragments without end": (frame(b"", flags=0) + frame(b"", CONTINUATION, flags=0) * 3000, 3501),
    "no JSON": (frame(b"{"), 3501),
    "JSON nested 10,000 deep": (frame(b"[" * 10_000 + b"]" * 10_000), 3501),
    "nothing": (frame(b""), 3501),
}


@pytest.mark.parametrize(("sent", "code"), BROKEN_FRAMES.values(), ids=list(BROKEN_FRAMES))
async def test_a_broken_frame_closes_with_a_code(hub: Running, sent: bytes, code: int) -> None:
    async with Raw.upgraded(hub) as raw:
        raw.send(sent)
        assert await raw.close_code() == code
    await until(lambda: len(hub.hub.node.sessions) == 1)
    assert sum(hub.hub.node.allowance.refused.values()) == 1


async def test_a_close_frame_right_behind_a_broken_one(hub: Running) -> None:
    for sent, _ in BROKEN_FRAMES.values():
        async with Raw.upgraded(hub) as raw:
            raw.send(sent + frame(b"\x03\xe8", CLOSE))
            await raw.close_code()
    await until(lambda: len(hub.hub.node.sessions) == 1)


async def test_a_frame_cut_anywhere_leaves_nothing(hub: Running) -> None:
    whole = frame(SUBSCRIBE)
    for end in range(len(whole)):
        async with Raw.upgraded(hub) as raw:
            raw.send(whole[:end])
            await raw.writer.drain()
    await until(lambda: len(hub.hub.node.sessions) == 1)


async def test_control_frames_between_the_parts_of_a_message(hub: Running) -> None:
    async with Raw.upgraded(hub) as raw:
        parts = [SUBSCRIBE[n : n + 5] for n in range(0, len(SUBSCRIBE), 5)]
        for n, part in enumerate(parts):
            last = n == len(parts) - 1
            raw.send(frame(part, CONTINUATION if n else TEXT, flags=FIN if last else 0))
            raw.send(frame(b"", PONG) + frame(b"", PONG))
        answer = await raw.reader.readuntil(b"}")
        assert b'"ok":true' in answer


async def test_one_byte_at_a_time_is_as_good_as_all_at_once(hub: Running) -> None:
    async with Raw.upgraded(hub) as raw:
        for byte in frame(SUBSCRIBE):
            raw.send(bytes([byte]))
            await asyncio.sleep(0)
        assert b'"ok":true' in await raw.reader.readuntil(b"}")


async def test_a_deflate_bomb_stops_at_64_kib(hub: Running) -> None:
    squeeze = zlib.compressobj(9, wbits=-15)
    bomb = b"".join(squeeze.compress(bytes(2**20)) for _ in range(50)) + squeeze.flush(zlib.Z_SYNC_FLUSH)
    before = resident_bytes()
    for _ in range(20):
        async with Raw.upgraded(hub, "Sec-WebSocket-Extensions: permessage-deflate") as raw:
            raw.send(frame(bomb.removesuffix(b"\x00\x00\xff\xff"), flags=FIN | RSV1))
            assert await raw.close_code() == 1009
    assert resident_bytes() - before < 64 * 2**20


async def test_a_bomb_that_claims_a_gibibyte(hub: Running) -> None:
    squeeze = zlib.compressobj(9, wbits=-15)
    block = squeeze.compress(bytes(2**26)) + squeeze.flush(zlib.Z_FULL_FLUSH)
    async with Raw.upgraded(hub, "Sec-WebSocket-Extensions: permessage-deflate") as raw:
        # 16 blocks of 64 MiB each: 1 MiB on the wire.
        raw.send(frame(block * 16, flags=FIN | RSV1))
        assert await raw.close_code() == 1009


async def test_who_pings_and_never_reads_fills_no_memory(hub: Running) -> None:
    async with Raw.upgraded(hub) as raw:
        raw.reader._transport.pause_reading()  # type: ignore[attr-defined]  # as a program does that hangs
        before, pings = resident_bytes(), frame(b"x" * 125, PING) * 2000
        for _ in range(100):
            raw.send(pings)
            async with asyncio.timeout(20):
                await raw.writer.drain()
        assert resident_bytes() - before < 32 * 2**20


async def test_who_asks_and_never_reads_fills_no_memory(hub: Running, unharmed: Healthy) -> None:
    before = resident_bytes()
    async with Raw.upgraded(hub) as raw:
        raw.reader._transport.pause_reading()  # type: ignore[attr-defined]  # as above
        asked = frame(b'{"type":"steal","id":1,"more":"' + b"x" * 60 + b'"}') * 1000
        for _ in range(30):
            raw.send(asked)
        await unharmed.check()
        await until(lambda: hub.hub.node.closed.get("too_many_requests") == 1 or len(hub.hub.node.sessions) == 1)
    assert resident_bytes() - before < 64 * 2**20


async def test_too_many_requests_are_refused_then_closed(hub: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.transports.uvicorn_websocket.CLOSE_TIMEOUT_S", 0.5)
    async with Raw.upgraded(hub) as raw:
        raw.send(frame(b'{"type":"unsubscribe","id":1,"filters":["a"]}') * 5000)
        said = await raw.rest()
    assert b"too_many_requests" in said
    assert b"retry_after_s" in said
    assert b"\x0b\xc5" in said, "3013"
    assert hub.hub.node.allowance.requests.refused > 0


frames = st.builds(
    frame,
    st.binary(max_size=200) | st.sampled_from([SUBSCRIBE, b"{}", b"[1]", b'{"type":"auth","id":1}']),
    st.integers(0, 15),
    flags=st.sampled_from([0, FIN, FIN, FIN | RSV1]),
    length=st.none() | st.none() | st.integers(0, 2**63),
)


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(sent=st.lists(frames | st.binary(min_size=1, max_size=300), min_size=1, max_size=8))
async def test_noise_harms_nobody(hub: Running, sent: list[bytes]) -> None:
    async with Raw.upgraded(hub) as raw:
        for part in sent:
            raw.send(part)
            await asyncio.sleep(0)
        raw.end()
        await raw.rest()
    await until(lambda: len(hub.hub.node.sessions) == 1)
