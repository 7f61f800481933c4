"""What the library asks beside topics, through a whole hub: options, presence, typing, renewal."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hub.client import Change, HubError, Typing, connect, presence_of
from hub.events import Batch, encode_event
from tests.running import BROKERLESS, DEADLINE_S, Running, running, settings_for, token, until


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Running]:
    async with running(settings_for(tmp_path, roles=BROKERLESS)) as found:
        yield found


async def append(hub: Running, topic: str, **data: object) -> None:
    await hub.hub.engine.publish(Batch.of([topic], [1], [encode_event(topic, 1, data)]))


async def test_each_subscription_gets_what_it_asked_for(hub: Running) -> None:
    async with asyncio.timeout(DEADLINE_S), connect(hub.origin, token=token()) as client:
        everything = client.subscribe("telemetry/+", snapshot=True)
        hot = client.subscribe("telemetry/+", where={"key": "t", "op": "gt", "value": 30}, fields=["u"])
        rare = client.subscribe("telemetry/+", max_rate=0.1)
        await until(lambda: {each.state for each in (everything, hot, rare)} == {"subscribed"})
        for t in (29, 31, 32):
            await append(hub, "telemetry/a", t=t, u=t)
        assert [(await anext(everything)).data["t"] for _ in range(3)] == [29, 31, 32]
        assert [(await anext(hot)).data for _ in range(2)] == [{"u": 31}, {"u": 32}]
        everything.close()
        hot.close()
        await append(hub, "telemetry/a", t=33, u=33)
        assert (await anext(rare)).data["t"] == 29


async def test_merged_events_say_so(hub: Running) -> None:
    async with asyncio.timeout(DEADLINE_S), connect(hub.origin, token=token()) as client:
        rare = client.subscribe("telemetry/+", max_rate=1)
        await until(lambda: rare.state == "subscribed")
        for n in range(20):
            await append(hub, "telemetry/a", n=n)
        counts, last = 0, -1
        async for batch in rare.batches():
            for event in batch.events:
                counts += 1 if event.conflated is None else event.conflated["count"]
                last = event.data["n"]
            if last == 19:
                assert batch.conflated > 0
                break
        assert counts == 20


async def test_a_condition_that_is_none_is_refused_before_it_is_sent(hub: Running) -> None:
    async with connect(hub.origin, token=token()) as client:
        with pytest.raises(HubError) as refused:
            client.subscribe("a", where={"key": "", "op": "eq", "value": 1})
        assert refused.value.code.name == "invalid_predicate"


async def test_who_is_on_a_topic_now_and_from_then_on(hub: Running) -> None:
    async with (
        asyncio.timeout(DEADLINE_S),
        connect(hub.origin, token=token()) as anna,
        connect(hub.origin, token=token("ivan")) as ivan,
    ):
        async with anna.subscribe("presence/chat/ops") as changes, ivan.subscribe("chat/ops"):
            change = presence_of(await anext(changes))
            assert change is not None
            assert (change.topic, change.user, change.joined) == ("chat/ops", "ivan", True)
        present = await anna.presence("chat/ops")
        assert [member.user for member in present.members] == ["ivan"]
        async for present in anna.watch_presence("chat/ops"):
            if present.total == 0:
                break
        async with anna.subscribe("telemetry/a", presence=True) as room:
            async for present in anna.watch_presence("telemetry/a"):
                if present.total == 1:
                    break
            assert [member.user for member in present.members] == ["anna"]
            assert room.state == "subscribed"


async def test_typing_is_heard_by_the_others(hub: Running) -> None:
    heard: list[Typing] = []
    async with (
        asyncio.timeout(DEADLINE_S),
        connect(hub.origin, token=token(), on_typing=heard.append) as anna,
        connect(hub.origin, token=token("ivan")) as ivan,
        anna.subscribe("chat/ops") as room,
    ):
        await until(lambda: room.state == "subscribed")
        await ivan.room("ops").say("hello")
        await ivan.room("ops").typing()
        await until(lambda: heard == [Typing("chat/ops", "ivan")])
        with pytest.raises(HubError) as refused:
            await ivan.typing("chat/ops")
        assert refused.value.code.name == "too_many_requests"


async def test_the_token_is_renewed_in_place(hub: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.client.renewal.RENEW_AT_LEAST_S", 0.05)
    tokens = [token(ttl_s=2), token("ivan", ttl_s=3600), token(ttl_s=3600)]
    changes: list[Change] = []

    async def newest() -> str:
        return tokens.pop(0) if len(tokens) > 1 else tokens[0]

    async with asyncio.timeout(DEADLINE_S), connect(hub.origin, token=newest, on_change=changes.append) as client:
        await until(lambda: len(tokens) == 2)
        await until(lambda: len(hub.hub.node.sessions) == 1)
        [session] = hub.hub.node.sessions
        first = session.identity.expires_s
        await until(lambda: any(change.kind == "not_renewed" for change in changes))
        client._expires(first)
        await until(lambda: session.identity.expires_s > first + 1000)
        assert [change.kind for change in changes] == ["connecting", "connected", "not_renewed"]
