import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from redis.asyncio import Redis

from hub.engine import redis_live, redis_member
from hub.engine.base import Live
from hub.engine.redis import RedisEngine
from hub.errors import BAD_REQUEST, HubError, Unavailable, Unrecoverable
from hub.events import Position
from tests.engine.cutting_proxy import CuttingProxy
from tests.engine.places import PLENTY_BYTES, PLENTY_S, batch, collect, numbers, offsets
from tests.servers import Server, redis_server


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with redis_server(tmp_path / "redis", fsync="always") as running:
        yield running


def engine_on(port: int, *, claim_idle_s: float = 30) -> RedisEngine:
    return RedisEngine(
        f"redis://127.0.0.1:{port}", max_bytes=PLENTY_BYTES, max_age_s=PLENTY_S, claim_idle_s=claim_idle_s
    )


@asynccontextmanager
async def raw(server: Server) -> AsyncIterator[Redis]:
    """Redis itself, to do to it what can happen to it."""
    client = Redis(port=server.port, protocol=2)
    try:
        yield client
    finally:
        await client.aclose()


async def wait_for_offset(engine: RedisEngine, offset: int) -> None:
    async with asyncio.timeout(20):
        while True:
            with suppress(Unavailable):
                if (await engine.head()).offset >= offset:
                    return
            await asyncio.sleep(0.01)


async def test_kill_9_of_redis_in_the_middle_of_a_stream(server: Server) -> None:
    async with engine_on(server.port) as engine, engine.subscribe() as live, engine.consume("g", "a") as batches:
        publishing = asyncio.gather(*(engine.publish(batch(i, padding=500)) for i in range(1, 3001)))
        heard = asyncio.create_task(collect(aiter(live), 3000))
        consumed = asyncio.create_task(collect(batches, 3000))
        for offset in (200, 1200):
            await wait_for_offset(engine, offset)
            server.kill()
            server.start()
        async with asyncio.timeout(30):
            positions = await publishing
        assert positions == [Position(positions[0].epoch, i) for i in range(1, 3001)]
        assert numbers(await engine.history(Position(positions[0].epoch, 0), limit=10_000)) == list(range(1, 3001))
        assert numbers(await heard) == list(range(1, 3001))
        assert numbers(await consumed) == list(range(1, 3001))


async def test_a_lost_answer_does_not_append_twice(server: Server) -> None:
    async with CuttingProxy(server.port).running() as proxy, engine_on(proxy.port) as engine:
        await engine.publish(batch(0))
        for i in range(1, 31):
            proxy.cutting = i % 3 == 0
            await asyncio.gather(*(engine.publish(batch(10 * i + k)) for k in range(10)))
        assert proxy.cuts == 10
        assert numbers(await engine.tail(limit=1000)) == [0, *range(10, 310)]
        assert engine.write_failures >= 10


async def test_a_flushed_redis_is_a_new_epoch_with_higher_offsets(server: Server) -> None:
    async with engine_on(server.port) as engine, engine.subscribe() as live, engine.consume("g", "a") as batches:
        for i in range(1, 11):
            before = await engine.publish(batch(i))
        await collect(aiter(live), 10)
        await collect(batches, 10)
        async with raw(server) as client:
            await client.flushall()
        after = await engine.publish(batch(11))
        assert after.epoch != before.epoch
        assert after.offset > before.offset
        with pytest.raises(Unrecoverable):
            await collect(aiter(live), 1)
        with pytest.raises(Unrecoverable):
            await engine.history(before, limit=10)
        assert numbers(await collect(batches, 1)) == [11]
        await engine.ack("g", after)
        async with engine.subscribe() as again:
            await engine.publish(batch(12))
            assert numbers(await collect(aiter(again), 1)) == [12]


async def test_a_process_that_knows_nothing_begins_a_flushed_redis_anew(server: Server) -> None:
    async with engine_on(server.port) as engine:
        before = await engine.publish(batch(1))
    async with raw(server) as client:
        await client.flushall()
    async with engine_on(server.port) as engine:
        after = await engine.head()
        assert after.offset == 0
        assert after.epoch != before.epoch


async def rolled_back(server: Server, engine: RedisEngine, live: Live) -> list[Position]:
    """Publish 8 batches and then 2 that Redis forgets when all have been heard; their positions."""
    positions = [await engine.publish(batch(i)) for i in range(1, 9)]
    server.stop()
    shutil.copytree(server.directory / "appendonlydir", server.directory / "earlier")
    server.start()
    positions += [await engine.publish(batch(i)) for i in range(9, 11)]
    assert numbers(await collect(aiter(live), 10)) == list(range(1, 11))
    server.kill()
    shutil.rmtree(server.directory / "appendonlydir")
    shutil.copytree(server.directory / "earlier", server.directory / "appendonlydir")
    server.start()
    return positions


async def test_a_head_behind_what_was_acknowledged_is_a_new_epoch(server: Server) -> None:
    async with engine_on(server.port) as engine, engine.subscribe() as live:
        positions = await rolled_back(server, engine, live)
        with pytest.raises(Unrecoverable):
            await collect(aiter(live), 1)
        after = await engine.publish(batch(11))
        assert after.epoch != positions[0].epoch
        assert after.offset == 11
        assert [one.position for one in await engine.tail(limit=100)] == [*positions[:8], after]
        with pytest.raises(Unrecoverable):
            await engine.history(positions[3], limit=10)
        with pytest.raises(Unrecoverable):
            await engine.history(Position(after.epoch, 3), limit=10)
        async with engine.consume("g", "a") as batches:
            assert [one.position for one in await collect(batches, 9)] == [*positions[:8], after]


async def test_what_was_only_heard_counts_too(server: Server) -> None:
    async with engine_on(server.port) as listener, listener.subscribe() as live:
        async with engine_on(server.port) as engine:
            positions = await rolled_back(server, engine, live)
        with pytest.raises(Unrecoverable):
            await collect(aiter(live), 1)
        after = await listener.publish(batch(11))
        assert after.epoch != positions[0].epoch
        assert after.offset == 11


async def test_an_epoch_from_before_the_known_one_is_not_gone_on_with(server: Server) -> None:
    async with engine_on(server.port) as engine:
        await engine.publish(batch(1))
        async with raw(server) as client:
            log = "{hub:0}:log"
            await client.hset(log, mapping={"epoch": "00000001aaaa", "offset": "500"})
        after = await engine.publish(batch(2))
        assert after.epoch > "00000001aaaa"
        assert after.offset == 501


async def test_a_lost_hash_goes_on_above_the_stream(server: Server) -> None:
    async with engine_on(server.port) as engine:
        for i in range(1, 6):
            before = await engine.publish(batch(i))
    async with raw(server) as client:
        await client.delete("{hub:0}:log")
    async with engine_on(server.port) as engine:
        after = await engine.publish(batch(6))
        assert after.epoch != before.epoch
        assert after.offset == 6


async def test_a_hole_in_the_announcements_is_read_from_the_stream(server: Server) -> None:
    async with engine_on(server.port) as silent, engine_on(server.port) as engine, engine.subscribe() as live:
        silent._names.channel = "elsewhere"
        await engine.publish(batch(1))
        for i in range(2, 5):
            await silent.publish(batch(i))
        await engine.publish(batch(5))
        assert numbers(await collect(aiter(live), 5)) == [1, 2, 3, 4, 5]
        assert live.holes == 1


async def test_silence_on_a_connection_is_noticed(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redis_live, "SILENCE_S", 0.05)
    async with engine_on(server.port) as silent, engine_on(server.port) as engine, engine.subscribe() as live:
        silent._names.channel = "elsewhere"
        for i in range(1, 20):
            await silent.publish(batch(i))
            assert numbers(await collect(aiter(live), 1)) == [i]
        await engine.publish(batch(20))
        assert numbers(await collect(aiter(live), 1)) == [20]


async def test_subscriptions_that_redis_closes_come_back(server: Server) -> None:
    async with engine_on(server.port) as engine, engine.subscribe() as live, raw(server) as client:
        for i in range(1, 6):
            await client.execute_command("CLIENT", "KILL", "TYPE", "pubsub")  # type: ignore[no-untyped-call]
            await engine.publish(batch(i))
        assert numbers(await collect(aiter(live), 5)) == [1, 2, 3, 4, 5]


async def test_scripts_that_redis_forgot_are_loaded_again(server: Server) -> None:
    async with engine_on(server.port) as engine, raw(server) as client:
        await engine.publish(batch(1))
        await client.script_flush()
        await asyncio.gather(*(engine.publish(batch(i)) for i in range(2, 20)))
        await client.script_flush()
        assert (await engine.head()).offset == 19
        assert offsets(await engine.tail(limit=100)) == list(range(1, 20))


async def test_two_processes_publish_to_one_log(server: Server) -> None:
    async with engine_on(server.port) as one, engine_on(server.port) as two, one.subscribe() as live:
        await asyncio.gather(*((one if i % 2 else two).publish(batch(i)) for i in range(200)))
        got = await collect(aiter(live), 200)
        assert offsets(got) == list(range(1, 201))
        assert numbers(got)[::1] != []
        assert [i for i in numbers(got) if i % 2] == list(range(1, 200, 2))
        assert [i for i in numbers(got) if not i % 2] == list(range(0, 200, 2))


async def test_members_in_two_processes_share_and_inherit(server: Server) -> None:
    async with engine_on(server.port, claim_idle_s=0.2) as two:
        async with engine_on(server.port, claim_idle_s=0.2) as one, one.consume("g", "a") as batches:
            for i in range(1, 4):
                await one.publish(batch(i))
            got = await collect(batches, 3)
            assert got[0].position is not None
            await one.ack("g", got[0].position)
        async with two.consume("g", "b") as batches:
            assert numbers(await collect(batches, 2)) == [2, 3]


async def test_a_consumer_rides_through_a_group_that_is_gone(server: Server) -> None:
    async with engine_on(server.port) as engine, engine.consume("g", "a") as batches, raw(server) as client:
        await engine.publish(batch(1))
        await collect(batches, 1)
        await client.xgroup_destroy("{hub:0}:stream", "g")
        await engine.publish(batch(2))
        assert 2 in numbers(await collect(batches, 2))


async def test_more_pending_than_one_read_brings(server: Server) -> None:
    async with engine_on(server.port) as engine:
        count = 3 * redis_member.MAX_TAKE_BATCHES + 1
        await asyncio.gather(*(engine.publish(batch(i)) for i in range(count)))
        for _ in range(2):
            async with engine.consume("g", "a") as batches:
                assert numbers(await collect(batches, count)) == list(range(count))


async def test_without_redis(server: Server) -> None:
    server.kill()
    async with engine_on(server.port) as engine:
        with pytest.raises(Unavailable):
            await engine.head()
        with pytest.raises(Unavailable):
            await engine.tail(limit=1)
        with pytest.raises(Unavailable):
            async with engine.subscribe():
                raise AssertionError
        async with engine.consume("g", "a") as batches:
            waiting = asyncio.create_task(collect(batches, 1))
            published = asyncio.create_task(engine.publish(batch(1)))
            await asyncio.sleep(0)
            server.start()
            assert numbers(await waiting) == [1]
            await published


async def test_closing_refuses_what_waits(server: Server) -> None:
    server.kill()
    async with engine_on(server.port) as engine:
        waiting = asyncio.create_task(engine.publish(batch(1)))
        async with asyncio.timeout(20):
            while engine.write_failures == 0:
                await asyncio.sleep(0.01)
    with pytest.raises(Unavailable):
        await waiting


async def test_a_url_that_is_none() -> None:
    with pytest.raises(HubError) as raised:
        await RedisEngine("http://secret@127.0.0.1", max_bytes=1, max_age_s=1).__aenter__()
    assert raised.value.code is BAD_REQUEST
    assert "secret" not in str(raised.value)


async def test_a_redis_that_refuses_writes_is_waited_for(server: Server) -> None:
    async with engine_on(server.port) as engine, raw(server) as client:
        await engine.publish(batch(1))
        await client.config_set("maxmemory", "1")
        waiting = [asyncio.create_task(engine.publish(batch(i))) for i in range(2, 30)]
        async with asyncio.timeout(20):
            while engine.write_failures < 2:
                await asyncio.sleep(0.01)
        await client.config_set("maxmemory", "0")
        async with asyncio.timeout(20):
            await asyncio.gather(*waiting)
        assert numbers(await engine.tail(limit=100)) == list(range(1, 30))
