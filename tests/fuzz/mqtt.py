"""MQTT 3.1.1 as bytes: also what no client library would send."""

import asyncio
import struct
from contextlib import suppress

from tests.running import DEADLINE_S

CONNECT, PUBLISH, SUBSCRIBE, PINGREQ, PINGRESP = 0x10, 0x30, 0x82, 0xC0, b"\xd0\x00"


def packet(kind: int, body: bytes, *, length: int | None = None) -> bytes:
    """A control packet (section 2.2); `length` is what it claims to have."""
    left, size = len(body) if length is None else length, bytearray()
    while True:
        left, digit = divmod(left, 128)
        size.append(digit | (0x80 if left else 0))
        if not left:
            return bytes([kind]) + bytes(size) + body


def text(value: bytes) -> bytes:
    """A string with its length."""
    return struct.pack("!H", len(value)) + value


def connect(name: bytes) -> bytes:
    """CONNECT with a clean session."""
    return packet(CONNECT, text(b"MQTT") + b"\x04\x02\x00\x3c" + text(name))


def publish(topic: bytes, payload: bytes, *, packet_id: int = 0) -> bytes:
    """PUBLISH; QoS 1 where it has a packet id."""
    numbered = struct.pack("!H", packet_id) if packet_id else b""
    return packet(PUBLISH | (2 if packet_id else 0), text(topic) + numbered + payload)


async def taken(port: int, sent: bytes) -> bool:
    """Send on a connection of its own; whether the broker answers a ping behind it, so that it has all of it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    said = b""
    try:
        async with asyncio.timeout(DEADLINE_S):
            with suppress(OSError):
                writer.write(sent + packet(PINGREQ, b""))
                while not said.endswith(PINGRESP) and (part := await reader.read(65_536)):
                    said += part
    finally:
        writer.transport.abort()
    return said.endswith(PINGRESP)


async def blurted(port: int, sent: bytes) -> None:
    """Send on a connection of its own, send no more, and wait until the broker ends it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        async with asyncio.timeout(DEADLINE_S):
            with suppress(OSError):
                writer.write(sent)
                await writer.drain()
                writer.write_eof()
                await reader.read()
    finally:
        writer.transport.abort()
