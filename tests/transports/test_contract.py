"""What holds on every transport: sign-in, snapshot, order, recovery, permissions, limits, slow readers, the end."""

import asyncio
import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from hub.auth import Identity, Role
from hub.events import Batch, encode_event
from hub.protocol import typing
from tests.running import BROKERLESS, DEADLINE_S, Running, running, settings_for, token, until
from tests.transports.feeds import ALL, STREAMS, Feed, Refused, Subscribed, by_polling, by_sse, by_websocket


@pytest.fixture(params=list(ALL))
def subscribed(request: pytest.FixtureRequest) -> Subscribed:
    """A client of each transport."""
    return ALL[request.param]


@pytest.fixture(params=list(STREAMS))
def streaming(request: pytest.FixtureRequest) -> Subscribed:
    """A client of each transport on which the hub speaks by itself."""
    return ALL[request.param]


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Running]:
    async with running(settings_for(tmp_path, roles=BROKERLESS)) as found:
        yield found


async def append(hub: Running, *topics: str, **data: object) -> None:
    pieces = [encode_event(topic, 1, data) for topic in topics]
    await hub.hub.engine.publish(Batch.of(topics, [1] * len(topics), pieces))


async def refusal(hub: Running, subscribed: Subscribed, *filters: str, **options: Any) -> str:
    with pytest.raises(Refused) as refused:
        async with subscribed(hub, *filters, **options):
            pass
    return refused.value.name


# Sign-in


BAD_TOKENS = [
    (token(ttl_s=-100), "token_expired"),
    (token(secret="another-hub's"), "invalid_token"),
    (token()[:-4] + "AAAA", "invalid_token"),
    ("not-a-token", "invalid_token"),
]


async def test_a_token_that_does_not_hold_is_refused(hub: Running, subscribed: Subscribed) -> None:
    for bad, name in BAD_TOKENS:
        assert await refusal(hub, subscribed, "telemetry/#", auth=bad) == name
    assert not hub.hub.node.sessions


async def test_the_sign_in_cookie_of_the_same_origin_holds(hub: Running, subscribed: Subscribed) -> None:
    headers = {"Cookie": f"other=1; hub_token={token()}", "Origin": hub.origin}
    async with subscribed(hub, "chat/ops", headers=headers) as feed:
        assert (await feed.publish("chat/ops", {"text": "hello"})).startswith(hub.hub.node.position.epoch)


async def test_a_page_of_another_origin_is_refused(hub: Running, streaming: Subscribed) -> None:
    headers = {"Cookie": f"hub_token={token()}", "Origin": "https://evil.example"}
    assert await refusal(hub, streaming, "chat/ops", headers=headers)
    assert not hub.hub.node.sessions


async def test_a_page_of_an_allowed_origin_is_not(tmp_path: Path, streaming: Subscribed) -> None:
    chosen = settings_for(tmp_path, http_origins=frozenset({"https://wall.example"}), roles=BROKERLESS)
    async with (
        running(chosen) as hub,
        streaming(hub, "chat/ops", auth=token(), headers={"Origin": "https://wall.example"}) as feed,
    ):
        assert feed.reply["position"]


async def test_a_session_ends_with_its_token(
    hub: Running, streaming: Subscribed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub.hub.node, "grace_s", 0)
    async with streaming(hub, "chat/ops", auth=token(ttl_s=2)) as feed:
        assert await feed.closed() == 3005


# Snapshot, live, recovery


async def test_snapshot_then_live(hub: Running, subscribed: Subscribed) -> None:
    await append(hub, "telemetry/kitchen", a=1)
    await append(hub, "telemetry/kitchen", b=2)
    await append(hub, "telemetry/hall", a=3)
    await until(lambda: hub.hub.node.position.offset >= 3)
    async with subscribed(hub, "telemetry/+", snapshot=True) as feed:
        assert feed.reply.get("recovered") is None
        frame = await feed.receive()
        assert (frame["snapshot"], frame["position"]) == (True, feed.reply["position"])
        assert feed.on("telemetry/kitchen") == [{"a": 1, "b": 2}]
        await append(hub, "telemetry/hall", a=4)
        await feed.receive_until(lambda f: len(f.on("telemetry/hall")) == 2)
        assert "snapshot" not in feed.frames[-1]


async def test_live_events_are_in_the_order_of_the_log(hub: Running, subscribed: Subscribed) -> None:
    async with subscribed(hub, "note/#") as feed:
        await asyncio.gather(*(append(hub, f"note/{n % 5}", n=n) for n in range(200)))
        await feed.receive_until(lambda f: len(f.events) == 200)
        assert [event["data"]["n"] for event in feed.events] == list(range(200))


async def test_who_comes_back_misses_nothing(hub: Running, subscribed: Subscribed) -> None:
    async with subscribed(hub, "note/#", snapshot=True) as feed:
        await feed.receive()
        await append(hub, "note/ops", n=0)
        await feed.receive_until(lambda f: len(f.events) == 1)
        since = feed.position
    for n in range(1, 6):
        await append(hub, "note/ops", "telemetry/kitchen", n=n)
    await until(lambda: hub.hub.node.position.offset >= 6)
    async with subscribed(hub, "note/#", since=since) as feed:
        assert feed.reply["recovered"] is True
        await append(hub, "note/ops", n=6)
        await feed.receive_until(lambda f: len(f.events) == 6)
        assert [data["n"] for data in feed.on("note/ops")] == [1, 2, 3, 4, 5, 6]


async def test_nothing_missed_is_said_too(hub: Running, subscribed: Subscribed) -> None:
    await append(hub, "telemetry/kitchen", n=0)
    await until(lambda: hub.hub.node.position.offset >= 1)
    async with subscribed(hub, "note/ops", since=str(hub.hub.node.position)) as feed:
        assert feed.reply["recovered"] is True
        frame = await feed.receive()
        assert (frame["events"], frame["position"]) == ([], str(hub.hub.node.position))


async def test_what_can_not_be_recovered_is_said_and_a_snapshot_follows(hub: Running, subscribed: Subscribed) -> None:
    await append(hub, "telemetry/kitchen", n=1)
    await until(lambda: hub.hub.node.position.offset >= 1)
    for since in ("otherepoch-3", f"{hub.hub.node.position.epoch}-999999"):
        async with subscribed(hub, "telemetry/#", since=since) as feed:
            assert feed.reply["recovered"] is False
            assert (await feed.receive())["snapshot"] is True
            assert feed.on("telemetry/kitchen") == [{"n": 1}]


async def test_a_snapshot_larger_than_a_frame_comes_whole(hub: Running, subscribed: Subscribed) -> None:
    topics = [f"device/{n}" for n in range(60)]
    await append(hub, *topics, text="x" * 20_000)
    await until(lambda: hub.hub.node.position.offset >= 1)
    async with subscribed(hub, "device/+", snapshot=True) as feed:
        await feed.receive_until(lambda f: len(f.events) == 60)
        assert feed.position == str(hub.hub.node.position)
        assert sorted(event["topic"] for event in feed.events) == sorted(topics)


async def test_a_gap_is_followed_by_a_snapshot(hub: Running, streaming: Subscribed) -> None:
    await append(hub, "telemetry/kitchen", n=1)
    await until(lambda: hub.hub.node.position.offset >= 1)
    async with streaming(hub, "telemetry/+") as feed:
        hub.hub.node._say_gap()
        assert (await feed.receive())["type"] == "gap"
        assert (await feed.receive())["snapshot"] is True
        assert feed.on("telemetry/kitchen") == [{"n": 1}]


async def test_a_heartbeat_carries_the_position(
    hub: Running, streaming: Subscribed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.node.HEARTBEAT_S", 1)
    async with streaming(hub, "chat/ops") as feed:
        await append(hub, "telemetry/kitchen", n=1)
        await feed.receive_until(lambda f: f.position == str(hub.hub.node.position) != feed.reply["position"])
        assert feed.frames[-1]["type"] == "heartbeat"
        assert feed.frames[-1]["lag_ms"] == 0


async def test_text_of_every_script_arrives_as_it_was(hub: Running, subscribed: Subscribed) -> None:
    said = 'Дверь закрыта ✓ "да"\n\u2028 \U0001f6aa'
    async with subscribed(hub, "chat/цех") as feed:
        assert "-" in await feed.publish("chat/цех", {"text": said})
        await feed.receive_until(lambda f: len(f.events) == 1)
        [data] = feed.on("chat/цех")
        assert (data["text"], data["author"]) == (said, "anna")


# Options


HOT = {"key": "t", "op": "gt", "value": 30}


async def test_only_what_was_asked_for_live_in_the_snapshot_and_missed(hub: Running, subscribed: Subscribed) -> None:
    asked: dict[str, Any] = {"where": HOT, "fields": ["t"]}
    await append(hub, "telemetry/a", t=31, u=1)
    await append(hub, "telemetry/b", t=1)
    await until(lambda: hub.hub.node.position.offset >= 2)
    async with subscribed(hub, "telemetry/+", snapshot=True, **asked) as feed:
        await feed.receive_until(lambda f: len(f.events) == 1)
        await append(hub, "telemetry/a", t=29)
        await append(hub, "telemetry/a", t=32, u=2)
        await feed.receive_until(lambda f: len(f.events) == 2)
        assert feed.on("telemetry/a") == [{"t": 31}, {"t": 32}]
        since = feed.position
    await append(hub, "telemetry/b", t=33, u=3)
    await until(lambda: hub.hub.node.position.offset >= 5)
    async with subscribed(hub, "telemetry/+", since=since, **asked) as feed:
        await feed.receive_until(lambda f: bool(f.events))
        assert feed.events[0]["data"] == {"t": 33}


async def test_what_was_missed_under_a_rate_comes_merged(hub: Running, subscribed: Subscribed) -> None:
    since = str(hub.hub.node.position)
    for n in range(5):
        await append(hub, "telemetry/a", n=n)
    await until(lambda: hub.hub.node.position.offset >= 5)
    async with subscribed(hub, "telemetry/+", since=since, max_rate=0.1) as feed:
        await feed.receive_until(lambda f: bool(f.events))
        [event] = feed.events
        assert (event["data"], event["conflated"]["count"]) == ({"n": 4}, 5)


BAD_OPTIONS: list[tuple[dict[str, Any], str]] = [
    ({"where": {"key": "t", "op": "like", "value": 1}}, "invalid_predicate"),
    ({"fields": [""]}, "bad_request"),
    ({"max_rate": 0}, "bad_request"),
]


async def test_bad_options_are_refused_with_the_reason(hub: Running, subscribed: Subscribed) -> None:
    for options, name in BAD_OPTIONS:
        assert await refusal(hub, subscribed, "telemetry/+", **options) == name


# Presence and typing


async def test_presence_and_typing_are_heard(hub: Running, streaming: Subscribed) -> None:
    ivan = Identity("ivan", Role.OPERATOR, 2**40)
    async with streaming(hub, "chat/ops", "telemetry/a", presence=True) as feed:
        for topic in ("chat/ops", "telemetry/a"):
            present = await hub.hub.node.present(ivan, topic)
            assert present["total"] == 1, topic
        assert "-" in await feed.publish("chat/ops", {"text": "hello"})
        await feed.receive_until(lambda f: bool(f.events))
        hub.hub.node.fanout.notify("chat/ops", "ivan", typing("chat/ops", "ivan"))
        assert await feed.receive() == {"type": "typing", "topic": "chat/ops", "user": "ivan"}


# Permissions and limits


async def test_what_may_not_be_subscribed_to(hub: Running, subscribed: Subscribed) -> None:
    assert await refusal(hub, subscribed, "system/audit/#") == "permission_denied"
    await until(lambda: not hub.hub.node.sessions)


REFUSED_PUBLICATIONS = [
    (Role.VIEWER, "chat/ops", {"text": "hi"}, "permission_denied"),
    (Role.OPERATOR, "telemetry/kitchen", {"a": 1}, "permission_denied"),
    (Role.OPERATOR, "chat/ops", {"text": ""}, "invalid_data"),
    (Role.OPERATOR, "chat/ops", {"text": "x" * 5000}, "too_large"),
    (Role.OPERATOR, "chat/ops/deep", {"text": "x"}, "permission_denied"),
    (Role.OPERATOR, "chat/#", {"text": "x"}, "invalid_topic"),
    (Role.OPERATOR, "chat/ops", [], "bad_request"),
]


async def test_what_may_not_be_published(hub: Running, subscribed: Subscribed) -> None:
    for role in (Role.VIEWER, Role.OPERATOR):
        async with subscribed(hub, "chat/#", auth=token(role=role)) as feed:
            cases = [case for case in REFUSED_PUBLICATIONS if case[0] is role]
            assert [await feed.publish(topic, data) for _, topic, data, _ in cases] == [name for *_, name in cases]


BAD_FILTERS: list[tuple[list[str], str]] = [
    (["a/#/b"], "invalid_filter"),
    (["/".join("a" * 300)], "invalid_filter"),
    ([""], "invalid_filter"),
    ([], "bad_request"),
    ([f"a/{n}" for n in range(129)], "bad_request"),
]


async def test_bad_filters_are_refused_with_the_reason(hub: Running, subscribed: Subscribed) -> None:
    for filters, name in BAD_FILTERS:
        assert await refusal(hub, subscribed, *filters) == name


async def test_a_bad_position_is_refused(hub: Running, subscribed: Subscribed) -> None:
    assert await refusal(hub, subscribed, "chat/ops", since="yesterday") == "invalid_position"


LIMITED = [{"connections_per_user": 2}, {"connections_per_address": 2}]


@pytest.mark.parametrize("limit", LIMITED, ids=["user", "address"])
async def test_connections_have_a_limit(tmp_path: Path, streaming: Subscribed, limit: dict[str, int]) -> None:
    async with running(settings_for(tmp_path, **limit, roles=BROKERLESS)) as hub, by_websocket(hub, "note/#") as other:
        async with streaming(hub, "note/#") as feed:
            assert await refusal(hub, streaming, "note/#") == "too_many_requests"
            # Over any transport, and what is open goes on.
            assert await refusal(hub, by_sse, "note/#") == "too_many_requests"
            assert await refusal(hub, by_polling, "note/#") == "too_many_requests"
            await append(hub, "note/ops", n=1)
            for each in (feed, other):
                await each.receive_until(lambda f: len(f.events) == 1)
        await until(lambda: len(hub.hub.node.sessions) == 1)
        async with streaming(hub, "note/#"):
            assert b'hub_refused_total{error="too_many_requests"} 3.0' in hub.hub.metrics.render()


async def test_publishing_has_a_limit(hub: Running, subscribed: Subscribed) -> None:
    async with subscribed(hub, "note/#") as feed:
        assert "-" in await feed.publish("chat/ops", {"text": "hi"})
        # As if he had just said a lot: by the clock, as a slow machine would not get so far.
        allowance, ahead_s = hub.hub.node.allowance, asyncio.get_running_loop().time() + 1000
        allowance.publish("anna", "", now_s=ahead_s)
        assert await feed.publish("chat/ops", {"text": "hi"}) == "too_many_requests"
        assert allowance.published.refused == 1


# The end


async def test_who_leaves_leaves_nothing_behind(hub: Running, streaming: Subscribed) -> None:
    async with streaming(hub, "chat/#"):
        assert len(hub.hub.node.sessions) == 1
    await until(lambda: not hub.hub.node.sessions)
    assert len(hub.hub.node.fanout.audiences) == hub.hub.node.listeners


async def test_shutdown_says_come_back(hub: Running, streaming: Subscribed) -> None:
    async with streaming(hub, "chat/#") as feed:
        hub.hub.node.close_sessions()
        assert await feed.closed() == 3001


async def test_who_is_sent_away_for_good_does_not_come_back(hub: Running, streaming: Subscribed) -> None:
    async with streaming(hub, "chat/#") as feed:
        hub.hub.node.end_sessions(lambda _: False)
        assert await feed.closed() == 3500


async def test_a_slow_reader_is_closed_and_the_others_go_on(tmp_path: Path, streaming: Subscribed) -> None:
    async with (
        running(settings_for(tmp_path, session_max_bytes=65_536, roles=BROKERLESS)) as hub,
        streaming(hub, "note/#") as slow,
        streaming(hub, "note/#") as healthy,
    ):
        slow.stall()
        chance, count = random.Random(1), 0
        while not hub.hub.node.closed.get("slow"):
            await append(hub, "note/ops", text=chance.randbytes(20_000).hex())
            count += 1
            await received(healthy, count)
            assert count < 20_000
        slow.resume()
        assert await slow.closed() == 3008
        await append(hub, "note/ops", text="after")
        await healthy.receive_until(lambda f: f.events[-1]["data"] == {"text": "after"})
        assert list(hub.hub.node.closed) == ["slow"]


async def received(feed: Feed, count: int) -> None:
    await feed.receive_until(lambda f: len(f.events) == count)


async def test_a_server_that_stops_ends_what_is_open(
    tmp_path: Path, subscribed: Subscribed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.server.DRAIN_S", 600)
    async with running(settings_for(tmp_path, roles=BROKERLESS)) as hub, subscribed(hub, "chat/#") as feed:
        waiting = asyncio.create_task(feed.next_frame())
        await until(lambda: bool(hub.hub.node.sessions))
        await asyncio.wait_for(hub.stop(), DEADLINE_S)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
