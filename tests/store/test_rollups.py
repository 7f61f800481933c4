"""Rollups of every store: what is read of them, and how they are kept."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from hub.events import encode_event
from hub.registry import Record
from hub.rollup import Rollup
from hub.rollup_plan import DAY, FIVE_MINUTES, HOUR, LEVELS, MINUTE, RAW, UNITS_MS, Plan
from hub.store import postgres_summary, rolling, sqlite_summary, stretches
from hub.store.postgres import PostgresEventStore
from hub.store.sqlite import SqliteEventStore
from tests.store.batches import batch, event
from tests.store.patience import until
from tests.store.places import Where, event_store, query

MIN, _, H, D = UNITS_MS[1:]
W = 7 * D
START = 20_000 * D

Store = SqliteEventStore | PostgresEventStore


class Clock:
    now_s = START / 1000

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def store(where: Where, clock: Clock) -> AsyncIterator[Store]:
    async with event_store(where, fold_s=0, clock=clock) as store:
        yield store
        assert store.fold_failures == store.roll_failures == 0


async def roll_all(store: Store, clock: Clock) -> None:
    for _ in LEVELS:
        clock.now_s += 7200
        await store.roll()


async def slots(store: Store, level: int, count: int) -> list[tuple[int, Rollup]]:
    unit = UNITS_MS[level]
    asked = Plan(START, START + count * unit, level, START, unit, count)
    return (await store.summaries({"a": ["n"]}, asked, limit_s=60))["a"]["n"]


async def test_a_minute_that_is_over_is_read_from_its_rollup(store: Store, clock: Clock, where: Where) -> None:
    await store.write([batch(1, event("telemetry/a", START, n=1), event("chat/ops", START, text="no telemetry"))])
    assert await store.roll() == 0
    clock.now_s += 65
    assert await store.roll() == 1
    assert await store.roll() == 0
    assert await query(where, "SELECT level, start, body FROM rollups") == [(MINUTE, START, b'{"n":[0,1]}')]
    await query(where, "DELETE FROM events")
    assert [one.count for _, one in await slots(store, MINUTE, 1)] == [1]


async def test_every_level_comes_to_be_and_a_late_event_makes_them_anew(
    store: Store, clock: Clock, where: Where
) -> None:
    await store.write([batch(1, *(event("telemetry/a", START + n * 20 * MIN, n=n) for n in range(72)))])
    await roll_all(store, clock)
    counted = await query(where, "SELECT level, count(*) FROM rollups GROUP BY level ORDER BY level")
    assert counted == [(MINUTE, 72), (FIVE_MINUTES, 72), (HOUR, 24), (DAY, 1)]
    assert await query(where, "SELECT * FROM stale") == []
    for level, count in ((MINUTE, 1440), (FIVE_MINUTES, 288), (HOUR, 24), (DAY, 1)):
        assert sum(one.count for _, one in await slots(store, level, count)) == 72
    await store.write([batch(2, event("telemetry/a", START + 1, n=1000))])
    [(_, day)] = await slots(store, DAY, 1)
    assert (day.count, day.high) == (73, 1000)
    await roll_all(store, clock)
    assert await query(where, "SELECT * FROM stale") == []
    await query(where, "DELETE FROM events")
    [(_, day)] = await slots(store, DAY, 1)
    assert (day.count, day.high) == (73, 1000)


async def test_more_than_is_taken_at_once(
    store: Store, clock: Clock, where: Where, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module, name, limit in (
        (sqlite_summary, "SCAN_ROWS", 7),
        (sqlite_summary, "ROLLUPS_AT_ONCE", 7),
        (postgres_summary, "SCAN_ROWS", 7),
        (postgres_summary, "ROLLUPS_AT_ONCE", 7),
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
    assert await query(where, "SELECT * FROM stale") == []
    await query(where, "DELETE FROM events")
    for level, count in ((MINUTE, 300), (FIVE_MINUTES, 60), (HOUR, 5), (DAY, 1)):
        assert sum(one.count for _, one in await slots(store, level, count)) == len(times)


async def test_rollups_stay_when_events_are_too_old(where: Where, clock: Clock) -> None:
    keep: dict[str, Any] = {"keep_s": W / 1000, "keep_rollups_s": 3 * W / 1000}
    async with event_store(where, **keep, fold_s=0, clock=clock) as store:

        async def time_goes_on(offset: int, ms: int) -> None:
            clock.now_s += ms / 1000
            await store.write([batch(offset, event("telemetry/b", int(clock.now_s * 1000), n=1))])

        await store.write([batch(1, *(event("telemetry/a", START + n * MIN, n=n) for n in range(3)))])
        await time_goes_on(2, 2 * W)
        # Not yet rolled: what it is computed from stays.
        assert await query(where, "SELECT count(*) FROM events WHERE topic = 1") == [(3,)]
        await roll_all(store, clock)
        await time_goes_on(3, H)
        assert await query(where, "SELECT count(*) FROM events WHERE topic = 1") == [(0,)]
        # Too late to be counted: what was with it is gone.
        await store.write([batch(4, event("telemetry/a", START, n=99))])
        await roll_all(store, clock)
        assert [one.count for _, one in await slots(store, MINUTE, 3)] == [1, 1, 1]
        assert store.whole_since().keys() == {RAW, MINUTE, FIVE_MINUTES}
        await time_goes_on(5, 2 * W)
        left = await query(where, "SELECT DISTINCT level FROM rollups WHERE topic = 1 ORDER BY level")
        assert left == [(HOUR,), (DAY,)]
        assert [one.count for _, one in await slots(store, DAY, 1)] == [3]
        assert await query(where, "SELECT count(*) FROM topics") == [(2,)]
        assert await store.keys("a") == ["n"]


async def test_forgetting_a_device_with_its_history_forgets_rollups(store: Store, clock: Clock, where: Where) -> None:
    await store.write([batch(1, *(event("telemetry/a", START + n * MIN, n=n) for n in range(3)))])
    await roll_all(store, clock)
    record = encode_event("registry/a", START, Record(1, forgotten=9, erased=True).shown())
    await store.write([batch(2, record, event("telemetry/a", START + MIN, n=7))])
    await store.write([batch(3, event("telemetry/b", START, n=1))])
    for _ in range(2):
        assert [(slot, one.last) for slot, one in await slots(store, MINUTE, 3)] == [(1, 7)]
        await roll_all(store, clock)
    assert await query(where, "SELECT DISTINCT start FROM rollups WHERE level = 1 AND topic = 1") == [(START + MIN,)]


async def test_rollups_are_kept_by_themselves_and_a_failure_is_told(
    where: Where, clock: Clock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(rolling, "ROLL_S", 0.001)
    async with event_store(where, fold_s=0, clock=clock) as store:
        await store.write([batch(1, event("telemetry/a", START, n=1))])
        clock.now_s += 7200
        await until(lambda: store.rollups == 1)
        await query(where, "ALTER TABLE stale RENAME TO elsewhere")
        await until(lambda: store.roll_failures > 0)
        await query(where, "ALTER TABLE elsewhere RENAME TO stale")
        clock.now_s += 7200
        await until(lambda: store.rollups == 2)
        assert {name for name, _, number in store.readings() if number} == {"hub_store_failures", "hub_store_rollups"}
    assert "Rollups were not brought up to date" in caplog.text
