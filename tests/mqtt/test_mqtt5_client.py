"""What Mqtt5Client does beyond the contract of all clients."""

import asyncio
import ssl
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import mqtt5
import pytest

from hub.errors import TOO_LARGE, Unavailable
from hub.mqtt.mqtt5_client import Mqtt5Client
from hub.mqtt.mqtt5_connection import Mqtt5Connection
from tests.mqtt.links import Reader, Side, connected, serving, side, until
from tests.servers import mosquitto, program

Answer = Callable[[mqtt5.Packet], list[mqtt5.Packet]]


def granted(packet: mqtt5.Packet) -> list[mqtt5.Packet]:
    """What a broker answers that grants everything."""
    if isinstance(packet, mqtt5.ConnectPacket):
        return [mqtt5.ConnAckPacket()]
    if isinstance(packet, mqtt5.SubscribePacket):
        return [mqtt5.SubAckPacket(packet.packet_id, [mqtt5.SubAckReasonCode(1)] * len(packet.topic_filters))]
    return []


@asynccontextmanager
async def answering(answer: Answer, *, hello: bytes = b"") -> AsyncIterator[str]:
    """A broker of a few packets, for answers that no real broker can be made to give."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(hello)
        data = b""
        while chunk := await reader.read(65536):
            data += chunk
            with suppress(IndexError):
                while True:
                    packet, length = mqtt5.read(memoryview(data))
                    data = data[length:]
                    writer.write(b"".join(reply.write() for reply in answer(packet)))

    async with serving(serve) as port:
        yield f"mqtt://127.0.0.1:{port}"


async def reason_of(answer: Answer, *, hello: bytes = b"") -> str:
    """Why a client of such a broker is not connected."""
    async with (
        answering(answer, hello=hello) as url,
        Mqtt5Client(url, client_id="hub-0", filters=["a", "b"]) as client,
    ):
        await until(lambda: client.link.reason != "not connected yet")
        assert not client.link.connected
        return client.link.reason


async def test_a_refused_subscription_is_no_connection() -> None:
    def refuse(packet: mqtt5.Packet) -> list[mqtt5.Packet]:
        if isinstance(packet, mqtt5.SubscribePacket):
            codes = [mqtt5.SubAckReasonCode(1), mqtt5.SubAckReasonCode.NOT_AUTHORIZED]
            return [mqtt5.SubAckPacket(packet.packet_id, codes)]
        return granted(packet)

    assert await reason_of(refuse) == "the broker refuses the subscription to b: not authorized"


async def test_what_is_not_mqtt_5_is_said() -> None:
    assert "not MQTT 5" in await reason_of(granted, hello=bytes(2))


async def test_two_answers_to_one_connect_end_it() -> None:
    def twice(packet: mqtt5.Packet) -> list[mqtt5.Packet]:
        return granted(packet) * (2 if isinstance(packet, mqtt5.ConnectPacket) else 1)

    assert await reason_of(twice) == "the broker accepted the connection twice"


async def test_a_broker_that_nobody_runs() -> None:
    async with Mqtt5Client("mqtt://127.0.0.1:1", client_id="hub-0", filters=["#"]) as client:
        await until(lambda: "can't connect" in client.link.reason)


async def test_limits_of_the_broker_are_kept() -> None:
    def small(packet: mqtt5.Packet) -> list[mqtt5.Packet]:
        if isinstance(packet, mqtt5.ConnectPacket):
            return [mqtt5.ConnAckPacket(max_packet_size=100, max_qos=mqtt5.QoS.AT_LEAST_ONCE, server_keep_alive=9)]
        if isinstance(packet, mqtt5.PublishPacket):
            assert packet.packet_id is not None
            return [mqtt5.PubAckPacket(packet.packet_id)]
        return granted(packet)

    async with answering(small) as url, Mqtt5Client(url, client_id="hub-0", filters=["#"]) as client:
        await connected(client)
        with pytest.raises(Unavailable, match="100 bytes") as caught:
            await client.publish("a", bytes(200))
        assert caught.value.code is TOO_LARGE
        with pytest.raises(Unavailable, match="QoS 1"):
            await client.publish("a", b"x", qos=2)
        await client.publish("a", b"x")


async def test_a_message_the_broker_can_not_send_properly_is_passed_over() -> None:
    acked: list[int] = []

    def bad(packet: mqtt5.Packet) -> list[mqtt5.Packet]:
        if isinstance(packet, mqtt5.PubAckPacket):
            acked.append(packet.packet_id)
        return granted(packet)

    class Raw:
        """Bytes where a packet is expected."""

        def write(self) -> bytes:
            return b"\x32\x06\x00\x00\x00\x08\x00x" + b"\x30\x04\x00\x00\x00x" + b"\x32\x07\x00\x01a\x00\x09\x00x"

    def after(packet: mqtt5.Packet) -> list[mqtt5.Packet]:
        replies = bad(packet)
        return [*replies, Raw()] if isinstance(packet, mqtt5.SubscribePacket) else replies  # type: ignore[list-item] # see Raw

    async with answering(after) as url, Mqtt5Client(url, client_id="hub-0", filters=["#"]) as client:
        assert [m.topic for m in await Reader(client).take(1, ack=True)] == ["a"]
        await until(lambda: acked == [8, 9])
        assert client.link.connected


@pytest.fixture
async def case(tmp_path: Path) -> AsyncIterator[Side]:
    async with side("mqtt5-mosquitto", tmp_path) as made:
        yield made


def exactly_once(case: Side) -> Mqtt5Client:
    return Mqtt5Client(f"mqtt://127.0.0.1:{case.wire.port}", client_id="hub-0", filters=["a"], max_qos=2)


async def test_qos_2_comes_as_qos_2_and_once(case: Side) -> None:
    async with exactly_once(case) as client, case.device() as device:
        await connected(client)
        reader = Reader(client)
        for text in (b"1", b"2"):
            await device.publish("a", text, qos=2)
        first = await reader.take(2)
        assert [(m.payload, m.qos) for m in first] == [(b"1", 2), (b"2", 2)]
        case.wire.cut()
        again = await reader.take(2, ack=True)
        assert [(m.payload, m.duplicate, m.packet_id) for m in again] == [(m.payload, True, m.packet_id) for m in first]
        await connected(client)
        await until(lambda: not client._exchanges.received)
        await device.publish("a", b"3", qos=2)
        assert [m.payload for m in await reader.take(1, ack=True)] == [b"3"]


async def test_what_was_answered_and_not_released_is_not_delivered_twice(case: Side) -> None:
    async with exactly_once(case) as client, case.device() as device:
        await connected(client)
        reader = Reader(client)
        await device.publish("a", b"1", qos=2)
        await reader.take(1)
        case.wire.hush()
        client.ack(reader.taken[0])  # the broker will not get it
        assert client._exchanges.received
        case.wire.cut()
        case.wire.speak()
        await until(lambda: client._inbox.connection == 2 and not client._exchanges.received)
        await device.publish("a", b"2", qos=2)
        assert [m.payload for m in await reader.take(1)] == [b"2"]


async def test_publishing_with_qos_2(case: Side) -> None:
    async with exactly_once(case) as client:
        await connected(client)
        reader = Reader(client)
        await client.publish("a", b"1", qos=2)
        assert [m.payload for m in await reader.take(1, ack=True)] == [b"1"]
        assert not client._exchanges.unreleased
        case.wire.hush()
        waiting = asyncio.ensure_future(client.publish("a", b"2", qos=2))
        await until(lambda: client._exchanges.unreleased)
        case.wire.cut()
        with pytest.raises(Unavailable):
            await waiting
        case.wire.speak()
        await until(lambda: client._inbox.connection == 2 and client.link.connected)
        assert not client._exchanges.unreleased
        await client.publish("a", b"3", qos=2)


async def test_a_session_that_is_taken_over_is_hinted_at(case: Side) -> None:
    url = f"mqtt://127.0.0.1:{case.broker.client_port}"
    async with Mqtt5Client(url, client_id="hub-0", filters=["#"]) as client:
        await connected(client)
        async with Mqtt5Client(url, client_id="hub-0", filters=["#"]):
            await until(lambda: "another client is hub-0 too" in client.link.reason)


async def test_a_reason_that_the_broker_gives_is_said() -> None:
    def end(packet: mqtt5.Packet) -> list[mqtt5.Packet]:
        if isinstance(packet, mqtt5.SubscribePacket):
            return [mqtt5.DisconnectPacket(reason_code=mqtt5.DisconnectReasonCode.SESSION_TAKEN_OVER)]
        return granted(packet)

    assert await reason_of(end) == "the broker ended the connection: session taken over"


async def test_a_socket_that_takes_no_more_stops_reading_and_publishing(case: Side) -> None:
    url = f"mqtt://127.0.0.1:{case.broker.client_port}"
    async with Mqtt5Client(url, client_id="hub-0", filters=["a"]) as client, case.device() as device:
        await connected(client)
        connection = client._connection
        assert isinstance(connection, Mqtt5Connection)
        connection.pause_writing()  # as asyncio does past its high-water mark
        publishing = asyncio.ensure_future(client.publish("a", b"mine"))
        await device.publish("a", b"theirs", qos=1)
        await device.publish("a", b"theirs too", qos=1)
        assert not client._inbox._waiting
        connection.resume_writing()
        await publishing
        assert len(await Reader(client).take(3, ack=True)) == 3


async def test_a_socket_that_takes_no_more_for_long_is_a_dead_link(case: Side) -> None:
    async with Mqtt5Client(
        f"mqtt://127.0.0.1:{case.wire.port}", client_id="hub-0", filters=["a"], keep_alive_s=1
    ) as client:
        await connected(client)
        assert isinstance(client._connection, Mqtt5Connection)
        client._connection.pause_writing()
        await until(lambda: "silent" in client.link.reason)


async def test_a_publish_the_broker_does_not_allow_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "acl").write_text("topic read #\n")
    with mosquitto(tmp_path, f"acl_file {tmp_path / 'acl'}") as server:
        async with Mqtt5Client(f"mqtt://127.0.0.1:{server.port}", client_id="hub-0", filters=["#"]) as client:
            await connected(client)
            with pytest.raises(Unavailable, match="not authorized"):
                await client.publish("closed", b"x")
            # No second one: Mosquitto 2.0.11 ends a connection at the first message after one it has refused.


async def test_a_wrong_password_is_said(tmp_path: Path) -> None:
    passwords = tmp_path / "passwords"
    subprocess.run([program("mosquitto_passwd"), "-b", "-c", passwords, "anna", "right"], check=True)
    with mosquitto(tmp_path, "allow_anonymous false", f"password_file {passwords}") as server:
        where = f"127.0.0.1:{server.port}"
        async with Mqtt5Client(f"mqtt://anna:wrong@{where}", client_id="hub-0", filters=["#"]) as client:
            await until(lambda: "not authorized" in client.link.reason)
        async with Mqtt5Client(f"mqtt://anna:right@{where}", client_id="hub-0", filters=["#"]) as client:
            await connected(client)


async def test_tls(secured: str, certificate: Path) -> None:
    context = ssl.create_default_context(cafile=str(certificate / "cert.pem"))
    async with Mqtt5Client(secured, client_id="hub-0", filters=["#"], tls=context) as client:
        await connected(client)
        await client.publish("a", bytes(300_000))
        assert [len(m.payload) for m in await Reader(client).take(1, ack=True)] == [300_000]


async def test_a_certificate_that_nobody_vouches_for_is_refused(secured: str) -> None:
    async with Mqtt5Client(secured, client_id="hub-0", filters=["#"]) as client:
        await until(lambda: "CERTIFICATE_VERIFY_FAILED" in client.link.reason)
