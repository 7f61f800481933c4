"""Bytes on a socket as no client library would send them, and what the hub makes of them."""

import asyncio
import base64
import os
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Self

from tests.running import DEADLINE_S, Running, token

TEXT, BINARY, CONTINUATION, CLOSE, PING, PONG = 0x1, 0x2, 0x0, 0x8, 0x9, 0xA
FIN, RSV1 = 0x80, 0x40
HANDSHAKE = (
    "GET /ws HTTP/1.1",
    "Host: 127.0.0.1",
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Key: " + base64.b64encode(bytes(16)).decode(),
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Protocol: hub.v1.json",
)


def head(*lines: str) -> bytes:
    """A request's head."""
    return "".join(f"{line}\r\n" for line in lines).encode("latin-1") + b"\r\n"


def signed(*lines: str) -> tuple[str, ...]:
    """The same lines with a good token."""
    return (*lines, f"Authorization: Bearer {token()}")


def frame(payload: bytes = b"", opcode: int = TEXT, *, flags: int = FIN, length: int | None = None) -> bytes:
    """A masked frame (RFC 6455 section 5.2); `length` is what it claims to have."""
    claimed = len(payload) if length is None else length
    if claimed < 126:
        size = struct.pack("!B", 0x80 | claimed)
    elif claimed < 1 << 16:
        size = struct.pack("!BH", 0x80 | 126, claimed)
    else:
        size = struct.pack("!BQ", 0x80 | 127, claimed)
    # A mask of zeros leaves the payload as it is.
    return bytes([flags | opcode]) + size + bytes(4) + payload


class Raw:
    """One TCP connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    @asynccontextmanager
    async def connected(cls, hub: Running) -> AsyncIterator[Self]:
        """Connect to the hub's HTTP port."""
        reader, writer = await asyncio.open_connection("127.0.0.1", hub.http_port)
        try:
            yield cls(reader, writer)
        finally:
            writer.transport.abort()

    @classmethod
    @asynccontextmanager
    async def upgraded(cls, hub: Running, *lines: str) -> AsyncIterator[Self]:
        """The same as a WebSocket that has signed in."""
        async with cls.connected(hub) as raw:
            raw.send(head(*signed(*HANDSHAKE), *lines))
            answer = await raw.reader.readuntil(b"\r\n\r\n")
            assert answer.startswith(b"HTTP/1.1 101"), answer
            yield raw

    def send(self, data: bytes) -> None:
        """Send, whether the hub still listens or not."""
        with suppress(ConnectionError):
            self.writer.write(data)

    async def rest(self) -> bytes:
        """All that comes until the hub closes the connection."""
        found = bytearray()
        async with asyncio.timeout(DEADLINE_S):
            with suppress(ConnectionError):
                while part := await self.reader.read(65_536):
                    found += part
        return bytes(found)

    def end(self) -> None:
        """Send no more, if the hub still listens."""
        with suppress(OSError):
            self.writer.write_eof()

    async def close_code(self) -> int:
        """The code of the close frame that comes; 0 where the connection ends without one."""
        found, code = bytearray(), 0
        async with asyncio.timeout(DEADLINE_S):
            with suppress(ConnectionError):
                while not code and (part := await self.reader.read(65_536)):
                    found += part
                    code = close_code(found)
        return code

    async def status(self) -> int:
        """The status of the one answer that comes before the end; 0 where none does."""
        found = await self.rest()
        return int(found.split(b" ")[1]) if found.startswith(b"HTTP/1.1 ") else 0


def close_code(data: bytes | bytearray) -> int:
    """The code of the close frame among a server's frames; 0 where there is none."""
    while len(data) >= 2:
        opcode, size, start = data[0] & 0xF, data[1], 2
        if size == 126:
            size, start = int.from_bytes(data[2:4], "big"), 4
        elif size == 127:
            size, start = int.from_bytes(data[2:10], "big"), 10
        if opcode == CLOSE:
            return int.from_bytes(data[start : start + 2], "big")
        data = data[start + size :]
    return 0


def resident_bytes() -> int:
    """What this process has in memory."""
    with open("/proc/self/statm", encoding="ascii") as statm:  # noqa: PTH123 - a file of the kernel
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
