"""Presence: what sessions are on, told through a real engine; and asked for over the wire."""

import asyncio
import subprocess
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path

import httpx
import pytest

from hub.auth import Role
from hub.engine.presence_base import Change, Member, Members
from hub.errors import Unavailable
from hub.presence import NodePresence, topics_of
from tests.engine.places import RedisPlace
from tests.engine.presence_places import LocalPresencePlace, Node, RedisPresencePlace
from tests.running import BROKERLESS, Client, Running, running, settings_for, token, until
from tests.servers import Server, program, redis_server

OPS = "chat/ops"
SAID = "presence/chat/ops"
SHORT_S = 0.2


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Server]:
    with redis_server(tmp_path / "redis") as server:
        yield server


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Running]:
    async with running(settings_for(tmp_path, roles=BROKERLESS)) as found:
        yield found


def test_what_a_session_is_on() -> None:
    filters = ["chat/ops", "chat/+", "chat/#", "telemetry/kitchen", "telemetry/#", "presence/chat/ops", "$read/anna"]
    assert topics_of(filters, asked=False) == ["chat/ops"]
    assert topics_of(filters, asked=True) == ["chat/ops", "telemetry/kitchen"]


# Over the wire


async def ask(client: Client, topic: str = OPS) -> list[tuple[str, int]]:
    """Who is on the topic: user, sessions."""
    reply = await client.ask({"type": "presence", "topic": topic})
    assert reply["ok"], reply
    assert reply["total"] == len(reply["members"])
    assert all(member["since"] > 1_700_000_000_000 for member in reply["members"])
    return [(member["user"], member["sessions"]) for member in reply["members"]]


async def until_asked(client: Client, *expected: tuple[str, int]) -> None:
    async with asyncio.timeout(20):
        while await ask(client) != list(expected):
            await asyncio.sleep(0.02)


def joined(user: str) -> dict[str, str]:
    return {"event": "join", "user": user}


def left(user: str) -> dict[str, str]:
    return {"event": "leave", "user": user}


async def test_who_is_in_a_room(hub: Running) -> None:
    async with (
        Client.connected(hub.ws_url, auth=token("anna", Role.VIEWER)) as anna,
        Client.connected(hub.ws_url, auth=token("ivan")) as ivan,
    ):
        assert await ask(anna) == []
        await anna.subscribe("presence/chat/+", "presence/telemetry/+")
        await ivan.subscribe(OPS, "chat/+", "telemetry/kitchen")
        await anna.receive_until(lambda c: c.on(SAID) == [joined("ivan")])
        assert await ask(anna) == [("ivan", 1)]
        await anna.subscribe(OPS)
        await anna.receive_until(lambda c: c.on(SAID) == [joined("ivan"), joined("anna")])
        assert await ask(ivan) == [("ivan", 1), ("anna", 1)]
        await ivan.subscribe("telemetry/kitchen", presence=True)
        await anna.receive_until(lambda c: c.on("presence/telemetry/kitchen") == [joined("ivan")])
        await ivan.ask({"type": "unsubscribe", "filters": [OPS]})
        await anna.receive_until(lambda c: c.on(SAID)[-1] == left("ivan"))
        assert await ask(anna) == [("anna", 1)]


async def test_a_reload_does_not_flicker(hub: Running) -> None:
    async with Client.connected(hub.ws_url, auth=token("anna")) as anna:
        await anna.subscribe(SAID)
        for _ in range(3):
            async with Client.connected(hub.ws_url, auth=token("ivan")) as ivan:
                await ivan.subscribe(OPS)
                await until_asked(anna, ("ivan", 1))
        await anna.receive_until(lambda c: left("ivan") in c.on(SAID))
        assert anna.on(SAID) == [joined("ivan"), left("ivan")]
        assert len(hub.hub.node.presence) == 0


async def test_tabs_are_counted(hub: Running) -> None:
    async with AsyncExitStack() as stack:
        tabs = [await stack.enter_async_context(Client.connected(hub.ws_url, auth=token("ivan"))) for _ in range(3)]
        for tab in tabs:
            await tab.subscribe(OPS)
        await until_asked(tabs[0], ("ivan", 3))
        await tabs[1].connection.close()
        await until_asked(tabs[0], ("ivan", 2))


async def test_who_may_not_subscribe_may_not_ask(hub: Running) -> None:
    async with Client.connected(hub.ws_url, auth=token("anna")) as anna:
        for topic in ("system/audit/sign-ins", "chat/~secret"):
            refused = await anna.ask({"type": "presence", "topic": topic})
            assert refused["error"]["name"] == "permission_denied"


async def test_a_private_room_shows_its_members_only(hub: Running) -> None:
    async with (
        Client.connected(hub.ws_url, auth=token("anna")) as anna,
        Client.connected(hub.ws_url, auth=token("ivan")) as ivan,
    ):
        made = await anna.publish("room/~crew", {"title": "Crew", "invite": ["ivan"]})
        assert made["ok"], made
        await ivan.subscribe("chat/~crew")
        await until_in(anna, "chat/~crew", ["ivan"])
        gone = await anna.publish("room/~crew", {"remove": ["ivan"]})
        assert gone["ok"], gone
        await until_in(anna, "chat/~crew", [])
        assert (await ivan.ask({"type": "presence", "topic": "chat/~crew"}))["ok"] is False


async def until_in(client: Client, topic: str, users: list[str]) -> None:
    async with asyncio.timeout(20):
        while [user for user, _ in await ask(client, topic)] != users:
            await asyncio.sleep(0.02)


async def test_a_poll_is_no_presence(hub: Running) -> None:
    async with (
        Client.connected(hub.ws_url, auth=token("anna")) as anna,
        httpx.AsyncClient(headers={"Authorization": f"Bearer {token('ivan')}"}) as http,
    ):
        await anna.subscribe(SAID)
        (await http.get(f"{hub.origin}/api/events", params={"filter": OPS})).raise_for_status()
        await anna.subscribe(OPS)
        await anna.receive_until(lambda c: c.on(SAID) == [joined("anna")])


async def test_presence_is_no_part_of_a_snapshot(hub: Running) -> None:
    async with Client.connected(hub.ws_url, auth=token("anna")) as anna:
        await anna.subscribe(OPS, SAID)
        await anna.receive_until(lambda c: c.on(SAID) == [joined("anna")])
        await anna.subscribe("presence/#", snapshot=True)
        await anna.receive_until(lambda c: c.frames[-1].get("snapshot", False))
        assert anna.frames[-1]["events"] == []


async def test_a_client_that_comes_back_recovers_what_it_missed(hub: Running) -> None:
    async with Client.connected(hub.ws_url, auth=token("anna")) as anna:
        await anna.subscribe(SAID, OPS)
        await anna.receive_until(lambda c: c.on(SAID) == [joined("anna")])
        since = anna.position
    async with Client.connected(hub.ws_url, auth=token("ivan")) as ivan:
        await ivan.subscribe(SAID, OPS)
        await ivan.receive_until(lambda c: left("anna") in c.on(SAID))
    async with Client.connected(hub.ws_url, auth=token("anna")) as again:
        assert (await again.subscribe(SAID, since=since))["recovered"] is True
        await again.receive_until(lambda c: len(c.on(SAID)) == 2)
        assert again.on(SAID) == [joined("ivan"), left("anna")]


async def test_two_nodes(tmp_path: Path, redis: Server) -> None:
    url = f"redis://127.0.0.1:{redis.port}"
    async with (
        running(settings_for(tmp_path / "a", engine_url=url)) as first,
        Client.connected(first.ws_url, auth=token("anna")) as anna,
    ):
        await anna.subscribe(SAID)
        async with (
            running(settings_for(tmp_path / "b", engine_url=url, roles=frozenset({"api"}))) as second,
            Client.connected(first.ws_url, auth=token("ivan")) as here,
            Client.connected(second.ws_url, auth=token("ivan")) as there,
        ):
            await here.subscribe(OPS)
            await there.subscribe(OPS)
            await until_asked(there, ("ivan", 2))
            await here.connection.close()
            await until_asked(there, ("ivan", 1))
        await anna.receive_until(lambda c: left("ivan") in c.on(SAID))
        assert anna.on(SAID) == [joined("ivan"), left("ivan")]


async def test_without_the_engine_there_is_no_answer(tmp_path: Path, redis: Server) -> None:
    async with (
        running(settings_for(tmp_path, engine_url=f"redis://127.0.0.1:{redis.port}")) as hub,
        Client.connected(hub.ws_url, auth=token("anna")) as anna,
    ):
        await anna.subscribe(OPS)
        await until_asked(anna, ("anna", 1))
        redis.kill()
        reply = await anna.ask({"type": "presence", "topic": OPS})
        assert reply["error"]["name"] == "not_available"
        redis.start()
        async with asyncio.timeout(20):
            while not (await anna.ask({"type": "presence", "topic": OPS}))["ok"]:
                await asyncio.sleep(0.02)
        assert await ask(anna) == [("anna", 1)]


# Between sessions and engine


@asynccontextmanager
async def telling(node: Node) -> AsyncIterator[NodePresence]:
    async with NodePresence(node.presence, leave_delay_s=SHORT_S, renew_s=SHORT_S / 2) as presence:
        yield presence


async def until_said(node: Node, *said: str) -> None:
    """Wait until joins and leaves are these: `+user`, `-user`."""
    async with asyncio.timeout(20):
        while (now := [("+" if event == "join" else "-") + user for _, event, user in await node.said()]) != list(said):
            assert len(now) <= len(said), now
            await asyncio.sleep(0.01)


async def test_many_are_told_in_few_batches(tmp_path: Path) -> None:
    async with LocalPresencePlace(tmp_path).node() as node, telling(node) as presence:
        for i in range(1000):
            presence.enter(i, [OPS], user=f"user{i}", asked=False)
        async with asyncio.timeout(20):
            while (await node.members()).total < 1000:
                await asyncio.sleep(0.01)
        assert (await node.engine.head()).offset <= 6
        assert len((await presence.members(OPS)).listed) == 1000


async def test_what_was_told_is_renewed(redis: Server) -> None:
    place = RedisPresencePlace(RedisPlace(redis))
    async with place.node(lease_s=4 * SHORT_S) as node, telling(node) as presence, place.node(lease_s=SHORT_S) as other:
        presence.enter("tab", [OPS], user="anna", asked=False)
        await until_said(node, "+anna")
        for _ in range(10):
            await asyncio.sleep(min(SHORT_S, await other.presence.reap()))
        await until_said(node, "+anna")
        presence.leave("tab", user="anna")
        await until_said(node, "+anna", "-anna")
        assert presence.restarts == 0


async def test_a_node_that_stops_is_reaped_when_its_users_had_time_to_come_back(redis: Server) -> None:
    place = RedisPresencePlace(RedisPlace(redis))
    async with place.node(lease_s=SHORT_S) as other, telling(other):
        async with place.node() as node, telling(node) as presence:
            presence.enter("tab", [OPS], user="anna", asked=False)
            await until_said(node, "+anna")
        await until_said(other, "+anna", "-anna")


async def test_changes_are_told_when_the_engine_is_back(redis: Server) -> None:
    async with RedisPresencePlace(RedisPlace(redis)).node() as node, telling(node) as presence:
        presence.enter("anna", [OPS], user="anna", asked=False)
        await until_said(node, "+anna")
        redis.kill()
        presence.leave("anna", user="anna")
        presence.enter("ivan", [OPS], user="ivan", asked=False)
        await until(lambda: presence.failures > 1)
        redis.start()
        async with asyncio.timeout(20):
            users: dict[str, int] = {}
            while users != {"ivan": 1}:
                with suppress(Unavailable):
                    users = await node.users()
                await asyncio.sleep(0.02)


async def test_what_the_engine_forgot_is_told_anew(redis: Server) -> None:
    async with RedisPresencePlace(RedisPlace(redis)).node() as node, telling(node) as presence:
        presence.enter("tab", [OPS, "chat/lab"], user="anna", asked=False)
        await until_said(node, "+anna", "+anna")
        subprocess.run([program("redis-cli"), "-p", str(redis.port), "flushall"], check=True, capture_output=True)
        await until(lambda: presence.restarts == 1)
        await until_said(node, "+anna", "+anna")


class Slow:
    """Presence that answers when it is told to."""

    def __init__(self) -> None:
        self.reads = 0
        self.failing = False
        self.go = asyncio.Semaphore(0)

    async def change(self, changes: Sequence[Change]) -> bool:
        if self.failing:
            raise ValueError(changes)
        return True

    async def reap(self) -> float:
        return 60

    async def members(self, topic: str, *, limit: int) -> Members:
        self.reads += 1
        await self.go.acquire()
        if self.failing:
            raise Unavailable
        return Members(limit, [Member(topic, self.reads, 0)])

    async def withdraw(self, *, after_s: float) -> None:
        await asyncio.sleep(after_s)


async def test_those_who_ask_together_share_one_read() -> None:
    slow = Slow()
    async with NodePresence(slow) as presence:
        asking = [asyncio.create_task(presence.members(OPS)) for _ in range(10)]
        await until(lambda: slow.reads == 1)
        assert presence.asked
        asking.pop().cancel()
        slow.go.release()
        assert await asyncio.gather(*asking) == [Members(1000, [Member(OPS, 1, 0)])] * 9
        assert not presence.asked


async def test_an_answer_is_not_older_than_what_was_seen_before_it() -> None:
    slow = Slow()
    async with NodePresence(slow) as presence:
        asking = asyncio.create_task(presence.members(OPS))
        for reads in range(1, 6):
            await until(lambda reads=reads: slow.reads == reads)  # type: ignore[misc]  # a default of a lambda
            presence.see([SAID, "presence/chat/lab"])
            slow.go.release()
        assert (await asking).listed == [Member(OPS, 5, 0)]


async def test_nobody_is_left_to_hear_of_a_failure() -> None:
    slow = Slow()
    async with NodePresence(slow) as presence:
        asking = asyncio.create_task(presence.members(OPS))
        await until(lambda: slow.reads == 1)
        asking.cancel()
        slow.failing = True
        slow.go.release()
        await until(lambda: not presence.asked)
        asking = asyncio.create_task(presence.members(OPS))
        slow.go.release()
        with pytest.raises(Unavailable):
            await asking


async def test_whatever_breaks_is_tried_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("hub.presence.RETRY_S", 0.01)
    slow = Slow()
    slow.failing = True
    async with NodePresence(slow, leave_delay_s=0) as presence:
        presence.enter("tab", [OPS], user="anna", asked=False)
        await until(lambda: presence.failures > 2)
        slow.failing = False
        failures = presence.failures
        await until(lambda: presence._attendance.due_s() is None)
        assert presence.failures <= failures + 1
    assert "Telling presence failed" in caplog.text
