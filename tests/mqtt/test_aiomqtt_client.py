"""What AiomqttClient does beyond the contract of all clients."""

import asyncio
import ssl
import subprocess
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from hub.mqtt.aiomqtt_client import AiomqttClient
from tests.mqtt.links import Reader, connected, serving, side, until
from tests.servers import mosquitto, program

CONNECT, SUBSCRIBE, PUBACK = 0x10, 0x82, 0x40
GRANTED: Mapping[int, bytes] = {CONNECT: b"\x20\x02\x00\x00", SUBSCRIBE: b"\x90\x03\x00\x01\x01"}
"""What a broker answers to the first packets of a client with one filter."""


@asynccontextmanager
async def answering(answers: Mapping[int, bytes], *, acked: list[bytes] | None = None) -> AsyncIterator[str]:
    """A broker of a few packets, by the first byte of what it answers; PUBACKs are put into `acked`."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError):
            while True:
                head, length = await reader.readexactly(2)
                body = await reader.readexactly(length)
                if head == PUBACK and acked is not None:
                    acked.append(body)
                writer.write(answers.get(head, b""))

    async with serving(serve) as port:
        yield f"mqtt://127.0.0.1:{port}"


async def reason_of(answers: Mapping[int, bytes]) -> str:
    """Why a client of such a broker is not connected."""
    async with answering(answers) as url, AiomqttClient(url, client_id="hub-0", filters=["a"]) as client:
        await until(lambda: client.link.reason != "not connected yet")
        assert not client.link.connected
        return client.link.reason


async def test_a_refused_subscription_is_no_connection() -> None:
    answers = {**GRANTED, SUBSCRIBE: b"\x90\x03\x00\x01\x80"}
    assert await reason_of(answers) == "the broker refuses the subscription to a"


async def test_a_refused_connection_is_said() -> None:
    assert "Not authorized" in await reason_of({CONNECT: b"\x20\x02\x00\x05"})


async def test_a_broker_that_goes_while_it_is_asked_is_said() -> None:
    reason = await reason_of({**GRANTED, SUBSCRIBE: b"\xf0\x00"})
    assert "lost" in reason


async def test_what_paho_trips_over_ends_the_connection() -> None:
    reason = await reason_of({**GRANTED, SUBSCRIBE: b"\x90\x01\x00"})
    assert "unreadable" in reason or "lost" in reason


@pytest.mark.parametrize(
    "packet",
    [b"\x34\x07\x00\x01a\x00\x09\x00x", b"\x32\x05\x00\x01a\x00\x00", b"\x32\x04\x00\x09a\x00"],
    ids=["a QoS nobody granted", "packet id 0", "a topic beyond the end"],
)
async def test_a_message_against_the_protocol_ends_the_connection(packet: bytes) -> None:
    answers = {**GRANTED, SUBSCRIBE: GRANTED[SUBSCRIBE] + packet}
    async with answering(answers) as url, AiomqttClient(url, client_id="hub-0", filters=["a"]) as client:
        await until(lambda: "lost" in client.link.reason)


async def test_a_message_without_a_readable_topic_is_acknowledged_and_passed_over() -> None:
    acked: list[bytes] = []
    empty, wrong, right = b"\x32\x05\x00\x00\x00\x08x", b"\x30\x05\x00\x02\xff\xfex", b"\x32\x06\x00\x01a\x00\x09x"
    answers = {**GRANTED, SUBSCRIBE: GRANTED[SUBSCRIBE] + empty + wrong + right}
    async with (
        answering(answers, acked=acked) as url,
        AiomqttClient(url, client_id="hub-0", filters=["a"]) as client,
    ):
        assert [message[:2] for message in await Reader(client).take(1, ack=True)] == [("a", b"x")]
        await until(lambda: b"".join(acked) == b"\x00\x08\x00\x09")
        assert client.link.connected


async def test_an_empty_topic_that_the_embedded_broker_passes_on_does_no_harm(tmp_path: Path) -> None:
    async with side("aiomqtt-embedded", tmp_path) as case, case.client() as client, case.device() as device:
        await connected(client)
        _, writer = await asyncio.open_connection("127.0.0.1", case.broker.port)
        writer.write(b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x1e\x00\x01d" + b"\x32\x05\x00\x00\x00\x08x")
        await writer.drain()
        reader = Reader(client)
        await until(lambda: client._connection.client._paho.malformed)  # type: ignore[union-attr] # its own
        writer.close()
        await device.publish("a", b"x", qos=1)
        assert [message.topic for message in await reader.take(1, ack=True)] == ["a"]
        assert reader.taken[0].connection == 1


async def test_a_wrong_password_is_said(tmp_path: Path) -> None:
    passwords = tmp_path / "passwords"
    subprocess.run([program("mosquitto_passwd"), "-b", "-c", passwords, "anna", "right"], check=True)
    with mosquitto(tmp_path, "allow_anonymous false", f"password_file {passwords}") as server:
        where = f"127.0.0.1:{server.port}"
        async with AiomqttClient(f"mqtt://anna:wrong@{where}", client_id="hub-0", filters=["#"]) as client:
            await until(lambda: "Not authorized" in client.link.reason)
        async with AiomqttClient(f"mqtt://anna:right@{where}", client_id="hub-0", filters=["#"]) as client:
            await connected(client)


async def test_a_broker_that_nobody_runs() -> None:
    async with AiomqttClient("mqtt://127.0.0.1:1", client_id="hub-0", filters=["#"]) as client:
        await until(lambda: "can't connect" in client.link.reason)


async def test_closing_while_it_connects_leaves_nothing_open() -> None:
    came, ended = asyncio.Event(), asyncio.Event()

    async def silent(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        came.set()
        while await reader.read(1000):
            pass
        ended.set()

    async with serving(silent) as port:
        async with AiomqttClient(f"mqtt://127.0.0.1:{port}", client_id="hub-0", filters=["#"]):
            await came.wait()
        async with asyncio.timeout(5):
            await ended.wait()


async def test_tls(secured: str, certificate: Path) -> None:
    context = ssl.create_default_context(cafile=str(certificate / "cert.pem"))
    async with AiomqttClient(secured, client_id="hub-0", filters=["#"], tls=context, max_waiting_messages=2) as client:
        await connected(client)
        taking = asyncio.ensure_future(Reader(client).take(5, ack=True))
        for number in range(5):
            await client.publish("a", bytes([number]) * 300_000)
        found = await taking
        assert [message.payload[::299_999] for message in found] == [bytes([number] * 2) for number in range(5)]


async def test_a_certificate_that_nobody_vouches_for_is_refused(secured: str) -> None:
    async with AiomqttClient(secured, client_id="hub-0", filters=["#"]) as client:
        await until(lambda: "CERTIFICATE_VERIFY_FAILED" in client.link.reason)
