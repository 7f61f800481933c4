"""The session of a simulator against brokers that do what real ones do seldom."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from simulators import session as session_module
from simulators.base import NO_WILL, Message
from simulators.session import IN_FLIGHT, Heard, LinkLost, Session

ACCEPTED = b"\x20\x02\x00\x00"

Play = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def session(port: int, *, will: Message = NO_WILL, password: str | None = None) -> Session:
    return Session("127.0.0.1", port, client_id="c", will=will, username=password and "u", password=password)


@asynccontextmanager
async def played(play: Play) -> AsyncIterator[int]:
    """The port of a broker that plays its part once for each connection."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await play(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def packet(reader: asyncio.StreamReader) -> bytes:
    """The next packet, without its length."""
    first, shift, length = await reader.readexactly(1), 0, 0
    while True:
        (byte,) = await reader.readexactly(1)
        length |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            return first + await reader.readexactly(length)


async def test_what_a_session_says_and_hears() -> None:
    seen: list[bytes] = []

    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await packet(reader))
        for byte in ACCEPTED + b"\x32\x08\x00\x01t\x00\x07abc":
            writer.write(bytes((byte,)))
            await writer.drain()
        seen.extend([await packet(reader) for _ in range(4)])

    async with played(play) as port:
        async with session(port, will=Message("w", "gone", 1, retain=True), password="p") as client:
            heard = client.heard()
            assert await anext(heard) == Heard("t", b"abc")
            await client.say([Message("a", "x" * 200), Message("a", b"y", 1)])
        with pytest.raises(LinkLost, match="disconnected"):
            await anext(heard)
    assert seen == [
        b"\x10\x00\x04MQTT\x04\xee\x00\x1e\x00\x01c\x00\x01w\x00\x04gone\x00\x01u\x00\x01p",
        b"\x40\x00\x07",
        b"\x30\x00\x01a" + b"x" * 200,
        b"\x32\x00\x01a\x00\x01y",
        b"\xe0",
    ]


async def test_a_broker_that_refuses() -> None:
    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await packet(reader)
        writer.write(b"\x20\x02\x00\x05")
        await reader.read()

    async with played(play) as port:
        with pytest.raises(LinkLost, match="refuses: code 5"):
            await session(port).__aenter__()


async def test_a_broker_that_refuses_a_filter() -> None:
    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await packet(reader)
        writer.write(ACCEPTED)
        await packet(reader)
        writer.write(b"\x90\x03\x00\x01\x80")
        await reader.read()

    async with played(play) as port, session(port) as client:
        with pytest.raises(LinkLost, match="refuses a filter"):
            await client.subscribe([("a/#", 1)])


async def test_a_broker_that_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session_module, "CONNECT_TIMEOUT_S", 0.01)

    async def play(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with played(play) as port:
        with pytest.raises(LinkLost, match="no answer"):
            await session(port).__aenter__()


async def test_a_broker_that_answers_no_ping_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    pings = 0

    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal pings
        await packet(reader)
        writer.write(ACCEPTED)
        while await packet(reader) == b"\xc0":
            pings += 1
            if pings == 1:
                writer.write(b"\xd0\x00")

    async with played(play) as port:
        client = session(port)
        monkeypatch.setattr(session_module, "KEEP_ALIVE_S", 0.1)
        async with client:
            with pytest.raises(LinkLost, match="does not answer"):
                await anext(client.heard())
    assert pings > 0


async def test_what_the_broker_does_not_acknowledge_waits() -> None:
    held, read = asyncio.Event(), 0

    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal read
        await packet(reader)
        writer.write(ACCEPTED)
        while read < IN_FLIGHT:
            await packet(reader)
            read += 1
        await held.wait()
        writer.write(b"\x40\x02\x00\x01")
        await packet(reader)
        read += 1

    async with played(play) as port, session(port) as client:
        await client.say([Message("a", "x", 1)] * IN_FLIGHT)
        saying = asyncio.create_task(client.say([Message("a", "x", 1)]))
        await asyncio.sleep(0)
        assert not saying.done()
        held.set()
        await saying
        with pytest.raises(LinkLost):
            await anext(client.heard())
    assert read == IN_FLIGHT + 1


async def test_a_link_that_is_lost_while_room_is_waited_for() -> None:
    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await packet(reader)
        writer.write(ACCEPTED)
        for _ in range(IN_FLIGHT):
            await packet(reader)

    async with played(play) as port, session(port) as client:
        with pytest.raises(LinkLost):
            await client.say([Message("a", "x", 1)] * (IN_FLIGHT + 1))
