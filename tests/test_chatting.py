"""Chat over restarts, on two nodes and when several change a room at once; and who is typing."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from hub.auth import Identity, Role
from hub.errors import CONFLICT, NOT_FOUND, HubError
from hub.events import Batch, Position, encode_event
from hub.message import message_id
from hub.room import created
from hub.talk import Unread
from tests.running import Client, Running, running, settings_for, token, until
from tests.servers import Server, redis_server

ANNA = Identity("anna", Role.OPERATOR, 2**40)
IVAN = Identity("ivan", Role.OPERATOR, 2**40)


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Server]:
    with redis_server(tmp_path / "redis") as server:
        yield server


@asynccontextmanager
async def two_nodes(directory: Path, redis: Server) -> AsyncIterator[tuple[Running, Running]]:
    """Two processes of one machine: they share the store."""
    url = f"redis://127.0.0.1:{redis.port}"
    ingest = frozenset({"ingest", "api", "recorder"})
    async with (
        running(settings_for(directory, engine_url=url, roles=ingest)) as first,
        running(settings_for(directory, engine_url=url, roles=frozenset({"api"}))) as second,
    ):
        yield first, second


async def say(hub: Running, user: str, room: str, text: str, **more: Any) -> None:
    identity = Identity(user, Role.OPERATOR, 2**40)
    await hub.hub.node.chat.publish(identity, f"chat/{room}", {"text": text, **more})


def last_id(hub: Running, room: str) -> str:
    last = hub.hub.node.chat.rooms.talk(room).last
    assert last is not None
    return last.id


async def caught_up(*hubs: Running) -> None:
    """Every node has taken what is on the log."""
    for hub in hubs:
        await hub.hub.node.chat.reach(await hub.hub.engine.head())


async def recorded(hub: Running) -> None:
    """The store has what is on the log."""
    head = await hub.hub.engine.head()
    await until(
        lambda: hub.hub.recorder is not None and (hub.hub.recorder.position or Position("", 0)).offset >= head.offset
    )


async def test_rooms_markers_and_counts_are_right_after_a_restart(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    async with running(settings) as hub:
        await hub.hub.node.chat.change(ANNA, "~boiler", {"title": "Boiler", "invite": ["ivan"]})
        await say(hub, "anna", "ops", "@ivan the first")
        for n in range(150):
            await say(hub, "anna", "ops", f"message {n}")
        await say(hub, "anna", "~boiler", "something is wet")
        await caught_up(hub)
        await hub.hub.node.publish(IVAN, "$read/ivan/~boiler", {"id": last_id(hub, "~boiler")})
        await say(hub, "anna", "~boiler", "it leaks")
        deleted = last_id(hub, "ops")
        await hub.hub.node.publish(ANNA, "chat/ops", {"delete": deleted})
        await recorded(hub)
    async with running(settings) as hub:
        rooms = hub.hub.node.chat.rooms
        assert [room.name for room in rooms.admitting("ivan")] == ["ops", "~boiler"]
        assert rooms.view("anna", ["#"]) == {"~boiler"}
        assert rooms.unread("ivan", "ops") == Unread(150, 1)
        assert rooms.unread("ivan", "~boiler") == Unread(1, 0)
        room = rooms.get("~boiler")
        assert room is not None
        assert (room.title, room.version) == ("Boiler", 1)
        with pytest.raises(HubError) as refused:
            await hub.hub.node.publish(ANNA, "chat/ops", {"edit": deleted, "text": "no"})
        assert refused.value.code is NOT_FOUND


async def test_a_restart_before_anything_was_recorded(tmp_path: Path) -> None:
    settings = settings_for(tmp_path, roles=frozenset({"api"}))
    async with running(settings) as hub:
        await hub.hub.node.chat.change(ANNA, "~boiler", {"title": "Boiler"})
        await say(hub, "anna", "~boiler", "one")
    async with running(settings) as hub:
        assert hub.hub.node.chat.rooms.view("anna", ["chat/+"]) == {"~boiler"}
        assert hub.hub.node.chat.rooms.unread("ivan", "~boiler") == Unread(1, 0)


async def test_two_nodes_know_the_same(tmp_path: Path, redis: Server) -> None:
    async with two_nodes(tmp_path, redis) as (first, second):
        async with AsyncExitStack() as stack:
            anna, ivan, boss = [
                await stack.enter_async_context(Client.connected(hub.ws_url, auth=token(user)))
                for hub, user in ((first, "anna"), (second, "ivan"), (second, "boss"))
            ]
            for client in (anna, ivan, boss):
                await client.subscribe("chat/#", "room/#")
            await anna.publish("room/~boiler", {"title": "Boiler", "invite": ["ivan"]})
            await ivan.receive_until(lambda c: len(c.on("room/~boiler")) == 1)
            assert (await ivan.publish("chat/~boiler", {"text": "@anna it leaks"}))["ok"]
            await anna.receive_until(lambda c: len(c.on("chat/~boiler")) == 1)
            message = anna.on("chat/~boiler")[0]
            assert message["mentions"] == ["anna"]
            await caught_up(first, second)
            for hub in (first, second):
                assert hub.hub.node.chat.rooms.unread("anna", "~boiler") == Unread(1, 1)
            await anna.publish("$read/anna/~boiler", {"id": message["id"]})
            assert (await anna.publish("room/~boiler", {"remove": ["ivan"]}))["ok"]
            await ivan.receive_until(lambda c: len(c.on("room/~boiler")) == 2)
            await anna.publish("chat/~boiler", {"text": "he is gone"})
            await anna.publish("chat/ops", {"text": "public"})
            for client in (ivan, boss):
                await client.receive_until(lambda c: len(c.on("chat/ops")) == 1)
            assert ivan.on("chat/~boiler") == [message]
            assert {event["topic"] for event in boss.events} == {"chat/ops"}
            refused = await ivan.publish("chat/~boiler", {"text": "hello?"})
            assert refused["error"]["name"] == "not_found"
        await caught_up(first, second)
        for hub in (first, second):
            assert hub.hub.node.chat.rooms.unread("anna", "~boiler") == Unread(0, 0)
            assert hub.hub.node.chat.rooms.view("ivan", ["#"]) == frozenset()


async def test_changes_at_the_same_moment_are_all_made(tmp_path: Path, redis: Server) -> None:
    async with two_nodes(tmp_path, redis) as (first, second):
        await first.hub.node.chat.change(ANNA, "~boiler", {"title": "Boiler"})
        await caught_up(second)
        await asyncio.gather(
            first.hub.node.chat.change(ANNA, "~boiler", {"invite": ["ivan"]}),
            second.hub.node.chat.change(ANNA, "~boiler", {"invite": ["boss"]}),
            second.hub.node.chat.change(ANNA, "~boiler", {"topic": "it leaks"}),
        )
        await caught_up(first, second)
        for hub in (first, second):
            room = hub.hub.node.chat.rooms.get("~boiler")
            assert room is not None
            assert set(room.members) == {"anna", "ivan", "boss"}
            assert (room.topic, room.version) == ("it leaks", 4)


async def test_a_room_is_made_once_wherever_it_is_tried(tmp_path: Path, redis: Server) -> None:
    async with two_nodes(tmp_path, redis) as (first, second):
        outcomes = await asyncio.gather(
            first.hub.node.chat.change(ANNA, "ops", {"title": "A"}, make=created),
            second.hub.node.chat.change(IVAN, "ops", {"title": "B"}, make=created),
            return_exceptions=True,
        )
        refused = [each for each in outcomes if isinstance(each, HubError)]
        assert [each.code for each in refused] == [CONFLICT]


async def test_an_old_message_is_found_in_the_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.talk.MAX_KEPT", 2)
    monkeypatch.setattr("hub.follower.MAX_KEPT", 2)
    async with running(settings_for(tmp_path)) as hub:
        await say(hub, "anna", "ops", "the first")
        await caught_up(hub)
        first = last_id(hub, "ops")
        for n in range(5):
            await say(hub, "ivan", "ops", f"message {n}")
        await recorded(hub)
        await say(hub, "ivan", "ops", "an answer", reply_to=first)
        with pytest.raises(HubError):
            await hub.hub.node.publish(IVAN, "chat/ops", {"edit": first, "text": "not mine"})
        await hub.hub.node.publish(ANNA, "chat/ops", {"edit": first, "text": "the very first"})
        await recorded(hub)
        found = await hub.hub.store.events("chat/ops", start=0, end=2**53, limit=2)
        assert [event["data"].get("edit") for event in found] == [None, first]


async def test_a_message_is_later_than_what_a_fast_clock_said(tmp_path: Path) -> None:
    async with running(settings_for(tmp_path)) as hub:
        now = hub.hub.node.chat._now_ms()
        for room, ahead in (("ops", 5_000), ("mad", 10**9)):
            time = now + ahead
            data = {"text": "from the future", "author": "boss", "id": message_id(time, 0)}
            await hub.hub.engine.publish(Batch.of([f"chat/{room}"], [time], [encode_event(f"chat/{room}", time, data)]))
        await caught_up(hub)
        await say(hub, "anna", "ops", "one")
        await say(hub, "anna", "ops", "two")
        await say(hub, "anna", "mad", "now")
        await caught_up(hub)
        assert hub.hub.node.chat.rooms.unread("ivan", "ops") == Unread(3, 0)
        assert last_id(hub, "ops") > message_id(now + 5_001, 0)
        assert last_id(hub, "mad") == message_id(now + 10**9, 0)


async def test_who_types_is_told_to_the_others_on_all_nodes(tmp_path: Path, redis: Server) -> None:
    async with two_nodes(tmp_path, redis) as (first, second), AsyncExitStack() as stack:
        people = [(first, "anna"), (first, "boss"), (second, "ivan")]
        anna, boss, ivan = [
            await stack.enter_async_context(Client.connected(hub.ws_url, auth=token(user))) for hub, user in people
        ]
        for client in (anna, boss, ivan):
            await client.subscribe("chat/+")
        await anna.publish("room/~boiler", {"title": "Boiler", "invite": ["ivan"]})
        await anna.publish("chat/ops", {"text": "hello"})
        assert (await anna.ask({"type": "typing", "topic": "chat/ops"}))["ok"]
        told = {"type": "typing", "topic": "chat/ops", "user": "anna"}
        for client in (boss, ivan):
            await client.receive_until(lambda c: c.frames[-1] == told)
        again = await anna.ask({"type": "typing", "topic": "chat/~boiler"})
        assert again["error"]["name"] == "too_many_requests"
        head = await first.hub.engine.head()
        assert head.offset > 0
        assert (await ivan.ask({"type": "typing", "topic": "chat/~boiler"}))["ok"]
        await anna.receive_until(lambda c: c.frames[-1].get("topic") == "chat/~boiler")
        await ivan.publish("chat/ops", {"text": "public"})
        await boss.receive_until(lambda c: len(c.on("chat/ops")) == 2)
        assert [frame["topic"] for frame in boss.frames if frame["type"] == "typing"] == ["chat/ops"]
        assert told not in anna.frames


@pytest.mark.parametrize(
    ("role", "topic", "name"),
    [
        (Role.VIEWER, "chat/ops", "permission_denied"),
        (Role.OPERATOR, "chat/none", "not_found"),
        (Role.OPERATOR, "telemetry/kitchen", "not_found"),
        (Role.OPERATOR, "chat/old", "room_archived"),
    ],
)
async def test_who_may_not_speak_does_not_type(tmp_path: Path, role: Role, topic: str, name: str) -> None:
    async with running(settings_for(tmp_path)) as hub, Client.connected(hub.ws_url, auth=token("ivan", role)) as client:
        await hub.hub.node.chat.change(ANNA, "old", {"title": "Old"})
        await hub.hub.node.chat.change(ANNA, "old", {"archived": True})
        await say(hub, "anna", "ops", "hello")
        await caught_up(hub)
        assert (await client.ask({"type": "typing", "topic": topic}))["error"]["name"] == name


async def test_after_a_lost_log_rooms_are_those_of_the_store(tmp_path: Path, redis: Server) -> None:
    async with two_nodes(tmp_path, redis) as (first, second):
        await first.hub.node.chat.change(ANNA, "~boiler", {"title": "Boiler"})
        await recorded(first)
        redis.kill()
        for path in (tmp_path / "redis").rglob("appendonly*"):
            if path.is_file():
                path.unlink()
        redis.start()
        await first.hub.engine.publish(Batch.of(["telemetry/a"], [1], [encode_event("telemetry/a", 1, {"n": 1})]))
        await until(lambda: first.hub.node.gaps == 1 and second.hub.node.gaps == 1)
        for hub in (first, second):
            assert hub.hub.node.chat.rooms.view("anna", ["#"]) == {"~boiler"}
        await second.hub.node.chat.change(ANNA, "~boiler", {"invite": ["ivan"]})
        await caught_up(first)
        assert first.hub.node.chat.rooms.view("ivan", ["#"]) == {"~boiler"}
