"""What only rollups on PostgreSQL have: marks that are remembered, partitions that wait, the limit of what is used."""

import logging

import pytest

from hub.errors import Unavailable
from hub.events import encode_event
from hub.registry import Record
from hub.rollup_plan import LEVELS, MINUTE, RAW, UNITS_MS, Plan
from hub.store import postgres_partitions, postgres_rollup, postgres_size, postgres_trim
from hub.store.postgres import PostgresEventStore
from hub.store.weeks import MS
from tests.servers import postgres_server
from tests.store.batches import batch, event, latest_by_topic, values
from tests.store.places import database, query

MIN, D = UNITS_MS[MINUTE], UNITS_MS[-1]
START = 20_000 * D
NEVER_S = 1e9


class Clock:
    now_s = START / 1000

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


async def counts(store: PostgresEventStore, level: int = MINUTE, device: str = "a") -> list[int]:
    unit = UNITS_MS[level]
    asked = Plan(START, START + 2 * unit, level, START, unit, 2)
    return [one.count for _, one in (await store.summaries({device: ["n"]}, asked, limit_s=60))[device]["n"]]


async def roll_all(store: PostgresEventStore, clock: Clock) -> None:
    for _ in LEVELS:
        clock.now_s += 7200
        await store.roll()


async def test_what_is_computed_by_one_is_marked_again_by_another(postgres_url: str, clock: Clock) -> None:
    async with (
        PostgresEventStore(postgres_url, clock=clock) as one,
        PostgresEventStore(postgres_url, clock=clock) as other,
    ):
        await one.write([batch(1, event("telemetry/a", START, n=1))])
        await one.write([batch(2, event("telemetry/a", START + 1, n=2))])
        assert await counts(other) == [2]
        await roll_all(other, clock)
        await one.write([batch(3, event("telemetry/a", START + 2, n=3))])
        assert await counts(other) == [3]
        await roll_all(one, clock)
        assert await query(postgres_url, "SELECT * FROM stale") == []
        assert await counts(other) == [3]


async def test_after_a_history_was_erased_minutes_are_marked_again(postgres_url: str, clock: Clock) -> None:
    async with PostgresEventStore(postgres_url, fold_s=0, clock=clock) as store:
        await store.write([batch(1, event("telemetry/a", START, n=1))])
        record = encode_event("registry/a", START, Record(1, forgotten=9, erased=True).shown())
        await store.write([batch(2, record)])
        assert await query(postgres_url, "SELECT * FROM stale") == []
        await store.write([batch(3, event("telemetry/a", START + 1, n=2))])
        await roll_all(store, clock)
        assert await counts(store) == [1]


async def test_a_write_that_fails_has_marked_nothing(postgres_url: str, clock: Clock) -> None:
    async with PostgresEventStore(postgres_url, fold_s=NEVER_S, clock=clock) as store:
        await query(postgres_url, "ALTER TABLE store ADD CONSTRAINT no CHECK (places < 1) NOT VALID")
        with pytest.raises(Unavailable, match='check constraint "no"'):
            await store.write([batch(1, event("telemetry/a", START, n=1))])
        await query(postgres_url, "ALTER TABLE store DROP CONSTRAINT no")
        await store.write([batch(1, event("telemetry/a", START, n=1))])
        await roll_all(store, clock)
        assert await query(postgres_url, "SELECT count(*) FROM rollups") == [(4,)]


async def test_marks_in_memory_are_bounded(postgres_url: str, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres_rollup, "MAX_MARKED", 3)
    async with PostgresEventStore(postgres_url, clock=clock) as store:
        for offset in range(1, 9):
            await store.write([batch(offset, event("telemetry/a", START + offset * MIN, n=1))])
            assert len(store._writer._marks._marked) <= 4
        assert await query(postgres_url, "SELECT count(*) FROM stale") == [(8,)]


async def test_what_was_marked_survives_a_server_that_is_killed(clock: Clock) -> None:
    with postgres_server() as server:
        url = server.url(server.new_database())
        async with database(url), PostgresEventStore(url, fold_s=NEVER_S, clock=clock) as store:
            await store.write([batch(1, event("telemetry/a", START, n=1))])
            server.kill()
            server.start()
            await roll_all(store, clock)
            assert await query(url, "SELECT level FROM rollups ORDER BY level") == [(level,) for level in LEVELS]
            assert await counts(store) == [1]


async def test_odd_times_are_trimmed_when_they_are_computed(postgres_url: str, clock: Clock) -> None:
    async with PostgresEventStore(postgres_url, keep_s=MS / 1000, fold_s=0, clock=clock) as store:
        await store.write([batch(1, event("telemetry/a", -5, n=1), event("telemetry/a", 5, n=1))])
        assert await query(postgres_url, "SELECT count(*) FROM events_other") == [(0,)]
        assert store.trimmed == 2
        # What a rollup is yet to be computed from stays.
        await query(postgres_url, f"INSERT INTO stale SELECT id, 1, -{MIN}, {2**60} FROM topics WHERE topic LIKE '%/a'")
        clock.now_s += 61
        await store.write([batch(2, event("telemetry/a", -5, n=1), event("telemetry/a", 5, n=1))])
        assert await values(store, "a", "n") == [1]
        assert store.trimmed == 3


async def test_rollups_are_trimmed_in_steps(postgres_url: str, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres_trim, "TRIM_ROWS", 1)
    monkeypatch.setattr(postgres_trim, "TRIM_TOPICS", 1)
    async with PostgresEventStore(postgres_url, keep_rollups_s=D / 1000, fold_s=0, clock=clock) as store:
        minutes = [event(f"telemetry/{device}", START + n * MIN, n=n) for device in "ab" for n in range(9)]
        await store.write([batch(1, *minutes)])
        await roll_all(store, clock)
        clock.now_s += 2 * D / 1000
        for offset in range(2, 20):
            await store.write([batch(offset, event("chat/ops", START, text="hi"))])
        assert await query(postgres_url, "SELECT DISTINCT level FROM rollups ORDER BY level") == [(3,), (4,)]
        assert await values(store, "a", "n") == [*range(9)]


async def test_when_it_is_full_values_are_not_kept_and_all_else_is(
    postgres_url: str, clock: Clock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(postgres_size, "LOOK_EVERY_S", 0)
    caplog.set_level(logging.WARNING)
    async with PostgresEventStore(postgres_url, fold_s=0, clock=clock, max_bytes=1) as store:
        await store.write([batch(1, event("telemetry/a", START, n=1))])
        assert "values are not kept any more" in caplog.text
        await store.write([batch(2, event("telemetry/a", START + 1, n=2), event("chat/ops", START, text="hi"))])
        await store.write([batch(3, event("telemetry/b", START, n=3))])
        assert store.refused == 2
        assert ("hub_store_refused", "", 2) in list(store.readings())
        assert await values(store, "a", "n") == [1]
        assert [one["data"] for one in await store.events("chat/ops", start=0, end=2 * START, limit=9)] == [
            {"text": "hi"}
        ]
        position = await store.position()
        assert position is not None
        assert position.offset == 3
    async with PostgresEventStore(postgres_url, max_bytes=10**12) as store:
        latest = latest_by_topic(await store.latest())
        assert (latest["telemetry/a"], latest["telemetry/b"]) == ([{"n": 2}], [{"n": 3}])
        await store.write([batch(4, event("telemetry/a", START + 2, n=4))])
        assert await values(store, "a", "n") == [1, 4]


async def test_a_week_that_is_yet_to_be_computed_is_not_dropped(
    postgres_url: str, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_partitions, "DROP_EVERY_S", 0)
    async with PostgresEventStore(postgres_url, keep_s=MS / 1000, fold_s=0, clock=clock) as store:
        await store.write([batch(1, event("telemetry/a", START, n=1))])
        clock.now_s += 2 * MS / 1000
        await store.write([batch(2, event("telemetry/b", int(clock.now_s * 1000), n=1))])
        assert await values(store, "a", "n") == [1]
        await roll_all(store, clock)
        await store.write([batch(3, event("telemetry/b", int(clock.now_s * 1000), n=1))])
        assert await values(store, "a", "n") == []
        assert await counts(store) == [1]
        assert await counts(store, RAW) == []
