"""The contract of presence, on every implementation."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.engine.presence_base import MAX_CHANGES, Member
from hub.events import decode_event
from tests.engine.places import RedisPlace, collect
from tests.engine.presence_places import ROOM, LocalPresencePlace, Node, PresencePlace, RedisPresencePlace
from tests.servers import redis_server

SAID = "presence/chat/ops"
SHORT_S = 0.2


@pytest.fixture(params=["local", "redis"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[PresencePlace]:
    if request.param == "local":
        yield LocalPresencePlace(tmp_path)
    else:
        with redis_server(tmp_path / "redis", fsync="always") as server:
            yield RedisPresencePlace(RedisPlace(server))


async def reaped(node: Node, *, until_said: int) -> None:
    """Reap as long as it takes until so much has been said."""
    async with asyncio.timeout(20):
        while len(await node.said()) < until_said:
            await asyncio.sleep(await node.presence.reap())


async def test_a_first_session_is_a_join_and_the_end_of_the_last_a_leave(place: PresencePlace) -> None:
    async with place.node() as node:
        assert await node.change((ROOM, "anna", 1))
        assert await node.change((ROOM, "anna", 2))
        assert await node.users() == {"anna": 2}
        assert await node.change((ROOM, "anna", 1))
        assert await node.said() == [(SAID, "join", "anna")]
        assert await node.change((ROOM, "anna", 0))
        assert await node.said() == [(SAID, "join", "anna"), (SAID, "leave", "anna")]
        assert await node.members() == (0, [])


async def test_the_same_twice_is_once(place: PresencePlace) -> None:
    async with place.node() as node:
        for sessions in (1, 1, 0, 0):
            await node.change((ROOM, "anna", sessions))
        await node.change(("chat/elsewhere", "ivan", 0))
        assert await node.said() == [(SAID, "join", "anna"), (SAID, "leave", "anna")]


async def test_a_join_is_an_event_as_any_other(place: PresencePlace) -> None:
    async with place.node() as node, node.engine.subscribe() as live:
        await node.change(("chat/цех/2", 'anna "A\\/" ü', 1))
        (batch,) = await collect(aiter(live), 1)
        (piece,) = batch.pieces()
        since_ms = (await node.members("chat/цех/2")).listed[0].since_ms
        assert decode_event(piece) == {
            "topic": "presence/chat/цех/2",
            "time": since_ms,
            "data": {"event": "join", "user": 'anna "A\\/" ü'},
        }
        assert b'"topic":"presence/chat/' in piece
        assert batch.position == await node.engine.head()


async def test_the_joins_and_leaves_of_one_call_are_one_batch_in_its_order(place: PresencePlace) -> None:
    async with place.node() as node:
        await node.change((ROOM, "anna", 1))
        await node.change((ROOM, "ivan", 1), (ROOM, "anna", 0), ("chat/a", "anna", 1))
        assert (await node.engine.head()).offset == 2
        assert (await node.said())[1:] == [
            (SAID, "join", "ivan"), (SAID, "leave", "anna"), ("presence/chat/a", "join", "anna"),
        ]  # fmt: skip


async def test_those_who_came_first_are_listed(place: PresencePlace) -> None:
    async with place.node() as node:
        for i in range(5):
            await node.change((ROOM, f"user{i}", 1))
            await asyncio.sleep(0.002)
        total, listed = await node.members(limit=2)
        assert total == 5
        assert [(member.user, member.sessions) for member in listed] == [("user0", 1), ("user1", 1)]
        assert await node.members(limit=0) == (5, [])
        assert await node.members("chat/empty") == (0, [])


async def test_a_return_begins_anew(place: PresencePlace) -> None:
    async with place.node() as node:
        await node.change((ROOM, "anna", 1))
        await node.change((ROOM, "anna", 0))
        await node.change((ROOM, "anna", 3))
        (member,) = (await node.members()).listed
        assert member == Member("anna", 3, member.since_ms)
        assert [event for _, event, _ in await node.said()] == ["join", "leave", "join"]


async def test_as_many_changes_as_a_call_takes(place: PresencePlace) -> None:
    async with place.node() as node:
        await node.change(*((ROOM, f"user{i}", 1) for i in range(MAX_CHANGES)))
        assert (await node.members()).total == MAX_CHANGES
        assert len(await node.said()) == MAX_CHANGES


async def test_a_killed_node_leaves_once(place: PresencePlace) -> None:
    many = MAX_CHANGES + 50
    async with place.node(lease_s=SHORT_S) as killed:
        for start in (0, MAX_CHANGES):
            users = range(start, min(start + MAX_CHANGES, many))
            await killed.change(*((ROOM, f"user{i}", 1) for i in users))
    async with place.node(lease_s=SHORT_S) as node:
        assert (await node.members()).total == many
        assert await node.presence.reap() > 0
        assert len(await node.said()) == many
        await reaped(node, until_said=2 * many)
        assert await node.members() == (0, [])
        assert {user for _, event, user in await node.said() if event == "leave"} == {f"user{i}" for i in range(many)}
        await asyncio.sleep(await node.presence.reap())
        assert len(await node.said()) == 2 * many


async def test_who_comes_back_in_time_has_not_left(place: PresencePlace) -> None:
    async with place.node(lease_s=SHORT_S) as killed:
        await killed.change((ROOM, "anna", 2), (ROOM, "ivan", 1))
        since_ms = (await killed.members()).listed[0].since_ms
    async with place.node(lease_s=SHORT_S) as node:
        await node.change((ROOM, "anna", 1))
        await reaped(node, until_said=3)
        assert (await node.members()).listed == [Member("anna", 1, since_ms)]
        assert await node.said() == [(SAID, "join", "anna"), (SAID, "join", "ivan"), (SAID, "leave", "ivan")]


async def test_a_node_that_stops_gives_its_users_time_to_come_back(place: PresencePlace) -> None:
    async with place.node(lease_s=SHORT_S) as node:
        await node.change((ROOM, "anna", 1))
        await node.presence.withdraw(after_s=SHORT_S)
        assert len(await node.said()) == 1
    async with place.node(lease_s=SHORT_S) as node:
        await node.change((ROOM, "ivan", 1))
        await node.change((ROOM, "ivan", 0))
        await reaped(node, until_said=4)
        assert (await node.said())[-1] == (SAID, "leave", "anna")
