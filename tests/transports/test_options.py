"""What a subscription may ask beside topics, through a whole hub: content, keys, rate; and what a slow client gets."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hub.events import Batch, encode_event
from tests.running import BROKERLESS, Client, Running, running, settings_for, token


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Running]:
    async with running(settings_for(tmp_path, roles=BROKERLESS)) as found:
        yield found


async def append(hub: Running, topic: str, time: int = 1, **data: object) -> None:
    await hub.hub.engine.publish(Batch.of([topic], [time], [encode_event(topic, time, data)]))


async def test_only_what_the_predicate_lets_through_with_the_keys_asked_for(hub: Running) -> None:
    where = {"key": "temperature", "op": "gt", "value": 30}
    async with Client.connected(hub.ws_url, auth=token()) as client:
        await append(hub, "telemetry/a", temperature=31, humidity=1)
        await append(hub, "telemetry/b", temperature=29)
        await client.subscribe("telemetry/+", where=where, fields=["temperature"], snapshot=True)
        await client.receive_until(lambda c: c.position is not None)
        assert [(e["topic"], e["data"]) for e in client.events] == [("telemetry/a", {"temperature": 31})]
        since = client.position
        for value in (20, 40, 25, 50):
            await append(hub, "telemetry/a", temperature=value, humidity=2)
        await client.receive_until(lambda c: len(c.events) == 3)
        assert [data["temperature"] for data in client.on("telemetry/a")] == [31, 40, 50]
    async with Client.connected(hub.ws_url, auth=token()) as again:
        assert (await again.subscribe("telemetry/+", where=where, since=since))["recovered"] is True
        await again.receive_until(lambda c: len(c.events) == 2)
        assert again.on("telemetry/a") == [{"temperature": 40, "humidity": 2}, {"temperature": 50, "humidity": 2}]


async def test_a_rate_merges_and_loses_no_last_value(hub: Running) -> None:
    async with Client.connected(hub.ws_url, auth=token()) as client:
        await client.subscribe("telemetry/+", max_rate=5)
        for n in range(50):
            await append(hub, "telemetry/a", n, n=n)
        await append(hub, "chat/ops", text="not limited", author="anna")
        await client.receive_until(lambda c: bool(c.events) and c.events[-1]["data"] == {"n": 49})
        assert client.events[0]["data"] == {"n": 0}
        assert len(client.events) < 50
        counted = sum(event.get("conflated", {"count": 1})["count"] for event in client.events)
        assert counted == 50


async def test_two_filters_with_other_options_are_other_interests(hub: Running) -> None:
    hot = {"key": "t", "op": "gt", "value": 30}
    async with Client.connected(hub.ws_url, auth=token()) as client:
        await client.subscribe("telemetry/+", where=hot)
        await client.subscribe("telemetry/a")
        await append(hub, "telemetry/a", t=1)
        await append(hub, "telemetry/b", t=1)
        await append(hub, "telemetry/b", t=31)
        await client.receive_until(lambda c: len(c.events) == 2)
        assert [e["topic"] for e in client.events] == ["telemetry/a", "telemetry/b"]
        await client.ask({"type": "unsubscribe", "filters": ["telemetry/a"]})
        await append(hub, "telemetry/a", t=2)
        await append(hub, "telemetry/a", t=32)
        await client.receive_until(lambda c: len(c.events) == 3)
        assert client.on("telemetry/a") == [{"t": 1}, {"t": 32}]


async def test_a_bad_predicate_is_a_named_error(hub: Running) -> None:
    async with Client.connected(hub.ws_url, auth=token()) as client:
        reply = await client.subscribe("a", where={"key": "t", "op": "resembles", "value": 1})
        assert reply["error"]["name"] == "invalid_predicate"


async def test_a_slow_client_gets_less_telemetry_and_every_message(tmp_path: Path) -> None:
    async with (
        running(settings_for(tmp_path, session_max_bytes=1_000_000, roles=BROKERLESS)) as hub,
        Client.connected(hub.ws_url, auth=token(), max_queue=1, compression=None) as slow,
    ):
        await slow.subscribe("telemetry/#", "chat/#")
        count = 0
        while not hub.hub.node.fanout.slow:
            await append(hub, "telemetry/a", count, n=count, text="x" * 10_000)
            count += 1
            assert count < 20_000
        for n in range(200):
            await append(hub, "telemetry/a", count + n, n=count + n)
        await append(hub, "chat/ops", text="last", author="anna")
        await slow.receive_until(lambda c: [data["text"] for data in c.on("chat/ops")] == ["last"])
        await slow.receive_until(lambda c: c.on("telemetry/a")[-1]["n"] == count + 199)
        telemetry = [event for event in slow.events if event["topic"] == "telemetry/a"]
        merged = [event["conflated"] for event in telemetry if "conflated" in event]
        assert merged
        assert max(summary["max"]["n"] for summary in merged) == count + 199
        assert sum(event.get("conflated", {"count": 1})["count"] for event in telemetry) == count + 200
        assert hub.hub.node.fanout.conflated["slow"] > 0
        assert not hub.hub.node.closed


async def test_who_comes_back_under_a_rate_gets_messages_once_and_the_last_values(hub: Running) -> None:
    async with Client.connected(hub.ws_url, auth=token()) as client:
        await client.subscribe("telemetry/+", "chat/+", max_rate=0.1)
        await append(hub, "telemetry/a", 0, n=0)
        await client.receive_until(lambda c: len(c.events) == 1)
        # Held back from here on, and older than what is said.
        await append(hub, "telemetry/a", 1, n=1)
        await append(hub, "chat/ops", text="once", author="anna")
        await client.receive_until(lambda c: c.on("chat/ops") == [{"text": "once", "author": "anna"}])
        since = client.position
        assert since == str(hub.hub.node.position)
    async with Client.connected(hub.ws_url, auth=token()) as again:
        reply = await again.subscribe("telemetry/+", "chat/+", since=since, max_rate=0.1)
        assert reply["recovered"] is True
        await again.receive_until(lambda c: c.on("telemetry/a") == [{"n": 1}])
        await append(hub, "chat/ops", text="last", author="anna")
        await again.receive_until(lambda c: bool(c.on("chat/ops")))
        assert [data["text"] for data in again.on("chat/ops")] == ["last"]
        assert again.position == str(hub.hub.node.position)


async def test_what_a_rate_holds_back_is_given_before_the_interests_change(hub: Running) -> None:
    async with Client.connected(hub.ws_url, auth=token()) as client:
        await client.subscribe("telemetry/+", max_rate=0.1)
        for n in range(3):
            await append(hub, "telemetry/a", n, n=n)
        await client.receive_until(lambda c: len(c.events) == 1)
        await client.subscribe("telemetry/b")
        await client.receive_until(lambda c: len(c.events) == 2)
        assert [data["n"] for data in client.on("telemetry/a")] == [0, 2]
