"""Which MQTT a broker speaks, asked once, without touching any session."""

import asyncio
import ssl
from contextlib import suppress
from secrets import token_hex
from typing import Literal

from hub.errors import Unavailable
from hub.mqtt.url import BrokerUrl

Version = Literal["5", "3.1.1"]

ANSWER_TIMEOUT_S = 3.0
KEEP_ALIVE_S = 30
"""rumqttd refuses a client without keep alive."""

_LEVELS: dict[Version, int] = {"3.1.1": 4, "5": 5}
_CONNACK = 0x20
_CLEAN_START = 0x02
_PASSWORD = 0x40
_USER = 0x80
_DISCONNECT = b"\xe0\x00"
_UNSUPPORTED = {1, 0x84}
"""The return code of 3.1.1 and the reason code of 5 for a protocol version the broker does not speak."""
_OLD_CONNACK_BYTES = 2
"""CONNACK of 3.1.1 has flags and return code; that of 5 has at least one byte of properties more."""
_OLD_REFUSALS = {
    2: "client identifier not valid",
    3: "server unavailable",
    4: "bad user name or password",
    5: "not authorized",
}
_REFUSALS = {0x85: _OLD_REFUSALS[2], 0x88: _OLD_REFUSALS[3], 0x86: _OLD_REFUSALS[4], 0x87: _OLD_REFUSALS[5]}


async def probe(url: str, *, tls: ssl.SSLContext | None = None) -> Version:
    """The newest MQTT the broker speaks; raises Unavailable where none answers or it refuses the user.

    It connects with a client id of its own and a clean session, so kept sessions stay as they are.
    """
    broker = BrokerUrl.parse(url)
    context = (tls or ssl.create_default_context()) if broker.tls else None
    if await _speaks(broker, "5", context):
        return "5"
    if await _speaks(broker, "3.1.1", context):
        return "3.1.1"
    raise Unavailable(f"{broker} answers neither MQTT 5 nor 3.1.1: is it a broker, and is TLS (mqtts://) right?")


async def answers(host: str, port: int, *, timeout_s: float = 0.5) -> bool:
    """Whether something accepts TCP connections there."""
    try:
        async with asyncio.timeout(timeout_s):
            _, writer = await asyncio.open_connection(host, port)
    except (OSError, TimeoutError):
        return False
    await _close(writer)
    return True


async def _speaks(broker: BrokerUrl, version: Version, context: ssl.SSLContext | None) -> bool:
    """Whether the broker takes a connection of this version; raises Unavailable where it refuses the user."""
    try:
        async with asyncio.timeout(ANSWER_TIMEOUT_S):
            reader, writer = await asyncio.open_connection(broker.host, broker.port, ssl=context)
    except TimeoutError:
        raise Unavailable(f"{broker} does not answer within {ANSWER_TIMEOUT_S:g} s.") from None
    except OSError as error:
        raise Unavailable(f"Can't connect to {broker}: {error}.") from error
    try:
        async with asyncio.timeout(ANSWER_TIMEOUT_S):
            writer.write(_connect(broker, version))
            head = await reader.readexactly(4)
            writer.write(_DISCONNECT)
    except (OSError, TimeoutError, asyncio.IncompleteReadError):
        return False
    finally:
        await _close(writer)
    return _verdict(broker, version, head)


def _verdict(broker: BrokerUrl, version: Version, head: bytes) -> bool:
    """What the first four bytes of the answer say."""
    kind, length, _, code = head
    old = length == _OLD_CONNACK_BYTES
    if kind != _CONNACK or code in _UNSUPPORTED or old != (version == "3.1.1"):
        return False
    if code:
        reason = (_OLD_REFUSALS if old else _REFUSALS).get(code, f"reason code {code}")
        raise Unavailable(f"{broker} refuses the connection: {reason}.")
    return True


def _connect(broker: BrokerUrl, version: Version) -> bytes:
    flags = _CLEAN_START
    fields = [f"hub-probe-{token_hex(4)}".encode()]
    if broker.user is not None:
        flags |= _USER
        fields.append(broker.user.encode())
        if broker.password is not None:
            flags |= _PASSWORD
            fields.append(broker.password.encode())
    body = b"\x00\x04MQTT" + bytes([_LEVELS[version], flags]) + KEEP_ALIVE_S.to_bytes(2, "big")
    if version == "5":
        body += b"\x00"  # no properties
    body += b"".join(len(field).to_bytes(2, "big") + field for field in fields)
    return b"\x10" + _length(len(body)) + body


def _length(size: int) -> bytes:
    """A remaining length (MQTT 3.1.1 section 2.2.3)."""
    encoded = bytearray()
    while True:
        size, digit = divmod(size, 128)
        encoded.append(digit | (128 if size else 0))
        if not size:
            return bytes(encoded)


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(OSError, TimeoutError):
        async with asyncio.timeout(ANSWER_TIMEOUT_S):
            await writer.wait_closed()
