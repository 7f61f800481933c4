"""The recorder between a real log and a real store."""

import asyncio
import shutil
import sqlite3
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, closing
from pathlib import Path

import pytest

from hub import recorder as module
from hub.engine.local import LocalEngine
from hub.events import Batch, Position
from hub.recorder import Recorder
from hub.store.sqlite import SqliteEventStore
from tests.store.batches import EVER, T0, batch, event, series
from tests.store.patience import at_head, until


def log_of(path: Path, *, max_bytes: int = 10**9) -> LocalEngine:
    return LocalEngine(path / "log.db", max_bytes=max_bytes, max_age_s=10**6)


async def say(engine: LocalEngine, *numbers: int) -> None:
    batches = [Batch.of(["telemetry/d"], [T0 + n], [event("telemetry/d", T0 + n, n=n)]) for n in numbers]
    await asyncio.gather(*map(engine.publish, batches))


@asynccontextmanager
async def recording(
    engine: LocalEngine, store: SqliteEventStore, *, member: str = "recorder"
) -> AsyncIterator[Recorder]:
    recorder = Recorder(engine, store, now_ms=lambda: T0 + 1_000_000, member=member, backoff_max_s=0.01)
    task = asyncio.create_task(recorder.run())
    try:
        yield recorder
    finally:
        task.cancel()
        await asyncio.wait([task])


async def recorded(store: SqliteEventStore) -> list[object]:
    return [point.value for point in await series(store, "d", "n")]


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[LocalEngine]:
    async with log_of(tmp_path) as engine:
        yield engine


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteEventStore]:
    async with SqliteEventStore(tmp_path / "hub.db") as store:
        yield store


async def test_every_event_once_over_restarts(engine: LocalEngine, store: SqliteEventStore) -> None:
    said = 0
    for _ in range(5):
        async with recording(engine, store) as recorder:
            await say(engine, *range(said, said + 50))
            said += 50
            await until(lambda: recorder.written > 0)
    async with recording(engine, store) as recorder:
        await at_head(store, engine)
    assert await recorded(store) == list(range(250))
    assert await store.position() == await engine.head()


async def test_how_far_it_is(engine: LocalEngine, store: SqliteEventStore) -> None:
    async with recording(engine, store) as recorder:
        assert (recorder.written, recorder.lag_ms, recorder.position) == (0, 0, None)
        await say(engine, 5, 3)
        await engine.publish(Batch.of([], [], []))
        await at_head(store, engine)
        await until(lambda: recorder.written == 2 and recorder.lag_ms == 0)
        assert (recorder.newest_ms, recorder.failures, recorder.position) == (T0 + 5, 0, await engine.head())


async def test_a_store_that_does_not_answer_makes_it_wait(
    engine: LocalEngine, store: SqliteEventStore, tmp_path: Path
) -> None:
    async with recording(engine, store) as recorder:
        await say(engine, 1)
        await at_head(store, engine)
        with closing(sqlite3.connect(tmp_path / "hub.db", isolation_level=None)) as db:
            db.execute("CREATE TRIGGER no BEFORE INSERT ON journal BEGIN SELECT raise(ABORT, 'no room'); END")
            await say(engine, 2, 3)
            await until(lambda: recorder.failures >= 3)
            assert recorder.lag_ms == 1_000_000 - 1
            db.execute("DROP TRIGGER no")
        await at_head(store, engine)
        assert await recorded(store) == [1, 2, 3]


async def test_what_a_power_cut_took_from_the_store_is_read_from_the_log(
    engine: LocalEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "FILL_BATCHES", 7)
    for path, numbers in ((tmp_path / "old.db", range(10)), (tmp_path / "new.db", range(10, 40))):
        async with SqliteEventStore(path) as store, recording(engine, store) as recorder:
            await say(engine, *numbers)
            await at_head(store, engine)
        if path.name == "old.db":
            shutil.copy(path, tmp_path / "new.db")
    async with SqliteEventStore(tmp_path / "old.db") as store, recording(engine, store) as recorder:
        await say(engine, 40)
        await at_head(store, engine)
        assert await recorded(store) == list(range(41))
        assert recorder.holes == 0


async def test_a_new_store_gets_what_the_log_still_has(engine: LocalEngine, tmp_path: Path) -> None:
    for name in ("old.db", "new.db"):
        async with SqliteEventStore(tmp_path / name) as store, recording(engine, store) as recorder:
            await say(engine, *range(20))
            await at_head(store, engine)
            assert recorder.holes == 0
            found = await store.history("d", "n", start=0, end=EVER, limit=100)
    assert len(found.points) == 40


async def test_a_hole_that_the_log_can_not_fill_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with SqliteEventStore(tmp_path / "hub.db") as store:
        async with log_of(tmp_path) as engine, recording(engine, store):
            await say(engine, 0)
            await at_head(store, engine)
        async with log_of(tmp_path, max_bytes=500) as engine, SqliteEventStore(tmp_path / "other.db") as other:
            async with recording(engine, other):
                for number in range(1, 100):
                    await say(engine, number)
                await at_head(other, engine)
            await until(lambda: engine.size_bytes < 1000)
        async with log_of(tmp_path) as engine, recording(engine, store) as recorder:
            await say(engine, 100)
            await at_head(store, engine)
            assert recorder.holes == 1
        assert {0, 100} <= set(await recorded(store)) < set(range(101))
    assert "History has a hole" in caplog.text


async def test_batches_that_are_there_are_passed_over(engine: LocalEngine, store: SqliteEventStore) -> None:
    recorder = Recorder(engine, store, now_ms=lambda: T0)
    await say(engine, *range(6))
    batches = await engine.tail(limit=10)
    await recorder._write([batches[3], batches[1], batches[2], batches[5]])
    await recorder._write(batches)
    assert recorder.written == 6
    assert await recorded(store) == list(range(6))


async def test_a_new_life_of_the_log_goes_on_in_the_same_store(engine: LocalEngine, store: SqliteEventStore) -> None:
    await store.write([batch(7, event("telemetry/d", T0, n=-1), epoch="before")])
    async with recording(engine, store) as recorder:
        await say(engine, 0, 1)
        await at_head(store, engine)
        assert recorder.holes == 0
    assert await recorded(store) == [-1, 0, 1]
    assert (await store.position()) == Position((await engine.head()).epoch, 2)


async def test_two_recorders_write_everything_once(engine: LocalEngine, tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        stores = [await stack.enter_async_context(SqliteEventStore(tmp_path / "hub.db")) for _ in range(2)]
        recorders = [
            await stack.enter_async_context(recording(engine, store, member=f"m{n}")) for n, store in enumerate(stores)
        ]
        for first in range(0, 500, 20):
            await say(engine, *range(first, first + 20))
        await at_head(stores[0], engine)
        await until(lambda: sum(recorder.written for recorder in recorders) == 500)
        assert await recorded(stores[0]) == list(range(500))
        assert [recorder.holes for recorder in recorders] == [0, 0]
