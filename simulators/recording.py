"""What was said at a broker, in a file: one JSON object a line, which `hub decode` reads too.

    {"at": 1.204, "topic": "devices/meter-01/telemetry", "payload": "{…}", "qos": 1, "retain": false}

`at` is in seconds from the beginning; what is not UTF-8 is in `payload_hex`.
"""

import asyncio
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiomqtt

from simulators.base import Message
from simulators.link import Broker


async def record(broker: Broker, path: Path, stop: asyncio.Event, *, topic_filter: str = "#") -> int:
    """Write all that is said until `stop` is set; how many messages it was. Retained ones come first, at 0 s."""
    written = 0
    began = time.monotonic()
    with path.open("w", encoding="utf-8", buffering=1) as file:
        async with client_of(broker) as client:
            await client.subscribe(topic_filter, 1)
            stopping = asyncio.create_task(stop.wait(), name="simulators.recording[stop]")
            messages = aiter(client.messages)
            try:
                while True:
                    coming = asyncio.ensure_future(anext(messages))
                    await asyncio.wait({stopping, coming}, return_when=asyncio.FIRST_COMPLETED)
                    if not coming.done():
                        coming.cancel()
                        await asyncio.gather(coming, return_exceptions=True)
                        return written
                    file.write(line_of(coming.result(), at=time.monotonic() - began) + "\n")
                    written += 1
            finally:
                stopping.cancel()


async def replay(broker: Broker, path: Path, stop: asyncio.Event, *, speed: float = 1) -> int:
    """Say again what a file has, at its pace times `speed` (0: without any); how many messages it was."""
    sent = 0
    loop = asyncio.get_running_loop()
    async with client_of(broker) as client:
        began = loop.time()
        for at, message in messages_of(path):
            wait_s = began + at / speed - loop.time() if speed else 0
            if wait_s > 0:
                await asyncio.wait({asyncio.create_task(stop.wait())}, timeout=wait_s)
            if stop.is_set():
                break
            await client.publish(message.topic, message.payload, message.qos, message.retain)
            sent += 1
    return sent


def client_of(broker: Broker) -> aiomqtt.Client:
    """A client of the broker."""
    return aiomqtt.Client(broker.host, broker.port, username=broker.username, password=broker.password)


def line_of(message: aiomqtt.Message, *, at: float) -> str:
    """The line of a message."""
    payload = message.payload if isinstance(message.payload, bytes) else b""
    told: dict[str, Any] = {"at": round(at, 3), "topic": message.topic.value}
    try:
        told["payload"] = payload.decode()
    except UnicodeDecodeError:
        told["payload_hex"] = payload.hex()
    return json.dumps({**told, "qos": message.qos, "retain": bool(message.retain)}, ensure_ascii=False)


def messages_of(path: Path) -> Iterator[tuple[float, Message]]:
    """When and what, line by line; raises ValueError with the number of a line that is none."""
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            try:
                told = json.loads(line)
                payload = bytes.fromhex(told["payload_hex"]) if "payload_hex" in told else str(told["payload"])
                message = Message(str(told["topic"]), payload, int(told.get("qos", 0)), bool(told.get("retain")))
                yield float(told.get("at", 0)), message
            except (ValueError, KeyError, TypeError) as error:
                raise ValueError(f"{path}, line {number}: not a recorded message ({error!r})") from None
