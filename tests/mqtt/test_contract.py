"""The contract of hub.mqtt.base.MqttClient: each client against each broker it is for."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import aiomqtt
import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from hub.errors import InvalidFilter, InvalidTopic, Unavailable
from hub.mqtt.aiomqtt_client import AiomqttClient
from hub.mqtt.base import Message, Response
from tests.mqtt.links import Reader, Side, connected, side, until

CASES = ["mqtt5-mosquitto", "mqtt5-embedded", "aiomqtt-mosquitto", "aiomqtt-embedded"]
MIB = 1024 * 1024


@pytest.fixture(params=CASES)
async def case(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Side]:
    async with side(request.param, tmp_path) as made:
        yield made


def payloads(messages: list[Message]) -> list[bytes]:
    return [message.payload for message in messages]


async def test_connected_means_subscribed(case: Side) -> None:
    async with case.client() as client, case.device() as device:
        await connected(client)
        await device.publish("kitchen/state", b"on", qos=1)
        (message,) = await Reader(client).take(1)
        assert message[:3] == ("kitchen/state", b"on", 1)


async def test_messages_of_every_qos_come_in_order_as_they_were_sent(case: Side) -> None:
    async with case.client() as client, case.device() as device:
        await connected(client)
        for qos in (0, 1, 2):
            await device.publish(f"qos/{qos}", b"\x00\xff" * qos, qos=qos)
        messages = await Reader(client).take(3)
        assert [message[:2] for message in messages] == [(f"qos/{qos}", b"\x00\xff" * qos) for qos in (0, 1, 2)]
        assert [message.qos for message in messages] == [case.seen_qos(qos) for qos in (0, 1, 2)]
        assert all(bool(message.packet_id) == bool(message.qos) for message in messages)
        assert not any(message.duplicate or message.retain for message in messages)


async def test_a_retained_message_comes_once_for_a_new_subscription_and_says_so(case: Side) -> None:
    async with case.device() as device:
        await device.publish("kept", b"old", qos=1, retain=True)
        async with case.client() as client:
            await connected(client)
            reader = Reader(client)
            (old,) = await reader.take(1, ack=True)
            await device.publish("kept", b"new", qos=1, retain=True)
            (new,) = await reader.take(1, ack=True)
            assert (old.payload, old.retain, new.payload, new.retain) == (b"old", True, b"new", False)
        async with case.client() as client:
            await connected(client)
            await device.publish("fence", b"", qos=1)
            found = await Reader(client).take(1, ack=True)
            # 3.1.1 has no word for "only where the subscription is new", so Mosquitto sends it again.
            again = [message for message in found if message.topic == "kept"]
            assert all(message.retain for message in again)
            assert not again or case.client_class is AiomqttClient


async def test_what_is_acknowledged_does_not_come_again_and_the_rest_does(case: Side) -> None:
    async with case.client(filters=["a"]) as client, case.device() as device:
        await connected(client)
        reader = Reader(client)
        await device.publish("a", b"1", qos=1)
        await reader.take(1, ack=True)
        for text in (b"2", b"3"):
            await device.publish("a", text, qos=1)
        before = await reader.take(2)
        # Its PUBACK proves that the broker has read the acknowledgement before it.
        await client.publish("fence", b"")
        case.wire.cut()
        again = await reader.take(2, ack=True)
        assert payloads(again) == [b"2", b"3"]
        assert [message.duplicate for message in again] == [case.broker.marks_duplicates] * 2
        if case.broker.marks_duplicates:
            assert [message.packet_id for message in again] == [message.packet_id for message in before]
        await connected(client)
        await client.publish("fence", b"")
        case.wire.cut()
        await connected_again(case, reader.taken[-1].connection, client)
        await device.publish("a", b"4", qos=1)
        assert payloads(await reader.take(1)) == [b"4"]


async def connected_again(case: Side, connection: int, client: object) -> None:
    """Wait for a later connection than this one."""
    assert isinstance(client, case.client_class)
    await until(lambda: client._inbox.connection > connection and client.link.connected)


async def test_connections_are_counted_and_say_whether_the_session_was_kept(case: Side) -> None:
    async with case.client() as client, case.device() as device:
        await connected(client)
        reader = Reader(client)
        for number in (1, 2, 3):
            await device.publish("a", b"x", qos=1)
            await reader.take(1, ack=True)
            assert (reader.taken[-1].connection, reader.taken[-1].resumed) == (number, number > 1)
            case.wire.cut()
            await connected_again(case, number, client)


async def test_acknowledging_what_an_old_connection_brought_is_nothing(case: Side) -> None:
    async with case.client() as client, case.device() as device:
        await connected(client)
        reader = Reader(client)
        await device.publish("a", b"1", qos=1)
        await reader.take(1)
        case.wire.cut()
        again = await reader.take(1)
        client.ack(reader.taken[0])
        client.ack(reader.taken[0])
        assert payloads(again) == [b"1"]
        client.ack(reader.taken[1])
        await device.publish("a", b"2", qos=1)
        assert payloads(await reader.take(1)) == [b"2"]
        await connected(client)
        assert reader.taken[-1].connection == 2


async def test_a_broker_that_dies_and_lives_again_is_found_again(case: Side) -> None:
    async with case.client() as client:
        await connected(client)
        reader = Reader(client)
        async with case.device() as device:
            await device.publish("a", b"unacknowledged", qos=1)
            await reader.take(1)
        await case.broker.die()
        await until(lambda: not client.link.connected)
        assert client.link.reason
        with pytest.raises(Unavailable):
            await client.publish("a", b"x")
        await case.broker.live()
        await connected(client)
        async with case.device() as device:
            await device.publish("a", b"after", qos=1)
            wanted = [b"unacknowledged", b"after"] if case.broker.keeps_sessions else [b"after"]
            assert payloads(await reader.take(len(wanted), ack=True)) == wanted
            assert reader.taken[-1].resumed is case.broker.keeps_sessions


async def test_a_consumer_that_stops_makes_the_client_stop_reading_and_nothing_is_lost(case: Side) -> None:
    limit, total, size_bytes = 50, 1500, 4096
    async with case.client(max_waiting_messages=limit) as client, case.device() as device:
        await connected(client)
        sent = [number.to_bytes(4, "big") + bytes(size_bytes) for number in range(total)]
        publishing = asyncio.ensure_future(send(device, sent))
        await until(lambda: client._inbox.full)
        # What comes on top of the limit is one read at most: 256 KiB.
        assert client._inbox._messages <= limit + 256 * 1024 // size_bytes
        await publishing
        assert client._inbox._messages <= limit + 256 * 1024 // size_bytes
        assert client.link.connected
        assert payloads(await Reader(client).take(total, ack=True)) == sent


async def send(device: aiomqtt.Client, sent: list[bytes]) -> None:
    """Publish all with QoS 1, a hundred at a time."""
    device.pending_calls_threshold = 1000
    for start in range(0, len(sent), 100):
        await asyncio.gather(*(device.publish("bulk", payload, qos=1) for payload in sent[start : start + 100]))


async def test_a_pause_longer_than_the_keep_alive_ends_no_connection(case: Side) -> None:
    async with case.client(max_waiting_messages=1, keep_alive_s=1) as client, case.device() as device:
        await connected(client)
        await device.publish("a", b"1", qos=1)
        await until(lambda: client._inbox.full)
        await asyncio.sleep(3)
        assert client.link.connected
        reader = Reader(client)
        await reader.take(1, ack=True)
        await device.publish("a", b"2", qos=1)
        await reader.take(1, ack=True)
        assert [delivery.connection for delivery in reader.taken] == [1, 1]


async def test_a_silent_broker_is_noticed(case: Side) -> None:
    async with case.client(keep_alive_s=1) as client:
        await connected(client)
        case.wire.hush()
        await until(lambda: not client.link.connected)
        case.wire.speak()
        await connected(client)


@pytest.mark.parametrize("qos", [0, 1])
async def test_what_is_published_comes_back(case: Side, qos: int) -> None:
    async with case.client() as client:
        await connected(client)
        await client.publish("command/x", b"on", qos=qos, retain=False)
        (message,) = await Reader(client).take(1, ack=True)
        assert message[:2] == ("command/x", b"on")


async def test_a_device_of_mqtt_5_is_told_where_to_answer_or_it_is_said_that_it_can_not_be(case: Side) -> None:
    response = Response("answers/x", b"\x00\xff7")
    async with case.client(filters=["answers/#"]) as client, case.device5() as device:
        await connected(client)
        await device.subscribe("asked", qos=1)
        if not client.takes_response:
            with pytest.raises(Unavailable, match=r"3\.1\.1"):
                await client.publish("asked", b"?", response=response)
            assert client.link.connected
            return
        await client.publish("asked", b"?", response=response)
        asked = await anext(device.messages)
        told = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]  # paho leaves it so
        told.CorrelationData = asked.properties.CorrelationData  # type: ignore[union-attr]  # it is set by name
        await device.publish(asked.properties.ResponseTopic, b"!", 1, properties=told)  # type: ignore[union-attr]
        await device.publish("answers/x", b"of nothing", 1)
        found = await Reader(client).take(2, ack=True)
        assert [(m.topic, m.payload, m.correlation) for m in found] == [
            ("answers/x", b"!", b"\x00\xff7"),
            ("answers/x", b"of nothing", None),
        ]


async def test_a_response_topic_that_is_none_is_not_published(case: Side) -> None:
    async with case.client() as client:
        await connected(client)
        with pytest.raises(InvalidTopic):
            await client.publish("a", b"x", response=Response("a/#", b""))


async def test_many_publish_at_once(case: Side) -> None:
    async with case.client() as client:
        await connected(client)
        sent = [str(number).encode() for number in range(500)]
        publishing = asyncio.ensure_future(asyncio.gather(*(client.publish("x", payload) for payload in sent)))
        found = await Reader(client).take(500, ack=True)
        await publishing
        assert sorted(payloads(found)) == sorted(sent)


async def test_publishing_while_the_broker_is_away_or_lost_is_unavailable(case: Side) -> None:
    client = case.client()
    with pytest.raises(Unavailable, match="away"):
        await client.publish("a", b"x")
    async with client:
        await connected(client)
        case.wire.hush()
        waiting = asyncio.ensure_future(client.publish("a", b"x"))
        await asyncio.sleep(0.05)
        case.wire.cut()
        with pytest.raises(Unavailable, match="may have arrived"):
            await waiting
        case.wire.speak()


async def test_publishing_is_not_waited_for_longer_than_told(case: Side) -> None:
    async with case.client() as client:
        await connected(client)
        case.wire.hush()
        with pytest.raises(Unavailable, match=r"0\.1 s"):
            await client.publish("a", b"x", timeout_s=0.1)


async def test_a_topic_that_is_none_is_not_published(case: Side) -> None:
    async with case.client() as client:
        await connected(client)
        with pytest.raises(InvalidTopic):
            await client.publish("a/#", b"x")


async def test_a_filter_that_is_none_is_refused_before_anything_begins(case: Side) -> None:
    with pytest.raises(InvalidFilter):
        await case.client(filters=["a/#/b"]).__aenter__()


async def test_closing_keeps_the_session(case: Side) -> None:
    async with case.client() as client:
        await connected(client)
    assert client.link.reason == "closed"
    async with case.device() as device:
        await device.publish("a", b"meanwhile", qos=1)
    async with case.client() as client:
        reader = Reader(client)
        assert payloads(await reader.take(1, ack=True)) == [b"meanwhile"]
        assert (reader.taken[0].connection, reader.taken[0].resumed) == (1, True)


async def test_a_mebibyte_is_a_message_as_any(case: Side) -> None:
    async with case.client() as client, case.device() as device:
        await connected(client)
        large = [bytes([number]) * MIB for number in range(3)]
        for payload in large:
            await device.publish("large", payload, qos=1)
        reader = Reader(client)
        assert payloads(await reader.take(3, ack=True)) == large
        await client.publish("large", large[1])
        assert payloads(await reader.take(1, ack=True)) == [large[1]]


async def test_only_what_a_filter_selects_comes(case: Side) -> None:
    async with case.client(filters=["a/+", "b/#"]) as client, case.device() as device:
        await connected(client)
        for topic in ("a", "a/1", "a/1/2", "c", "b/1/2"):
            await device.publish(topic, b"x", qos=1)
        assert {message.topic for message in await Reader(client).take(2)} == {"a/1", "b/1/2"}


async def test_the_link_says_how_it_stands_and_since_when(case: Side) -> None:
    client = case.client()
    assert (client.link.connected, client.link.reason) == (False, "not opened")
    async with client:
        assert not client.link.connected
        await connected(client)
        up = client.link
        assert up.reason == ""
        await case.broker.die()
        await until(lambda: not client.link.connected)
        down = client.link
        assert down.reason
        assert down.since_ms >= up.since_ms
    assert not client.link.connected


async def test_a_failure_of_the_caller_comes_out_as_it_is(case: Side) -> None:
    async def fail() -> None:
        async with case.client() as client:
            await connected(client)
            raise LookupError

    with pytest.raises(LookupError):
        await fail()
