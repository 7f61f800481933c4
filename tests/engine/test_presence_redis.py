"""Presence on Redis: several nodes, and what can happen to Redis and to the way there."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from redis.asyncio import Redis

from hub.engine.presence_base import Change
from hub.engine.presence_redis import RedisPresence
from hub.engine.redis import RedisEngine
from hub.errors import Unavailable
from hub.events import Position
from tests.engine.cutting_proxy import CuttingProxy
from tests.engine.places import PLENTY_BYTES, PLENTY_S, RedisPlace, batch, offsets
from tests.engine.presence_places import ROOM, Node, RedisPresencePlace
from tests.servers import Server, redis_server

SHORT_S = 0.3
JOIN = ("presence/chat/ops", "join", "anna")
LEAVE = ("presence/chat/ops", "leave", "anna")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with redis_server(tmp_path / "redis", fsync="always") as running:
        yield running


@pytest.fixture
async def nodes(server: Server) -> AsyncIterator[tuple[Node, Node]]:
    place = RedisPresencePlace(RedisPlace(server))
    async with AsyncExitStack() as stack:
        one, two = [await stack.enter_async_context(place.node(lease_s=SHORT_S)) for _ in range(2)]
        yield one, two


async def flush(server: Server) -> None:
    client = Redis(port=server.port, protocol=2)
    await client.flushall()
    await client.aclose()


async def until_reaped(node: Node, *, said: int) -> None:
    async with asyncio.timeout(20):
        while len(await node.said()) < said:
            await asyncio.sleep(await node.presence.reap())


async def test_a_user_on_two_nodes_joins_and_leaves_once(nodes: tuple[Node, Node]) -> None:
    one, two = nodes
    await asyncio.gather(one.change((ROOM, "anna", 2)), two.change((ROOM, "anna", 1)))
    assert await one.users() == await two.users() == {"anna": 3}
    await one.change((ROOM, "anna", 0))
    assert await two.users() == {"anna": 1}
    assert await one.said() == [JOIN]
    await two.change((ROOM, "anna", 0))
    assert await one.said() == [JOIN, LEAVE]


async def test_joins_take_their_places_between_other_batches(nodes: tuple[Node, Node]) -> None:
    one, two = nodes
    before = (await one.engine.head()).offset
    work = [one.engine.publish(batch(i)) for i in range(50)]
    changes = [node.change((ROOM, f"user{i}", 1)) for i, node in enumerate([one, two])]
    await asyncio.gather(*work, *changes)
    assert offsets(await two.engine.tail(limit=100)) == list(range(before + 1, before + 53))


async def test_the_leaves_of_a_killed_node_are_said_by_one_of_those_that_see_it(server: Server) -> None:
    place = RedisPresencePlace(RedisPlace(server))
    async with AsyncExitStack() as stack:
        one, two, killed = [await stack.enter_async_context(place.node(lease_s=SHORT_S)) for _ in range(3)]
        await killed.change(*((ROOM, f"user{i}", 1) for i in range(100)))
        async with asyncio.timeout(20):
            while len(await one.said()) < 199:
                await one.change((ROOM, "user0", 1))
                await asyncio.gather(one.presence.reap(), two.presence.reap())
        await asyncio.gather(one.presence.reap(), two.presence.reap())
        leaves = [user for _, event, user in await one.said() if event == "leave"]
        assert sorted(leaves) == sorted(f"user{i}" for i in range(1, 100))
        assert await two.users() == {"user0": 1}
        assert await killed.change((ROOM, "anna", 1)) is False


async def test_a_node_that_redis_has_forgotten_is_told_so(nodes: tuple[Node, Node], server: Server) -> None:
    one, _ = nodes
    await one.change((ROOM, "anna", 1))
    await flush(server)
    assert await one.change() is False
    assert await one.users() == {}
    assert await one.change((ROOM, "anna", 1)) is True
    assert await one.said() == [JOIN]


async def test_a_lost_change_is_noticed_at_the_next(nodes: tuple[Node, Node], server: Server) -> None:
    one, _ = nodes
    await one.change((ROOM, "anna", 1))
    await one.change((ROOM, "ivan", 1))
    client = Redis(port=server.port, protocol=2)
    assert isinstance(one.presence, RedisPresence)
    await client.hset("{hub:0}:presence:attempts", one.presence._node, "1")
    await client.aclose()
    assert await one.change() is False


async def test_an_attempt_that_comes_late_is_not_carried_out(nodes: tuple[Node, Node]) -> None:
    one, _ = nodes
    presence = one.presence
    assert isinstance(presence, RedisPresence)
    await one.change((ROOM, "anna", 1))
    await one.change((ROOM, "anna", 0))
    late = await presence._run("change", presence._node, 0, 1, 1000, ROOM, "anna", 1)
    assert late == [0]
    assert await one.users() == {}
    assert await one.change((ROOM, "anna", 1)) is True


async def test_a_lost_answer_is_no_second_join(server: Server) -> None:
    async with CuttingProxy(server.port).running() as proxy:
        url = f"redis://127.0.0.1:{proxy.port}"
        async with (
            RedisEngine(url, max_bytes=PLENTY_BYTES, max_age_s=PLENTY_S) as engine,
            RedisPresence(engine, lease_s=SHORT_S) as presence,
        ):
            node = Node(engine, presence)
            await node.change((ROOM, "ivan", 1))
            proxy.cutting = True
            with pytest.raises(Unavailable):
                await node.change((ROOM, "anna", 1))
            assert proxy.cuts == 1
            assert await node.change((ROOM, "anna", 1)) is True
            assert (await node.said())[1:] == [JOIN]


async def test_leases_that_ended_while_redis_was_away_have_not_ended(nodes: tuple[Node, Node], server: Server) -> None:
    one, two = nodes
    await one.change((ROOM, "ivan", 1))
    await two.change((ROOM, "anna", 1))
    await one.presence.reap()
    server.kill()
    with pytest.raises(Unavailable):
        await one.presence.reap()
    await asyncio.sleep(SHORT_S)
    server.start()
    assert await one.presence.reap() > 0
    assert await two.change() is True
    assert await one.change() is True
    assert await one.users() == {"ivan": 1, "anna": 1}
    assert len(await one.said()) == 2
    await until_reaped(one, said=3)
    assert (await one.said())[-1] == LEAVE


async def test_a_process_that_slept_reaps_nobody_at_once(nodes: tuple[Node, Node]) -> None:
    one, two = nodes
    await two.change((ROOM, "anna", 1))
    await one.presence.reap()
    await asyncio.sleep(SHORT_S + 0.1)
    assert await one.presence.reap() > 0
    assert len(await one.said()) == 1


async def test_a_new_epoch_of_the_log_is_gone_on_with(nodes: tuple[Node, Node], server: Server) -> None:
    one, _ = nodes
    before = await one.engine.publish(batch(1))
    await flush(server)
    await one.change((ROOM, "anna", 1))
    after = await one.engine.head()
    assert after == Position(after.epoch, before.offset + 1)
    assert after.epoch != before.epoch


async def test_without_redis(server: Server) -> None:
    server.kill()
    async with RedisPresencePlace(RedisPlace(server)).node() as node:
        for asked in (node.presence.reap(), node.presence.change([Change(ROOM, "anna", 1)]), node.members()):
            with pytest.raises(Unavailable):
                await asked
        with pytest.raises(Unavailable):
            await node.presence.withdraw(after_s=1)
