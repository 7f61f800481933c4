import asyncio
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from hub.engine.base import Engine
from hub.errors import Unavailable, Unrecoverable
from hub.events import Batch, Position
from tests.engine.places import LocalPlace, Place, RedisPlace, batch, collect, numbers, offsets
from tests.servers import redis_server


@pytest.fixture(params=["local", "redis"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    if request.param == "local":
        yield LocalPlace(tmp_path / "log.db")
    else:
        with redis_server(tmp_path / "redis", fsync="always") as server:
            yield RedisPlace(server)


async def publish(engine: Engine, first: int, last: int, *, padding: int = 0) -> list[Position]:
    return list(await asyncio.gather(*(engine.publish(batch(i, padding=padding)) for i in range(first, last + 1))))


async def test_offsets_are_dense_and_of_one_epoch(place: Place) -> None:
    async with place.engine() as engine:
        start = await engine.head()
        assert start.offset == 0
        positions = [await engine.publish(batch(i)) for i in range(1, 6)]
        assert positions == [Position(start.epoch, i) for i in range(1, 6)]
        assert await engine.head() == positions[-1]


async def test_a_batch_comes_back_as_it_was(place: Place) -> None:
    sent = Batch.of(
        ["telemetry/a", "raw/ü"], [5, 6], [b'{"n":1}', b'{"n":"\xc3\xbc"}'], source="hub", packets=[(7, 2**63), (8, 9)]
    )
    async with place.engine() as engine, engine.subscribe() as live:
        position = await engine.publish(sent)
        assert sent.position == position
        (heard,) = await collect(aiter(live), 1)
    async with place.engine() as engine:
        (read,) = await engine.tail(limit=1)
    for got in (heard, read):
        assert got.position == position
        assert list(got.topics) == ["telemetry/a", "raw/ü"]
        assert list(got.times) == [5, 6]
        assert got.pieces() == [b'{"n":1}', b'{"n":"\xc3\xbc"}']
        assert got.source == "hub"
        assert list(got.packets) == [(7, 2**63), (8, 9)]


async def test_empty_and_large_batches(place: Place) -> None:
    async with place.engine() as engine, engine.subscribe() as live:
        await engine.publish(Batch.of([], [], []))
        await engine.publish(batch(1, events=5000, padding=100))
        empty, large = await collect(aiter(live), 2)
        assert empty.pieces() == []
        assert len(large.pieces()) == 5000
        empty, large = await engine.tail(limit=2)
        assert empty.pieces() == []
        assert large.pieces() == batch(1, events=5000, padding=100).pieces()


async def test_a_batch_published_twice_has_two_places(place: Place) -> None:
    again = batch(1)
    async with place.engine() as engine:
        await asyncio.gather(engine.publish(again), engine.publish(again))
        assert offsets(await engine.tail(limit=5)) == [1, 2]


async def test_publishes_that_overlap_keep_their_order(place: Place) -> None:
    async with place.engine() as engine, engine.subscribe() as live:
        positions = await publish(engine, 1, 1000)
        assert [position.offset for position in positions] == list(range(1, 1001))
        assert numbers(await collect(aiter(live), 1000)) == list(range(1, 1001))


async def test_history(place: Place) -> None:
    async with place.engine() as engine:
        start = await engine.head()
        assert await engine.history(start, limit=10) == []
        positions = await publish(engine, 1, 10)
        assert numbers(await engine.history(start, limit=3)) == [1, 2, 3]
        assert numbers(await engine.history(positions[6], limit=100)) == [8, 9, 10]
        assert await engine.history(positions[-1], limit=100) == []
        assert await engine.history(start, limit=0) == []


async def test_history_that_can_not_be_proved(place: Place) -> None:
    async with place.engine() as engine:
        await publish(engine, 1, 3)
        head = await engine.head()
        with pytest.raises(Unrecoverable):
            await engine.history(Position("another", 1), limit=10)
        with pytest.raises(Unrecoverable):
            await engine.history(Position(head.epoch, 4), limit=10)


async def test_tail(place: Place) -> None:
    async with place.engine() as engine:
        assert await engine.tail(limit=5) == []
        await publish(engine, 1, 1200)
        assert numbers(await engine.tail(limit=3)) == [1198, 1199, 1200]
        assert numbers(await engine.tail(limit=1100)) == list(range(101, 1201))
        assert numbers(await engine.tail(limit=5000)) == list(range(1, 1201))
        assert await engine.tail(limit=0) == []


async def test_a_subscription_begins_at_the_head(place: Place) -> None:
    async with place.engine() as engine:
        await publish(engine, 1, 5)
        async with engine.subscribe() as live:
            assert live.position == await engine.head()
            await publish(engine, 6, 8)
            assert numbers(await collect(aiter(live), 3)) == [6, 7, 8]


async def test_every_subscriber_gets_everything(place: Place) -> None:
    async with place.engine() as engine, engine.subscribe() as one, engine.subscribe() as two:
        waiting = [asyncio.create_task(collect(aiter(live), 50)) for live in (one, two)]
        await publish(engine, 1, 50)
        for task in waiting:
            assert numbers(await task) == list(range(1, 51))


async def test_a_subscriber_that_was_cancelled_while_it_waited_goes_on(place: Place) -> None:
    async with place.engine() as engine, engine.subscribe() as live:
        batches = aiter(live)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await anext(batches)
        await publish(engine, 1, 3)
        assert numbers(await collect(batches, 3)) == [1, 2, 3]


async def test_a_slow_subscriber_misses_nothing(place: Place) -> None:
    async with place.engine() as engine, engine.subscribe() as live:
        await publish(engine, 1, 1500, padding=10_000)
        got = await collect(aiter(live), 1500)
        assert numbers(got) == list(range(1, 1501))
        await publish(engine, 1501, 1503)
        assert numbers(await collect(aiter(live), 3)) == [1501, 1502, 1503]


async def test_a_subscriber_so_slow_that_the_log_is_trimmed_is_told(place: Place) -> None:
    async with place.engine(max_bytes=100_000) as engine, engine.subscribe() as live:
        batches = aiter(live)
        await publish(engine, 1, 2000, padding=10_000)
        await trimmed(engine, live.position)
        with pytest.raises(Unrecoverable):
            await collect(batches, 2000)


async def trimmed(engine: Engine, since: Position) -> None:
    """Return when the batch after the position is off the log."""
    async with asyncio.timeout(20):
        while True:
            try:
                await engine.history(since, limit=1)
            except Unrecoverable:
                return
            await engine.publish(batch(0))
            await asyncio.sleep(0.001)


async def test_what_is_too_old_is_trimmed(place: Place) -> None:
    async with place.engine(max_age_s=0.05) as engine:
        start = await engine.head()
        await publish(engine, 1, 100, padding=100_000)
        await trimmed(engine, start)
        assert await engine.tail(limit=1)


async def test_a_new_group_begins_at_the_oldest_batch(place: Place) -> None:
    async with place.engine() as engine:
        await publish(engine, 1, 5)
        async with engine.consume("recorder", "a") as batches:
            assert numbers(await collect(batches, 5)) == [1, 2, 3, 4, 5]
            await publish(engine, 6, 6)
            assert numbers(await collect(batches, 1)) == [6]


async def test_a_group_of_an_empty_log_waits(place: Place) -> None:
    async with place.engine() as engine, engine.consume("recorder", "a") as batches:
        first = asyncio.create_task(collect(batches, 1))
        await asyncio.sleep(0)
        await publish(engine, 1, 1)
        assert numbers(await first) == [1]


async def test_what_was_acked_does_not_come_again(place: Place) -> None:
    async with place.engine() as engine, engine.consume("recorder", "a") as batches:
        positions = await publish(engine, 1, 10)
        await collect(batches, 10)
        await engine.ack("recorder", positions[6])
        await engine.ack("recorder", positions[6])
        await engine.ack("another", positions[6])
    async with place.engine() as engine, engine.consume("recorder", "a") as batches:
        assert numbers(await collect(batches, 3)) == [8, 9, 10]
        await engine.ack("recorder", positions[9])
        await publish(engine, 11, 11)
        assert numbers(await collect(batches, 1)) == [11]


async def test_a_member_that_comes_back_gets_what_it_did_not_ack(place: Place) -> None:
    async with place.engine() as engine:
        await publish(engine, 1, 4)
        for _ in range(2):
            async with engine.consume("recorder", "a") as batches:
                assert numbers(await collect(batches, 4)) == [1, 2, 3, 4]


async def test_groups_do_not_disturb_each_other(place: Place) -> None:
    async with place.engine() as engine:
        positions = await publish(engine, 1, 3)
        async with engine.consume("one", "a") as one, engine.consume("two", "a") as two:
            assert numbers(await collect(one, 3)) == [1, 2, 3]
            await engine.ack("one", positions[-1])
            assert numbers(await collect(two, 3)) == [1, 2, 3]


async def test_two_members_share(place: Place) -> None:
    async with place.engine() as engine, engine.consume("g", "a") as one, engine.consume("g", "b") as two:
        got: list[int] = []

        async def run(batches: object, member: str) -> None:
            async for some in batches:  # type: ignore[attr-defined]  # an iterator of either engine
                got.extend(numbers(some))
                await engine.ack("g", some[-1].position)
                await asyncio.sleep(0)
            raise AssertionError(member)

        tasks = [asyncio.create_task(run(one, "a")), asyncio.create_task(run(two, "b"))]
        await publish(engine, 1, 500)
        async with asyncio.timeout(20):
            while len(got) < 500:
                await asyncio.sleep(0.01)
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        assert sorted(got) == list(range(1, 501))


async def test_a_member_that_went_away_is_claimed_from(place: Place) -> None:
    async with place.engine(claim_idle_s=0.2) as engine:
        positions = await publish(engine, 1, 5)
        async with engine.consume("g", "gone") as batches:
            assert numbers(await collect(batches, 5)) == [1, 2, 3, 4, 5]
            await engine.ack("g", positions[1])
        async with engine.consume("g", "heir") as batches:
            assert numbers(await collect(batches, 3)) == [3, 4, 5]
            await engine.ack("g", positions[4])
        async with engine.consume("g", "gone") as batches:
            await publish(engine, 6, 6)
            assert numbers(await collect(batches, 1)) == [6]


async def test_a_consumer_that_was_cancelled_while_it_waited_goes_on(place: Place) -> None:
    async with place.engine() as engine, engine.consume("g", "a") as batches:
        got = []
        for i in range(1, 20):
            with suppress(TimeoutError):
                async with asyncio.timeout(0.001 * i):
                    while True:
                        got += await anext(batches)
            await publish(engine, i, i)
        got += await collect(batches, 19 - len(got))
        assert sorted(numbers(got)) == list(range(1, 20))


async def test_a_restarted_engine_goes_on_where_it_was(place: Place) -> None:
    async with place.engine() as engine:
        positions = await publish(engine, 1, 3)
    async with place.engine() as engine:
        assert await engine.head() == positions[-1]
        assert numbers(await engine.history(positions[0], limit=10)) == [2, 3]
        assert await engine.publish(batch(4)) == Position(positions[0].epoch, 4)


async def test_a_group_keeps_what_it_needs_until_the_log_is_twice_too_large(place: Place) -> None:
    async with place.engine(max_bytes=1_000_000) as engine, engine.consume("slow", "a") as batches:
        start = await engine.head()
        await publish(engine, 1, 150, padding=10_000)
        assert len(await engine.history(start, limit=1)) == 1
        assert engine.overrun_batches == 0
        await publish(engine, 151, 2000, padding=10_000)
        await trimmed(engine, start)
        assert engine.overrun_batches > 0
        got = await collect(batches, 50)
        assert numbers(got) == list(range(number_of_first(got), number_of_first(got) + len(got)))
        assert number_of_first(got) > 1


def number_of_first(got: list[Batch]) -> int:
    return numbers(got)[0]


async def test_what_was_trimmed_under_a_consumer_is_counted(place: Place) -> None:
    async with place.engine(max_bytes=100_000) as engine:
        async with engine.consume("slow", "a") as batches:
            start = await engine.head()
            await publish(engine, 1, 5, padding=10_000)
            await collect(batches, 5)
            await publish(engine, 6, 2000, padding=10_000)
            await trimmed(engine, start)
        async with engine.consume("slow", "a") as batches:
            await collect(batches, 1)
            assert engine.lost_batches >= 5


async def test_a_publish_that_is_not_confirmed_in_time(place: Place) -> None:
    async with place.engine() as engine:
        await engine.publish(batch(1))
        with place.away():
            with pytest.raises(Unavailable):
                await engine.publish(batch(2), timeout_s=0.05)
            assert engine.waiting_bytes > 0
        await engine.publish(batch(3))
        got = numbers(await engine.tail(limit=10))
        assert got in ([1, 3], [1, 2, 3])
        assert engine.waiting_bytes == 0


async def test_publishers_wait_for_a_log_that_is_away(place: Place) -> None:
    async with place.engine() as engine, engine.subscribe() as live:
        await engine.publish(batch(1))
        with place.away():
            waiting = [asyncio.create_task(engine.publish(batch(i))) for i in range(2, 50)]
            async with asyncio.timeout(20):
                while engine.write_failures == 0:
                    await asyncio.sleep(0.01)
            assert not any(task.done() for task in waiting)
        async with asyncio.timeout(20):
            await asyncio.gather(*waiting)
        assert numbers(await engine.tail(limit=100)) == list(range(1, 50))
        assert numbers(await collect(aiter(live), 49)) == list(range(1, 50))


async def test_a_publisher_that_is_cancelled_leaves_the_others_in_order(place: Place) -> None:
    async with place.engine() as engine:
        with place.away():
            tasks = [asyncio.create_task(engine.publish(batch(i))) for i in range(1, 6)]
            await asyncio.sleep(0)
            tasks[2].cancel()
        async with asyncio.timeout(20):
            await asyncio.wait(tasks)
        got = numbers(await engine.tail(limit=100))
        assert [i for i in got if i != 3] == [1, 2, 4, 5]
        assert got == sorted(got)


async def test_a_closed_engine_says_so(place: Place) -> None:
    async with place.engine() as engine:
        await engine.publish(batch(1))
    with pytest.raises(Unavailable):
        await engine.publish(batch(2))
