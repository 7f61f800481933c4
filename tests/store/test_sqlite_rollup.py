"""Rollups of the SQLite store: what is read of them, and how they are kept."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from hub.events import encode_event
from hub.registry import Record
from hub.rollup import Rollup
from hub.rollup_plan import DAY, FIVE_MINUTES, HOUR, LEVELS, MINUTE, RAW, UNITS_MS, Plan
from hub.store import rolling, sqlite_summary, stretches
from hub.store.sqlite import SqliteEventStore
from tests.store.batches import batch, event
from tests.store.patience import until

MIN, _, H, D = UNITS_MS[1:]
START = 20_000 * D


class Clock:
    now_s = START / 1000

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def store(tmp_path: Path, clock: Clock) -> AsyncIterator[SqliteEventStore]:
    async with SqliteEventStore(tmp_path / "hub.db", fold_s=0, clock=clock) as store:
        yield store
        assert store.fold_failures == store.roll_failures == 0


async def roll_all(store: SqliteEventStore, clock: Clock) -> None:
    for _ in LEVELS:
        clock.now_s += 7200
        await store.roll()


async def slots(store: SqliteEventStore, level: int, count: int) -> list[tuple[int, Rollup]]:
    unit = UNITS_MS[level]
    asked = Plan(START, START + count * unit, level, START, unit, count)
    return (await store.summaries({"a": ["n"]}, asked, limit_s=60))["a"]["n"]


def query(path: Path, statement: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection, connection:
        return connection.execute(statement).fetchall()


async def test_a_minute_that_is_over_is_read_from_its_rollup(
    store: SqliteEventStore, clock: Clock, tmp_path: Path
) -> None:
    await store.write([batch(1, event("telemetry/a", START, n=1), event("chat/ops", START, text="no telemetry"))])
    assert await store.roll() == 0
    clock.now_s += 65
    assert await store.roll() == 1
    assert await store.roll() == 0
    assert query(tmp_path / "hub.db", "SELECT level, start, body FROM rollups") == [(MINUTE, START, b'{"n":[0,1]}')]
    query(tmp_path / "hub.db", "DELETE FROM events")
    assert [one.count for _, one in await slots(store, MINUTE, 1)] == [1]


async def test_every_level_comes_to_be_and_a_late_event_makes_them_anew(
    store: SqliteEventStore, clock: Clock, tmp_path: Path
) -> None:
    await store.write([batch(1, *(event("telemetry/a", START + n * 20 * MIN, n=n) for n in range(72)))])
    await roll_all(store, clock)
    counted = query(tmp_path / "hub.db", "SELECT level, count(*) FROM rollups GROUP BY level")
    assert counted == [(MINUTE, 72), (FIVE_MINUTES, 72), (HOUR, 24), (DAY, 1)]
    assert query(tmp_path / "hub.db", "SELECT * FROM stale") == []
    for level, count in ((MINUTE, 1440), (FIVE_MINUTES, 288), (HOUR, 24), (DAY, 1)):
        assert sum(one.count for _, one in await slots(store, level, count)) == 72
    await store.write([batch(2, event("telemetry/a", START + 1, n=1000))])
    [(_, day)] = await slots(store, DAY, 1)
    assert (day.count, day.high) == (73, 1000)
    await roll_all(store, clock)
    assert query(tmp_path / "hub.db", "SELECT * FROM stale") == []
    query(tmp_path / "hub.db", "DELETE FROM events")
    [(_, day)] = await slots(store, DAY, 1)
    assert (day.count, day.high) == (73, 1000)


async def test_more_than_is_taken_at_once(
    store: SqliteEventStore, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module, name, limit in (
        (sqlite_summary, "SCAN_ROWS", 7),
        (sqlite_summary, "ROLLUPS_AT_ONCE", 7),
        (stretches, "STEP_ROWS", 7),
        (stretches, "STEP_STRETCHES", 5),
    ):
        monkeypatch.setattr(module, name, limit)
    # The first minute has more events than a step takes, and more of one time than are read at once.
    times = [*(START + n // 15 for n in range(30)), *(START + n * 5 * MIN + n for n in range(1, 60))]
    await store.write([batch(1, *(event("telemetry/a", at, n=n) for n, at in enumerate(times)))])
    found = await slots(store, RAW, 5 * H)
    assert [(one.count, one.first, one.last) for _, one in found[:2]] == [(15, 0, 14), (15, 15, 29)]
    await roll_all(store, clock)
    assert query(tmp_path / "hub.db", "SELECT * FROM stale") == []
    query(tmp_path / "hub.db", "DELETE FROM events")
    for level, count in ((MINUTE, 300), (FIVE_MINUTES, 60), (HOUR, 5), (DAY, 1)):
        assert sum(one.count for _, one in await slots(store, level, count)) == len(times)


async def test_what_was_marked_survives_the_end_of_the_process(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "hub.db"
    async with SqliteEventStore(path, fold_s=1e9, clock=clock) as store:
        await store.write([batch(1, event("telemetry/a", START, n=1))])
        copy = tmp_path / "killed.db"
        for end in ("", "-wal"):
            copy.with_name(copy.name + end).write_bytes(path.with_name(path.name + end).read_bytes())
    async with SqliteEventStore(copy, fold_s=0, clock=clock) as store:
        assert [one.count for _, one in await slots(store, MINUTE, 1)] == [1]
        await store.write([batch(2, event("telemetry/b", START, n=1))])
        await roll_all(store, clock)
    assert query(copy, "SELECT topic, level FROM rollups WHERE level = 1") == [(1, MINUTE), (2, MINUTE)]


async def test_rollups_stay_when_events_are_too_old(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "hub.db"
    async with SqliteEventStore(path, keep_s=H / 1000, keep_rollups_s=D / 1000, fold_s=0, clock=clock) as store:
        await store.write([batch(1, *(event("telemetry/a", START + n * MIN, n=n) for n in range(3)))])
        clock.now_s += 2 * H / 1000
        # Not yet rolled: what it is computed from stays.
        await store.write([batch(2, event("telemetry/b", START + 2 * H, n=1))])
        assert query(path, "SELECT count(*) FROM events WHERE topic = 1") == [(3,)]
        await roll_all(store, clock)
        await store.write([batch(3, event("telemetry/b", START + 3 * H, n=1))])
        assert query(path, "SELECT count(*) FROM events WHERE topic = 1") == [(0,)]
        # Too late to be counted: what was with it is gone.
        await store.write([batch(4, event("telemetry/a", START, n=99))])
        await roll_all(store, clock)
        assert [one.count for _, one in await slots(store, MINUTE, 3)] == [1, 1, 1]
        assert store.whole_since().keys() == {RAW, MINUTE, FIVE_MINUTES}
        clock.now_s += 2 * D / 1000
        await store.write([batch(5, event("telemetry/b", START + 4 * H, n=1))])
        assert query(path, "SELECT DISTINCT level FROM rollups WHERE topic = 1") == [(HOUR,), (DAY,)]
        assert [one.count for _, one in await slots(store, DAY, 1)] == [3]
        assert query(path, "SELECT count(*) FROM topics") == [(2,)]
        assert await store.keys("a") == ["n"]


async def test_forgetting_a_device_with_its_history_forgets_rollups(
    store: SqliteEventStore, clock: Clock, tmp_path: Path
) -> None:
    await store.write([batch(1, *(event("telemetry/a", START + n * MIN, n=n) for n in range(3)))])
    await roll_all(store, clock)
    record = encode_event("registry/a", START, Record(1, forgotten=9, erased=True).shown())
    await store.write([batch(2, record, event("telemetry/a", START + MIN, n=7))])
    await store.write([batch(3, event("telemetry/b", START, n=1))])
    for _ in range(2):
        assert [(slot, one.last) for slot, one in await slots(store, MINUTE, 3)] == [(1, 7)]
        await roll_all(store, clock)
    assert query(tmp_path / "hub.db", "SELECT DISTINCT start FROM rollups WHERE level = 1 AND topic = 1") == [
        (START + MIN,)
    ]


async def test_rollups_are_kept_by_themselves_and_a_failure_is_told(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(rolling, "ROLL_S", 0.001)
    async with SqliteEventStore(tmp_path / "hub.db", fold_s=0, clock=clock) as store:
        await store.write([batch(1, event("telemetry/a", START, n=1))])
        clock.now_s += 7200
        await until(lambda: store.rollups == 1)
        query(tmp_path / "hub.db", "ALTER TABLE stale RENAME TO elsewhere")
        await until(lambda: store.roll_failures > 0)
        query(tmp_path / "hub.db", "ALTER TABLE elsewhere RENAME TO stale")
        clock.now_s += 7200
        await until(lambda: store.rollups == 2)
        assert {name for name, _, number in store.readings() if number} == {"hub_store_failures", "hub_store_rollups"}
    assert "Rollups were not brought up to date" in caplog.text
