"""What notices between nodes promise; one suite for memory and Redis."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

from hub.engine import ephemeral_local
from hub.engine.ephemeral_base import Ephemeral, Notice
from hub.engine.ephemeral_local import LocalEphemeral
from hub.engine.ephemeral_redis import RedisEphemeral
from hub.errors import Unavailable
from tests.engine.places import PATIENCE_S, RedisPlace
from tests.servers import redis_server

Open = Callable[[], AbstractAsyncContextManager[Ephemeral]]
ONE, TWO = (Notice("chat/ops", {"user": user}) for user in ("anna", "ivan"))


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisPlace]:
    with redis_server(tmp_path / "redis") as server:
        yield RedisPlace(server)


@asynccontextmanager
async def on_redis(place: RedisPlace) -> AsyncIterator[Ephemeral]:
    async with place.engine() as engine:
        yield RedisEphemeral(engine)


@pytest.fixture(params=["local", "redis"])
def open_node(request: pytest.FixtureRequest) -> Open:
    """A node; of the local engine there is one, however often it is asked for."""
    if request.param == "redis":
        place: RedisPlace = request.getfixturevalue("redis")
        return lambda: on_redis(place)
    only = LocalEphemeral()

    @asynccontextmanager
    async def found() -> AsyncIterator[Ephemeral]:
        yield only

    return found


async def heard(notices: AsyncIterator[Notice], count: int) -> list[Notice]:
    async with asyncio.timeout(PATIENCE_S):
        return [await anext(notices) for _ in range(count)]


async def test_every_node_hears_what_is_announced_in_order(open_node: Open) -> None:
    async with open_node() as first, open_node() as second, first.follow() as here, second.follow() as there:
        await first.announce(ONE)
        await first.announce(TWO)
        assert await heard(here, 2) == [ONE, TWO]
        assert await heard(there, 2) == [ONE, TWO]


async def test_what_was_announced_before_is_not_heard(open_node: Open) -> None:
    async with open_node() as node:
        await node.announce(ONE)
        async with node.follow() as notices:
            await node.announce(TWO)
            assert await heard(notices, 1) == [TWO]
        await node.announce(ONE)


async def test_a_local_follower_that_is_slow_misses_the_oldest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ephemeral_local, "MAX_WAITING", 1)
    node = LocalEphemeral()
    async with node.follow() as notices:
        await node.announce(ONE)
        await node.announce(TWO)
        assert node.dropped == 1
        assert await heard(notices, 1) == [TWO]


async def test_a_redis_that_is_away_is_said(redis: RedisPlace) -> None:
    async with on_redis(redis) as node, node.follow() as notices:
        with redis.away():
            with pytest.raises(Unavailable):
                await heard(notices, 1)
            with pytest.raises(Unavailable):
                await node.announce(ONE)
