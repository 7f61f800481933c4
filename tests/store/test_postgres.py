"""What only the PostgreSQL store has: partitions, what waits to be folded, a server that goes and comes back."""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from hub.errors import Unavailable
from hub.events import Position
from hub.latest import MAX_RAW_TOPICS, Latest
from hub.store import postgres_partitions, postgres_write
from hub.store.database_postgres import PostgresDatabase
from hub.store.pages import MAX_TIME
from hub.store.postgres import PostgresEventStore
from hub.store.postgres_link import PostgresThread, shown
from hub.store.steps_postgres import PostgresStepStore
from hub.store.user_table import UserTable
from hub.store.weeks import MS, week
from tests.servers import PostgresServer, free_port, postgres_server
from tests.store.batches import T0, batch, event, latest_by_topic, readings, values

NEVER_S = 1e9


class Database:
    """A database to look into beside the store."""

    def __init__(self, server: PostgresServer, url: str) -> None:
        self.server = server
        self.url = url

    def sql(self, statement: str) -> list[str]:
        return self.server.sql(statement, database=self.url.rpartition("/")[2]).splitlines()

    def count(self, table: str) -> int:
        return int(self.sql(f"SELECT count(*) FROM {table}")[0])

    def partitions(self) -> list[str]:
        return sorted(self.sql("SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent = 'events'::regclass"))

    @contextmanager
    def refusing(self, table: str) -> Iterator[None]:
        """Meanwhile it takes no new rows for a table."""
        self.sql(f"ALTER TABLE {table} ADD CONSTRAINT no CHECK (false) NOT VALID")
        yield
        self.sql(f"ALTER TABLE {table} DROP CONSTRAINT no")


@pytest.fixture
def here(postgres: PostgresServer, postgres_url: str) -> Database:
    return Database(postgres, postgres_url)


def at(time_ms: int) -> Any:
    return lambda: time_ms / 1000


async def test_a_week_has_a_partition_and_wrong_clocks_have_one_together(here: Database) -> None:
    first = week(T0) * MS
    async with PostgresEventStore(here.url, clock=at(T0)) as store:
        times = [T0, first - 1, first, first + MS - 1, first + 3 * MS, 0, -5, MAX_TIME * 4]
        await store.write([batch(1, *(event("telemetry/d", time, n=n) for n, time in enumerate(times)))])
        assert here.partitions() == ["events_20241114", "events_20241121", "events_other"]
        assert here.count("events_20241121") == 3
        assert here.count("events_other") == 4
        assert sorted(await values(store, "d", "n"), key=str) == [*range(7)], "the last is at the end of all times"


async def test_what_was_ahead_of_its_week_moves_into_it(here: Database) -> None:
    early = T0 + 3 * MS
    async with PostgresEventStore(here.url, clock=at(T0)) as store:
        await store.write([batch(1, event("telemetry/d", early, n=1))])
        assert here.count("events_other") == 1
    async with PostgresEventStore(here.url, clock=at(early)) as store:
        await store.write([batch(2, event("telemetry/d", early + 1, n=2))])
        assert here.count("events_other") == 0
        assert await values(store, "d", "n") == [1, 2]


async def test_where_a_partition_can_not_be_made_events_are_kept_all_the_same(
    here: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(postgres_partitions, "LOCK_TIMEOUT", "50ms")
    async with PostgresEventStore(here.url, clock=at(T0)) as store, PostgresEventStore(here.url) as reader:
        locked, go = asyncio.Event(), asyncio.Event()
        loop = asyncio.get_running_loop()

        async def look(connection: Any) -> None:
            async with connection.transaction():
                await connection.execute("SELECT * FROM events_other")
                loop.call_soon_threadsafe(locked.set)
                while not go.is_set():
                    await asyncio.sleep(0.001)

        looking = asyncio.create_task(reader._thread.run(look))
        await locked.wait()
        await store.write([batch(1, event("telemetry/d", T0, n=1))])
        assert "can't be made now" in caplog.text
        go.set()
        await looking
        assert here.partitions() == ["events_other"]
        await store.write([batch(2, event("telemetry/d", T0, n=2))])
        assert here.partitions() == ["events_20241121", "events_other"]
        assert await values(store, "d", "n") == [1, 2]


async def test_old_weeks_are_dropped_and_the_latest_stays(here: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres_write, "FORGET_TOPICS", 1)
    now = [T0 / 1000]
    async with PostgresEventStore(here.url, keep_s=MS / 1000, fold_s=0, clock=lambda: now[0]) as store:
        await store.write([batch(1, event("commands/old", T0, n=1), event("commands/odd", 5, n=1))])
        now[0] += 2 * MS / 1000
        new = int(now[0] * 1000)
        for offset in range(2, 8):
            await store.write([batch(offset, event("telemetry/new", new, n=offset))])
        assert here.partitions() == ["events_20241205", "events_other"]
        assert here.count("events") == 6
        assert here.sql("SELECT topic FROM topics") == ["telemetry/new"]
        assert {"commands/old", "commands/odd"} <= latest_by_topic(await store.latest()).keys()
        await store.write([batch(8, event("commands/old", new, n=2))])
        assert [one["data"] for one in await store.events("commands/old", start=0, end=MAX_TIME, limit=9)] == [{"n": 2}]
        assert store.trimmed == 2


async def test_closing_folds_what_waits(here: Database) -> None:
    async with PostgresEventStore(here.url, fold_s=NEVER_S) as store:
        await store.write([batch(1, event("telemetry/d", n=1), event("raw/x", n=1))])
        assert here.sql("SELECT topic FROM latest") == ["raw/x"]
        assert latest_by_topic(await store.latest()).keys() == {"raw/x", "telemetry/d"}
    assert here.sql("SELECT topic FROM latest ORDER BY 1") == ["raw/x", "telemetry/d"]
    assert here.sql("SELECT places, folded FROM store") == ["2|2"]


async def test_many_events_are_folded_at_once(here: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres_write, "FOLD_EVENTS", 10)
    async with PostgresEventStore(here.url, fold_s=NEVER_S) as store:
        await store.write(readings(1, 9))
        assert here.count("latest") == 0
        await store.write(readings(10, 1))
        assert here.count("latest") == 1


async def test_a_fold_that_fails_is_tried_again_and_fails_no_write(
    here: Database, caplog: pytest.LogCaptureFixture
) -> None:
    async with PostgresEventStore(here.url, fold_s=0) as store:
        with here.refusing("latest"):
            assert await store.write(readings(1, 3)) == 3
            assert await store.write(readings(4, 3)) == 3
            assert store.fold_failures == 2
            assert "latest events failed" in caplog.text
            assert latest_by_topic(await store.latest()) == {"telemetry/d0": [{"n": 5}]}
        await store.write(readings(7, 1))
        assert here.count("latest") == 1
        assert store.fold_failures == 2


async def test_closing_where_folding_fails_says_so(here: Database, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    with here.refusing("latest"):
        async with PostgresEventStore(here.url, fold_s=NEVER_S) as store:
            await store.write(readings(1, 1))
    assert "Closing the store" in caplog.text


async def test_a_write_that_fails_leaves_nothing_and_works_later(here: Database) -> None:
    async with PostgresEventStore(here.url) as store:
        await store.write(readings(1, 2))
        with here.refusing("topics"):
            with pytest.raises(Unavailable, match='check constraint "no"'):
                await store.write([*readings(3, 2), batch(5, event("telemetry/new", n=1))])
            assert await store.position() == Position("e", 2)
        assert await store.write([*readings(3, 2), batch(5, event("telemetry/new", n=1))]) == 3
        assert await values(store, "d0", "n") == [0, 1, 2, 3]
        assert await values(store, "new", "n") == [1]


async def test_topics_that_latest_has_evicted_are_forgotten(here: Database) -> None:
    async with PostgresEventStore(here.url, fold_s=0) as store:
        many = [event(f"raw/t{n}", n=n) for n in range(MAX_RAW_TOPICS)]
        await store.write([batch(1, *many, event("telemetry/d", n=1))])
        await store.write([batch(2, *(event(f"raw/new{n}", n=n) for n in range(10)))])
        assert here.count("latest") == MAX_RAW_TOPICS + 1
        found = latest_by_topic(await store.latest())
        assert "raw/new9" in found
        assert "raw/t3" not in found


async def test_of_two_that_write_each_adds_what_the_other_brought(here: Database) -> None:
    async with PostgresEventStore(here.url, fold_s=0) as one, PostgresEventStore(here.url, fold_s=NEVER_S) as other:
        await one.write([batch(1, event("telemetry/a", n=1), event("raw/x", n=1))])
        await other.write([batch(2, event("telemetry/b", n=2), event("raw/y", n=2))])
        known = one._writer._latest
        await one.write([batch(3, event("telemetry/a", T0 + 1, m=3))])
        assert one._writer._latest is known, "it was not read anew"
        found = {topic: data for topic, [data] in latest_by_topic(known.snapshot(["#"])).items()}
        assert found == {"telemetry/a": {"n": 1, "m": 3}, "telemetry/b": {"n": 2}, "raw/x": {"n": 1}, "raw/y": {"n": 2}}
        assert here.count("latest") == 4
        assert latest_by_topic(await other.latest()).keys() == found.keys()


async def test_a_topic_that_another_has_forgotten_gets_a_new_id(here: Database) -> None:
    now = [T0 / 1000]
    async with (
        PostgresEventStore(here.url, fold_s=NEVER_S, clock=lambda: now[0]) as one,
        PostgresEventStore(here.url, keep_s=MS / 1000, fold_s=0, clock=lambda: now[0]) as other,
    ):
        await one.write([batch(1, event("commands/d", T0, n=1))])
        now[0] += 2 * MS / 1000
        new = int(now[0] * 1000)
        for offset in (2, 3):
            await other.write([batch(offset, event("telemetry/e", new, n=offset))])
        assert here.sql("SELECT topic FROM topics") == ["telemetry/e"]
        await one.write([batch(4, event("commands/d", new, n=4))])
        assert [found["data"] for found in await one.events("commands/d", start=0, end=MAX_TIME, limit=9)] == [{"n": 4}]


async def test_dropping_all_that_is_not_latest(here: Database) -> None:
    async with PostgresEventStore(here.url, fold_s=0) as store:
        await store.write([batch(1, event("telemetry/d", n=1), event("raw/x", n=1), event("chat/ops", text="hi"))])
        latest = Latest()
        latest.restore([event("chat/ops", text="hi")])
        await store._thread.run(lambda one: postgres_write._drop_evicted(one, latest, raw_only=True))
        assert here.sql("SELECT topic FROM latest ORDER BY 1") == ["chat/ops", "telemetry/d"]
        await store._thread.run(lambda one: postgres_write._drop_evicted(one, latest, raw_only=False))
        assert here.sql("SELECT topic FROM latest") == ["chat/ops"]


async def test_topic_ids_in_memory_are_bounded(here: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres_write, "MAX_CACHED_IDS", 3)
    async with PostgresEventStore(here.url) as store:
        for offset in range(1, 20):
            await store.write([batch(offset, *(event(f"telemetry/d{(offset + n) % 9}", n=offset) for n in range(3)))])
            assert len(store._writer._ids) <= 6
        assert await values(store, "d0", "n") == [7, 8, 9, 16, 17, 18]


async def test_a_server_that_is_killed_and_comes_back() -> None:
    with postgres_server() as server:
        url = server.url(server.new_database())
        async with PostgresDatabase(url) as tables, PostgresEventStore(url, fold_s=NEVER_S) as store:
            users = UserTable(tables)
            await store.write(readings(1, 3))
            server.kill()
            for ask in (store.position(), store.write(readings(4, 1)), users.list()):
                with pytest.raises(Unavailable, match=r"postgresql://127\.0\.0\.1:\d+/test\d+ does not take it"):
                    await ask
            server.start()
            assert await store.position() == Position("e", 3)
            assert await store.write(readings(2, 4)) == 2
            assert await values(store, "d0", "n") == [0, 1, 2, 3, 4]
            assert latest_by_topic(await store.latest()) == {"telemetry/d0": [{"n": 4}]}
            assert await users.list() == []
            server.kill()


async def test_a_server_that_is_not_there() -> None:
    url = f"postgresql://anna:secret@127.0.0.1:{free_port()}/hub?sslmode=disable"
    for store in (PostgresEventStore(url), PostgresStepStore(url), PostgresDatabase(url)):
        with pytest.raises(Unavailable) as caught:
            await store.__aenter__()
        assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("postgresql://db:port/hub", "can't be read.*HUB_STORE_URL"),
        ("postgresql://[::1/hub", "can't be read.*HUB_STORE_URL"),
        ("postgresql://db/hub?sslmode=perhaps", "postgresql://db/hub does not take it: `sslmode`"),
    ],
)
async def test_a_url_that_is_none(url: str, reason: str) -> None:
    for store in (PostgresEventStore(url), PostgresDatabase(url)):
        with pytest.raises(Unavailable, match=reason):
            await store.__aenter__()


async def test_an_old_server_is_refused(here: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.store.postgres_link.MIN_VERSION", 99)
    with pytest.raises(Unavailable, match="99 or newer is needed"):
        await PostgresThread(here.url, name="test").open()


def test_a_url_is_shown_without_what_is_secret() -> None:
    assert shown("postgresql://anna:p%40ss@db:5432/hub?sslmode=require&password=x") == "postgresql://db:5432/hub"
    assert shown("postgresql:///hub?host=/run/postgresql") == "postgresql:///hub"
