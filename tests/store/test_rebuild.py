"""Folding projections anew: after hours of traffic, and after the tables were damaged, they are what they were."""

import asyncio
import fcntl
import os
import random
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest

from hub.errors import Unavailable
from hub.projections import VERSIONS
from hub.rollup_plan import LEVELS
from hub.store import (
    archive_states,
    postgres_refold,
    postgres_refold_search,
    postgres_refolding,
    sqlite_refold,
    sqlite_refold_search,
)
from hub.store.postgres import PostgresEventStore
from hub.store.postgres_link import connect
from hub.store.sqlite import SqliteEventStore
from tests.servers import PostgresServer
from tests.sources import ROOT
from tests.store.traffic import HOUR_MS, Traffic

Rows = dict[str, list[tuple[object, ...]]]
Store = SqliteEventStore | PostgresEventStore

LATEST = "SELECT topic, {body} FROM latest ORDER BY topic"
ROLLUPS = """
SELECT topics.topic, level, start, {body} FROM rollups
JOIN topics ON topics.id = rollups.topic ORDER BY 1, 2, 3"""
SEARCH = """
SELECT said.place, topics.topic, said.time, device, "user", position, text FROM said
JOIN said_text ON said_text.rowid = said.place JOIN topics ON topics.id = said.topic ORDER BY 1"""
SEARCH_ON_SERVER = """
SELECT said.place, topics.topic, said.time, device, "user", position, words FROM said
JOIN topics ON topics.id = said.topic ORDER BY 1"""


class File:
    """An SQLite file."""

    names = ("latest", "rollups", "search")

    def __init__(self, path: Path) -> None:
        self.where = path

    def tables(self) -> Rows:
        with closing(sqlite3.connect(self.where)) as db:
            statements = zip(self.names, (LATEST, ROLLUPS, SEARCH), strict=True)
            body = "CAST(body AS TEXT)"
            return {name: db.execute(statement.format(body=body)).fetchall() for name, statement in statements}

    def erasing(self) -> bool:
        with closing(sqlite3.connect(self.where)) as db:
            return db.execute("SELECT 1 FROM erasing").fetchone() is not None

    def change(self, *statements: str) -> None:
        with closing(sqlite3.connect(self.where, isolation_level=None)) as db:
            for statement in statements:
                assert db.execute(statement).rowcount > 0, statement


class Server:
    """A database of PostgreSQL."""

    names = ("latest", "search")

    def __init__(self, server: PostgresServer, url: str) -> None:
        self.where = url
        self._server = server

    def tables(self) -> Rows:
        statements = zip(self.names, (LATEST, SEARCH_ON_SERVER), strict=True)
        body = "convert_from(body, 'UTF8')"
        return {
            name: [tuple(line.split("|", 1)) for line in self._sql(statement.format(body=body))]
            for name, statement in statements
        }

    def erasing(self) -> bool:
        return self._sql("SELECT 1 FROM erasing") != []

    def change(self, *statements: str) -> None:
        for statement in statements:
            assert self._sql(f"{statement} RETURNING 1"), statement

    def _sql(self, statement: str) -> list[str]:
        return self._server.sql(statement, database=self.where.rpartition("/")[2]).splitlines()


Place = File | Server


@pytest.fixture(name="place", params=["sqlite", "postgres"])
def _place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    if request.param == "sqlite":
        return File(tmp_path / "hub.db")
    return Server(request.getfixturevalue("postgres"), request.getfixturevalue("postgres_url"))


def opened(place: Place, traffic: Traffic, *, keep_s: float | None = None) -> Store:
    """The store there, with the clock of the traffic."""
    kind = SqliteEventStore if isinstance(place.where, Path) else PostgresEventStore
    return kind(place.where, fold_s=0, clock=traffic.clock, keep_s=keep_s)  # type: ignore[arg-type] # its own


def assert_same(found: Rows, expected: Rows) -> None:
    """The rows that are in one only say more than all."""
    for name in expected:
        more, less = set(found[name]) - set(expected[name]), set(expected[name]) - set(found[name])
        assert (sorted(more, key=str)[:3], sorted(less, key=str)[:3]) == ([], []), name
    assert found == expected


def nothing(_: str, __: int) -> None:
    """Is told."""


async def settle(store: Store, traffic: Traffic, place: Place) -> None:
    """Let hours pass, until what was forgotten is gone and every rollup is computed."""
    while place.erasing():
        await store.write(traffic.batches(1))
    for _ in LEVELS:
        traffic.now_ms += 2 * HOUR_MS
        await roll(store)


async def roll(store: Store) -> None:
    if isinstance(store, SqliteEventStore):
        await store.roll()


async def record(store: Store, traffic: Traffic, writes: int) -> None:
    dice = random.Random(writes)
    for _ in range(writes):
        await store.write(traffic.batches(dice.randrange(1, 8)))
        if dice.random() < 0.1:
            await roll(store)


@pytest.mark.parametrize(("seed", "keep_h"), [(0, None), (1, 2)])
async def test_hours_of_traffic(place: Place, seed: int, keep_h: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    # Some snapshots, out of which what is forgotten goes in steps.
    monkeypatch.setattr(archive_states, "EVERY_EVENTS", 1_000)
    monkeypatch.setattr(archive_states, "EVERY_TOPICS", 1)
    traffic = Traffic(seed)
    async with opened(place, traffic, keep_s=None if keep_h is None else keep_h * 3600) as store:
        await record(store, traffic, 160)
        # Weeks go in whole on PostgreSQL.
        traffic.now_ms += 8 * 24 * HOUR_MS
        await record(store, traffic, 60)
        await settle(store, traffic, place)
        before = place.tables()
        assert len(before["latest"]) > 60
        if isinstance(store, SqliteEventStore):
            assert (store.trimmed > 0) is (keep_h is not None)
            assert len(before["rollups"]) > 1000
        await store.rebuild(place.names, told=nothing)
        assert_same(place.tables(), before)
        # The writer has noticed, and what it folds from now on is as if nothing had been.
        await record(store, traffic, 50)
        await settle(store, traffic, place)
        before = place.tables()
        await store.rebuild(place.names, told=nothing)
        assert_same(place.tables(), before)


@pytest.fixture(name="in_small_steps")
def _in_small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_refold, "STEP_EVENTS", 20)
    monkeypatch.setattr(postgres_refold, "STEP_EVENTS", 20)
    monkeypatch.setattr(sqlite_refold, "SWAP_TOPICS", 20)
    monkeypatch.setattr(postgres_refold, "SWAP_TOPICS", 20)
    monkeypatch.setattr(sqlite_refold_search, "STEP_PLACES", 50)
    monkeypatch.setattr(postgres_refold_search, "STEP_PLACES", 50)


SOME = "(SELECT body FROM latest WHERE topic LIKE '{}/%' ORDER BY topic LIMIT 1)"
DAMAGE = (
    f"UPDATE latest SET body = {SOME.format('twin')} WHERE topic LIKE 'twin/%'",
    f"UPDATE latest SET body = {SOME.format('telemetry')} WHERE topic LIKE 'telemetry/%'",
    "DELETE FROM latest WHERE topic LIKE 'chat/%' OR topic LIKE 'registry/%' OR topic LIKE '$%'",
    "INSERT INTO latest SELECT 'telemetry/no', 1, body FROM latest WHERE topic = 'raw/some/1'",
)
DAMAGE_OF_A_FILE = (
    "UPDATE rollups SET body = '{}' WHERE start % 7 = 0",
    "DELETE FROM rollups WHERE start % 11 < 5",
    "INSERT INTO rollups SELECT topic, level, start + 31536000000, body FROM rollups WHERE level < 4 AND start % 3 = 0",
    "UPDATE said SET user = 'nobody', device = 'none', topic = topic + 1 WHERE place % 3 = 0",
    "UPDATE said_text SET text = 'wrong' WHERE rowid % 5 = 0",
    "DELETE FROM said_text WHERE rowid % 5 = 1",
    "DELETE FROM said WHERE place % 7 = 2",
    "INSERT INTO said VALUES (1000000, 1, 1, 'd', 'u', 'p')",
    "INSERT INTO said_text (rowid, text) VALUES (1000001, 'lonely')",
)


DAMAGE_OF_A_SERVER = (
    """UPDATE said SET "user" = 'nobody', device = 'none', topic = topic + 1 WHERE place % 3 = 0""",
    "UPDATE said SET words = '''wrong'''::tsvector WHERE place % 5 = 0",
    "DELETE FROM said WHERE place % 7 = 2",
    "INSERT INTO said VALUES (1000000, 1, 1, 'd', 'u', 'p', '''lonely'''::tsvector)",
)


@pytest.mark.usefixtures("in_small_steps")
async def test_tables_that_were_damaged_are_right_again(place: Place) -> None:
    traffic = Traffic(7)
    async with opened(place, traffic) as store:
        await record(store, traffic, 300)
        await settle(store, traffic, place)
    before = place.tables()
    place.change(*DAMAGE, *(DAMAGE_OF_A_FILE if isinstance(place, File) else DAMAGE_OF_A_SERVER))
    async with opened(place, traffic) as store:
        await store.rebuild(place.names, told=nothing)
        assert_same(place.tables(), before)
    if isinstance(place, File):
        with closing(sqlite3.connect(place.where)) as db:
            counts = [db.execute(f"SELECT count(*) FROM {name}").fetchone() for name in ("said", "said_text")]
        assert counts == [(len(before["search"]),)] * 2


@pytest.mark.usefixtures("in_small_steps")
async def test_another_version_is_folded_anew_beside_what_is_served(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    traffic = Traffic(3)
    async with opened(place, traffic) as store:
        await record(store, traffic, 100)
        await store.refold()
        before = place.tables()
        place.change(*DAMAGE[:2], "UPDATE projections SET version = 0 WHERE name = 'latest'")
    async with opened(place, traffic) as store:
        served = await store.latest()
        folding = asyncio.create_task(store.refold())
        while (await store.projections())["latest"] == (0, False):
            assert not folding.done()
        assert await store.latest() == served
        await folding
        assert "latest: folded anew from the events, as version 1 of the code does it" in caplog.text
        assert_same(place.tables(), before)
        caplog.clear()
        await store.refold()
        assert caplog.text == ""


@pytest.mark.usefixtures("in_small_steps")
async def test_what_comes_meanwhile_is_in_it(place: Place) -> None:
    traffic = Traffic(5)
    async with opened(place, traffic, keep_s=3600) as store:
        await record(store, traffic, 200)
        for _ in range(3):
            rebuilding = asyncio.create_task(store.rebuild(["latest"], told=nothing))
            while not rebuilding.done():
                await store.write(traffic.batches(3))
            await rebuilding
            before = place.tables()
            await store.rebuild(["latest"], told=nothing)
            assert place.tables()["latest"] == before["latest"]


async def test_one_process_at_a_time(place: Place) -> None:
    traffic = Traffic(9)
    async with opened(place, traffic) as store:
        await record(store, traffic, 5)
        await store.refold()
        place.change("UPDATE projections SET version = 0 WHERE name = 'latest'")
        async with at_it(place):
            with pytest.raises(Unavailable, match="Another process folds"):
                await store.rebuild(["latest"], told=nothing)
            await store.refold()
            assert (await store.projections())["latest"] == (0, False)
        await store.refold()
        assert (await store.projections())["latest"] == (1, False)


@asynccontextmanager
async def at_it(place: Place) -> AsyncIterator[None]:
    """Meanwhile another process folds."""
    if isinstance(place.where, Path):
        with Path(f"{place.where}.refold").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        return
    connection = await connect(place.where)
    await connection.execute(f"SELECT pg_advisory_lock({postgres_refolding.LOCK})")
    yield
    await connection.close()


async def test_killed_in_it_the_old_one_is_served_and_the_next_start_ends_it(place: Place) -> None:
    traffic = Traffic(11)
    async with opened(place, traffic) as store:
        await record(store, traffic, 100)
        await settle(store, traffic, place)
    before = place.tables()
    kills = [("latest", 9), ("latest", 30), *([("rollups", 4)] if isinstance(place, File) else []), ("search", 2)]
    for name, tells in kills:
        argv = [sys.executable, "-m", "tests.store.rebuilding_process", str(place.where), name]
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        with subprocess.Popen(argv, stdout=subprocess.PIPE, cwd=ROOT, env=environment) as rebuilding:
            assert rebuilding.stdout is not None
            for _ in range(tells):
                assert rebuilding.stdout.readline() == f"{name}\n".encode()
            rebuilding.kill()
        assert_same(place.tables(), before)
    place.change(*DAMAGE[:2])
    async with opened(place, traffic) as store:
        assert {(await store.projections())[name][0] for name in place.names} == {0}
        # The server may not have noticed yet that the process is gone.
        while (await store.projections())["latest"] != (1, False):
            await store.refold()
        await settle(store, traffic, place)
        assert {(await store.projections())[name] for name in place.names} == {
            (VERSIONS[name], False) for name in place.names
        }
    assert_same(place.tables(), before)


async def test_the_latest_of_values_that_were_not_kept_stays(tmp_path: Path) -> None:
    place, traffic = File(tmp_path / "hub.db"), Traffic(13)
    async with opened(place, traffic) as store:
        await record(store, traffic, 30)
    async with SqliteEventStore(place.where, fold_s=0, clock=traffic.clock, max_bytes=1) as store:
        await record(store, traffic, 100)
        assert store.refused > 100
        before = place.tables()
        await store.rebuild(["latest"], told=nothing)
        assert_same(place.tables(), before)


async def test_a_store_without_events_and_one_of_before_versions(place: Place) -> None:
    async with opened(place, Traffic(0)) as store:
        await store.rebuild(place.names, told=nothing)
        assert not any(place.tables().values())
        place.change("DELETE FROM projections", "UPDATE store SET places = 5")
        assert await store.projections() == dict.fromkeys(("latest", "rollups", "search"), (1, False))
