"""publisher.c in Python, where there is no compiler: the same options, words and messages; only for small loads."""

import asyncio
import sys
import time
from asyncio import StreamReader, StreamWriter
from dataclasses import dataclass

from hub.bench.slow import Options, answer, next_line, read_options, until

CONNACK, PUBACK = 2, 4
DRAIN_S = 20.0
KEEP_ALIVE_S = 3600


@dataclass
class Link:
    """A connection to the broker (MQTT 3.1.1)."""

    reader: StreamReader
    writer: StreamWriter
    sent: int = 0
    acked: int = 0

    async def read(self) -> None:
        """Count acknowledgements until the connection ends."""
        while True:
            kind, rest_n = await self.reader.readexactly(2)
            await self.reader.readexactly(rest_n)
            self.acked += kind >> 4 == PUBACK

    def publish(self, topic: str, payload: bytes, *, qos: int) -> None:
        """Send one message."""
        packet_id = (self.sent % 65535 + 1).to_bytes(2) if qos else b""
        self.writer.write(_packet(0x30 | qos << 1, _text(topic) + packet_id + payload))
        self.sent += 1


async def connected(options: Options, number: int) -> Link:
    """A connection that the broker has accepted."""
    reader, writer = await asyncio.open_connection(options["host"], int(options["port"]))
    user, password = options.get("user"), options.get("password")
    flags = 2 | (0x80 if user is not None else 0) | (0x40 if password is not None else 0)
    rest = b"".join(_text(text) for text in (f"{options['prefix']}{number}", user, password) if text is not None)
    writer.write(_packet(0x10, _text("MQTT") + bytes((4, flags)) + KEEP_ALIVE_S.to_bytes(2) + rest))
    kind, _, _, code = await reader.readexactly(4)
    if kind >> 4 != CONNACK or code:
        sys.exit(f"The broker refuses the connection (code {code}).")
    return Link(reader, writer)


def _packet(first: int, rest: bytes) -> bytes:
    length, left = bytearray(), len(rest)
    while True:
        left, low = left >> 7, left & 127
        length.append(low | 128 if left else low)
        if not left:
            return bytes((first, *length)) + rest


def _text(text: str) -> bytes:
    encoded = text.encode()
    return len(encoded).to_bytes(2) + encoded


async def publish(links: list[Link], options: Options) -> dict[str, float]:
    """Send all messages at their pace; what is to be told of it."""
    rate, count, devices, qos = (
        float(options["rate"]),
        int(options["count"]),
        int(options["devices"]),
        int(options["qos"]),
    )
    members = f",{options['members']}" if options["members"] else ""
    began, cpu_s, behind_s = time.monotonic(), time.process_time(), 0.0
    for number in range(count):
        due = began + number / rate
        behind_s = max(behind_s, time.monotonic() - due)
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        device = number % devices
        payload = b'{"sent_us":%d,"number":%d%b}' % (time.monotonic_ns() // 1000, number, members.encode())
        link = links[device % len(links)]
        link.publish(f"devices/{options['prefix']}{device}/telemetry", payload, qos=qos)
        await link.writer.drain()
    seconds = time.monotonic() - began
    if qos:
        await until(lambda: all(link.acked == link.sent for link in links), within_s=DRAIN_S)
    left = sum(link.sent - link.acked for link in links) if qos else 0
    return {
        "published": count,
        "unacknowledged": left,
        "seconds": seconds,
        "behind_us": round(behind_s * 1e6),
        "cpu_s": time.process_time() - cpu_s,
    }


async def main() -> None:
    """Do as standard input says."""
    options, _ = read_options()
    links = [await connected(options, number) for number in range(int(options["connections"]))]
    readers = [asyncio.create_task(link.read(), name=f"hub.bench.slow_publisher[{i}]") for i, link in enumerate(links)]
    answer("ready", {})
    if await next_line():
        answer("result", await publish(links, options))
        await next_line()
    for reader in readers:
        reader.cancel()
    await asyncio.gather(*readers, return_exceptions=True)


if __name__ == "__main__":
    asyncio.run(main())
