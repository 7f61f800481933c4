"""What only the SQLite store has: its file, the journal, trimming."""

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import pairwise
from pathlib import Path

import pytest

from hub.errors import Unavailable
from hub.events import Position
from hub.latest import MAX_RAW_TOPICS, Latest
from hub.rollup_plan import MINUTE, RAW, UNITS_MS, Plan
from hub.store import sqlite_fold, sqlite_write
from hub.store.database_sqlite import SqliteDatabase
from hub.store.pages import MAX_TIME
from hub.store.search_base import FoundPage, Wanted
from hub.store.sqlite import SqliteEventStore
from hub.store.sqlite_trim import TRIM_TOPICS
from tests.store.batches import EVER, T0, batch, event, latest_by_topic, readings, values

NEVER_S = 1e9


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "hub.db"


def count(path: Path, table: str) -> int:
    with closing(sqlite3.connect(path)) as db:
        found: int = db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
        return found


@contextmanager
def trigger(path: Path, table: str) -> Iterator[None]:
    """Meanwhile the database refuses new rows of a table."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute(f"CREATE TRIGGER no BEFORE INSERT ON {table} BEGIN SELECT raise(ABORT, 'no room'); END")
        yield
        db.execute("DROP TRIGGER no")


async def test_events_wait_in_the_journal_and_closing_folds_it(path: Path) -> None:
    async with SqliteEventStore(path, fold_s=NEVER_S) as store:
        await store.write(readings(1, 3, per_batch=5))
        assert (count(path, "journal"), count(path, "events"), count(path, "latest")) == (1, 0, 0)
    assert (count(path, "journal"), count(path, "events"), count(path, "latest")) == (0, 15, 1)


async def test_an_old_journal_is_folded(path: Path) -> None:
    async with SqliteEventStore(path, fold_s=0) as store:
        await store.write(readings(1, 3))
        assert (count(path, "journal"), count(path, "events")) == (0, 3)


@pytest.mark.parametrize(("limit", "value"), [("FOLD_EVENTS", 10), ("FOLD_BYTES", 300)])
async def test_a_full_journal_is_folded(path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, value: int) -> None:
    monkeypatch.setattr(sqlite_write, limit, value)
    async with SqliteEventStore(path, fold_s=NEVER_S) as store:
        await store.write(readings(1, 1))
        assert count(path, "journal") == 1
        await store.write(readings(2, 10))
        assert (count(path, "journal"), count(path, "events")) == (0, 11)


async def test_history_joins_what_is_folded_and_what_waits(path: Path) -> None:
    async with SqliteEventStore(path, fold_s=0) as store:
        await store.write([batch(1, event("telemetry/d", T0, n=1), event("telemetry/d", T0 + 4, n=4))])
    async with SqliteEventStore(path, fold_s=NEVER_S) as store:
        await store.write([batch(2, event("telemetry/d", T0 + 5, n=5), event("telemetry/d", T0 + 2, n=2))])
        await store.write([batch(3, event("telemetry/d", T0 + 4, n=4.5, m=0))])
        assert await values(store, "d", "n") == [1, 2, 4, 4.5, 5]
        assert await store.keys("d") == ["m", "n"]
        assert latest_by_topic(await store.latest()) == {"telemetry/d": [{"m": 0, "n": 5}]}


async def test_a_journal_that_a_killed_process_left_is_folded_by_the_next(path: Path, tmp_path: Path) -> None:
    async with SqliteEventStore(path, fold_s=NEVER_S) as store:
        await store.write([batch(1, event("telemetry/d", n=1), event("raw/x", n=1), event("chat/ops", text="hi"))])
        copy = tmp_path / "copy.db"
        with closing(sqlite3.connect(path)) as here, closing(sqlite3.connect(copy)) as there:
            here.backup(there)
    async with SqliteEventStore(copy, fold_s=0) as store:
        expected = {"telemetry/d": [{"n": 1}], "raw/x": [{"n": 1}], "chat/ops": [{"text": "hi"}]}
        assert latest_by_topic(await store.latest()) == expected
        await store.write([batch(2, event("telemetry/d", T0 + 1, m=2))])
        assert (count(copy, "journal"), count(copy, "events"), count(copy, "latest")) == (0, 3, 3)
        assert latest_by_topic(await store.latest()) == expected | {"telemetry/d": [{"n": 1, "m": 2}]}
        assert await values(store, "d", "n") == [1]


async def test_a_fold_that_fails_is_tried_again_and_fails_no_write(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with SqliteEventStore(path, fold_s=0) as store:
        with trigger(path, "events"):
            assert await store.write(readings(1, 3)) == 3
            assert await store.write(readings(4, 3)) == 3
            assert store.fold_failures == 2
            assert "journal failed" in caplog.text
            assert await values(store, "d0", "n") == list(range(6))
        await store.write(readings(7, 1))
        assert (count(path, "journal"), count(path, "events")) == (0, 7)
        assert store.fold_failures == 2


async def test_closing_where_folding_fails_says_so(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    store = SqliteEventStore(path, fold_s=NEVER_S)
    async with store:
        await store.write(readings(1, 3))
        with closing(sqlite3.connect(path)) as db:
            db.execute("CREATE TRIGGER no BEFORE INSERT ON events BEGIN SELECT raise(ABORT, 'no room'); END")
    assert "no room" in caplog.text
    assert count(path, "journal") == 1


async def test_a_write_that_fails_leaves_nothing_and_works_later(path: Path) -> None:
    async with SqliteEventStore(path) as store:
        await store.write(readings(1, 2))
        with trigger(path, "journal"):
            with pytest.raises(Unavailable, match="no room"):
                await store.write([*readings(3, 2), batch(5, event("telemetry/new", n=1))])
            assert await store.position() == Position("e", 2)
        assert await store.write([*readings(3, 2), batch(5, event("telemetry/new", n=1))]) == 3
        assert await values(store, "d0", "n") == [0, 1, 2, 3]
        assert await values(store, "new", "n") == [1]


async def test_a_path_that_can_not_be(tmp_path: Path) -> None:
    for store in (SqliteEventStore(tmp_path / "no" / "hub.db"), SqliteDatabase(tmp_path / "no" / "hub.db")):
        with pytest.raises(Unavailable, match=r"hub\.db"):
            await store.__aenter__()


@pytest.fixture
def no_database(path: Path) -> Path:
    path.write_text("something else, and long enough to be looked at as the header of a database file, surely so")
    return path


async def test_a_file_that_is_no_database(no_database: Path) -> None:
    for store in (SqliteEventStore(no_database), SqliteDatabase(no_database)):
        with pytest.raises(Unavailable, match="not a database"):
            await store.__aenter__()


async def test_users_where_their_table_can_not_be(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE x (a)")
        db.execute("CREATE INDEX users ON x (a)")
    with pytest.raises(Unavailable, match="index named users"):
        await SqliteDatabase(path).__aenter__()


async def test_a_file_of_a_newer_hub_is_left_alone(path: Path) -> None:
    async with SqliteEventStore(path):
        pass
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE alembic_version SET version_num = 'newer'")
    with pytest.raises(Unavailable, match="newer hub"):
        await SqliteEventStore(path).__aenter__()


async def test_old_events_are_deleted_and_the_latest_stays(path: Path) -> None:
    now = T0 / 1000 + 100
    async with SqliteEventStore(path, keep_s=100, fold_s=0, clock=lambda: now) as store:
        old = [event("telemetry/d", T0 + (n - 10) * 60_000, n=n) for n in range(20)]
        await store.write([batch(1, *old, event("telemetry/gone", T0 - 99_000, n=1))])
        await store.write([batch(2, event("telemetry/e", T0 + 1, n=1))])
        assert await values(store, "d", "n") == list(range(10, 20))
        assert store.trimmed == 11
        assert count(path, "topics") == 2
        assert latest_by_topic(await store.latest())["telemetry/gone"] == [{"n": 1}]
        await store.write([batch(3, event("telemetry/gone", T0 + 9, n=2), event("telemetry/other", T0 + 9, n=3))])
        assert await values(store, "gone", "n") == [2]
        assert await values(store, "other", "n") == [3]


async def test_deleting_goes_in_steps(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.store.sqlite_trim.TRIM_ROWS", 5)
    now = T0 / 1000
    clock = [now]
    async with SqliteEventStore(path, keep_s=100, fold_s=0, clock=lambda: clock[0]) as store:
        devices = TRIM_TOPICS + 10
        await store.write([batch(1, *(event(f"connectivity/d{n}", T0 + n, n=n) for n in range(devices)))])
        clock[0] = now + 10_000
        left = []
        for offset in range(2, 80):
            await store.write([batch(offset, event("telemetry/new", T0 + 10**7, n=1))])
            left.append(count(path, "events") - offset + 1)
        assert [before - after for before, after in pairwise(left[1:]) if after > 7] == [7] * 35
        assert left[-1] == 0
        assert count(path, "topics") == 1


async def test_topics_that_latest_has_evicted_are_forgotten(path: Path) -> None:
    async with SqliteEventStore(path, fold_s=0) as store:
        many = [event(f"raw/t{n}", n=n) for n in range(MAX_RAW_TOPICS)]
        await store.write([batch(1, *many, event("telemetry/d", n=1))])
        await store.write([batch(2, *(event(f"raw/new{n}", n=n) for n in range(10)))])
        assert count(path, "latest") == MAX_RAW_TOPICS + 1
        found = latest_by_topic(await store.latest())
        assert "raw/new9" in found
        assert "raw/t3" not in found


def test_dropping_all_that_is_not_latest() -> None:
    with closing(sqlite3.connect(":memory:")) as db:
        db.execute("CREATE TABLE latest (topic TEXT PRIMARY KEY, place INTEGER, body BLOB)")
        db.executemany("INSERT INTO latest VALUES (?, 1, '')", [("telemetry/d",), ("raw/x",), ("chat/ops",)])
        latest = Latest()
        latest.restore([event("chat/ops", text="hi")])
        sqlite_fold.drop_evicted(db, latest, raw_only=True)
        assert db.execute("SELECT topic FROM latest ORDER BY 1").fetchall() == [("chat/ops",), ("telemetry/d",)]
        sqlite_fold.drop_evicted(db, latest, raw_only=False)
        assert db.execute("SELECT topic FROM latest").fetchall() == [("chat/ops",)]


async def test_topic_ids_in_memory_are_bounded(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_write, "MAX_CACHED_IDS", 3)
    async with SqliteEventStore(path) as store:
        for offset in range(1, 20):
            await store.write([batch(offset, *(event(f"telemetry/d{(offset + n) % 9}", n=offset) for n in range(3)))])
            assert len(store._writer._ids) <= 6
        assert await values(store, "d0", "n") == [7, 8, 9, 16, 17, 18]


async def test_more_topics_than_are_merged_at_once(path: Path) -> None:
    async with SqliteEventStore(path, fold_s=0) as store:
        await store.write(readings(1, 1, per_batch=300, devices=150))
        assert len(await store.latest()) == 150
    assert count(path, "latest") == 150


async def test_times_beyond_all_clocks_are_kept_in_bounds(path: Path) -> None:
    async with SqliteEventStore(path, fold_s=0) as store:
        await store.write([batch(1, event("telemetry/d", MAX_TIME * 4, n=1), event("telemetry/d", 5, n=2))])
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("SELECT time FROM events ORDER BY time").fetchall() == [(5,), (MAX_TIME,)]


async def test_what_waits_in_the_journal_is_found_after_a_restart(path: Path) -> None:
    async with SqliteEventStore(path, fold_s=NEVER_S) as store:
        await store.write([batch(1, event("chat/ops", text="pump"), event("telemetry/d", n=1))])
        assert (await search(store)).events == []
        copy = path.with_name("killed.db")
        for end in ("", "-wal"):
            copy.with_name(copy.name + end).write_bytes(path.with_name(path.name + end).read_bytes())
    async with SqliteEventStore(copy, fold_s=0) as store:
        await store.write([batch(2, event("chat/ops", text="pump again"))])
        found = (await search(store)).events
        assert [(one.place, one.position, one.event["data"]) for one in found] == [
            (2, "e-2", {"text": "pump again"}),
            (0, "e-1", {"text": "pump"}),
        ]


async def search(store: SqliteEventStore) -> FoundPage:
    return await store.search(Wanted(words=("pump",)), before=None, after=None, limit=10)


async def test_a_full_disk_budget_refuses_values_and_nothing_else(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with SqliteEventStore(path, fold_s=0, max_bytes=1_000_000) as store:
        text = "x" * 50_000
        offset = 1
        while not store.refused:
            await store.write([batch(offset, event("telemetry/d", T0 + offset, n=offset, s=text))])
            offset += 1
            assert offset < 40
        many = [event("telemetry/d", T0 + offset, n=-1), event("chat/ops", T0, text="full"), event("telemetry/e", n=2)]
        assert await store.write([batch(offset, *many)]) == 1
        assert store.refused == 3
        assert await store.position() == Position("e", offset)
        assert -1 not in await values(store, "d", "n")
        assert (await store.events("chat/ops", start=0, end=EVER, limit=9))[0]["data"] == {"text": "full"}
        assert latest_by_topic(await store.latest())["telemetry/d"][0]["n"] == -1
    assert "when it is full" in caplog.text
    assert "values are not kept any more; alarms" in caplog.text


def bytes_used(path: Path) -> int:
    with closing(sqlite3.connect(path)) as db:
        pages, free, size = (
            db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size")
        )
        return int(pages - free) * int(size)


async def minutes(store: SqliteEventStore, level: int) -> dict[int, int]:
    """How many values each minute has, as it is read at a level."""
    unit, start = UNITS_MS[MINUTE], T0 // 60_000 * 60_000
    asked = Plan(start, start + 155 * unit, level, start, unit, 155)
    found = (await store.summaries({"a": ["n"]}, asked, limit_s=60))["a"]["n"]
    return {number: one.count for number, one in found}


async def test_beyond_its_size_the_oldest_values_go_and_nothing_else(path: Path) -> None:
    first, many, each = T0 // 60_000 * 60_000, 150, 100
    clock = [0.0]

    def opened() -> SqliteEventStore:
        return SqliteEventStore(path, fold_s=0, clock=lambda: clock[0], keep_bytes=1_000_000, max_bytes=1_500_000)

    def values_of(minute: int) -> list[bytes]:
        times = range(first + minute * 60_000, first + (minute + 1) * 60_000, 60_000 // each)
        return [event(f"telemetry/{device}", at, n=minute, f=at / 7) for at in times for device in ("a", "b")]

    async with opened() as store:
        await store.write([batch(1, event("chat/ops", T0, text="first"), event("telemetry/still", first, n=-1))])
        for minute in range(many):
            clock[0] = first / 1000 + minute * 60 + 130
            assert await store.write([batch(minute + 2, *values_of(minute))]) == 2 * each
            await store.roll()
        assert (store.refused, store.fold_failures) == (0, 0)
        assert bytes_used(path) < 1_200_000
        await store.position()
        since = store.whole_since()[RAW]
        whole = (since - first) // 60_000
        assert 20 < whole < many - 20
        # The oldest have gone, of each device, and are still in their rollups; what is newer is whole.
        left = [minute for minute in range(whole, many) for _ in range(each)]
        assert await values(store, "a", "n") == await values(store, "b", "n") == left
        assert await minutes(store, RAW) == dict.fromkeys(range(whole, many), each)
        assert await minutes(store, MINUTE) == dict.fromkeys(range(many), each)
        assert store.trimmed == 1 + 2 * each * whole
        chat = await store.events("chat/ops", start=0, end=EVER, limit=9)
        assert [one["data"] for one in chat] == [{"text": "first"}]
        assert latest_by_topic(await store.latest())["telemetry/still"] == [{"n": -1}]
    # Who opens it again knows from when on it is whole; what comes too late changes no rollup.
    async with opened() as store:
        assert store.whole_since()[RAW] == since
        await store.write([batch(900, event("telemetry/a", since - 1, n=0))])
        clock[0] += 1_000
        await store.roll()
        assert await minutes(store, MINUTE) == dict.fromkeys(range(many), each)


async def test_values_and_other_events_have_ages_of_their_own(path: Path) -> None:
    now = T0 / 1000 + 1_000
    async with SqliteEventStore(path, keep_s=500, keep_events_s=800, fold_s=0, clock=lambda: now) as store:
        for offset, age in enumerate((900, 700, 100), 1):
            at = int((now - age) * 1000)
            await store.write([batch(offset, event("telemetry/d", at, n=age), event("chat/ops", at, text=str(age)))])
        await store.write([batch(9, event("telemetry/e", T0, n=1))])
        assert await values(store, "d", "n") == [100]
        chat = await store.events("chat/ops", start=0, end=EVER, limit=9)
        assert [one["data"]["text"] for one in chat] == ["700", "100"]
