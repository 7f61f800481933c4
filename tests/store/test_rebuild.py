"""Folding projections anew: after hours of traffic, and after the tables were damaged, they are what they were."""

import asyncio
import fcntl
import os
import random
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from hub.errors import Unavailable
from hub.rollup_plan import LEVELS
from hub.store import sqlite_projections, sqlite_refold
from hub.store.sqlite import SqliteEventStore
from tests.sources import ROOT
from tests.store.traffic import HOUR_MS, Traffic

Rows = dict[str, list[tuple[object, ...]]]

TABLES = {
    "latest": "SELECT topic, CAST(body AS TEXT) FROM latest ORDER BY topic",
    "rollups": (
        "SELECT topics.topic, level, start, CAST(body AS TEXT) FROM rollups"
        " JOIN topics ON topics.id = rollups.topic ORDER BY 1, 2, 3"
    ),
    # What has no event is not found.
    "search": (
        "SELECT said.place, topics.topic, said.time, device, user, position, text FROM said"
        " JOIN said_text ON said_text.rowid = said.place JOIN topics ON topics.id = said.topic"
        " JOIN events ON events.topic = said.topic AND events.time = said.time AND events.place = said.place ORDER BY 1"
    ),
}
NAMES = [*TABLES]


def tables(path: Path) -> Rows:
    with closing(sqlite3.connect(path)) as db:
        return {name: db.execute(statement).fetchall() for name, statement in TABLES.items()}


def assert_same(found: Rows, expected: Rows) -> None:
    """The rows that are in one only say more than all."""
    for name in expected:
        more, less = set(found[name]) - set(expected[name]), set(expected[name]) - set(found[name])
        assert (sorted(more, key=str)[:3], sorted(less, key=str)[:3]) == ([], []), name
    assert found == expected


def change(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        for statement in statements:
            assert db.execute(statement).rowcount > 0, statement


def nothing(_: str, __: int) -> None:
    """Is told."""


async def settle(store: SqliteEventStore, traffic: Traffic) -> None:
    """Let hours pass, until every rollup is computed."""
    for _ in LEVELS:
        traffic.now_ms += 2 * HOUR_MS
        await store.roll()


async def record(store: SqliteEventStore, traffic: Traffic, writes: int) -> None:
    dice = random.Random(writes)
    for _ in range(writes):
        await store.write(traffic.batches(dice.randrange(1, 8)))
        if dice.random() < 0.1:
            await store.roll()


@pytest.mark.parametrize("keep_h", [None, 2])
@pytest.mark.parametrize("seed", range(2))
async def test_hours_of_traffic(tmp_path: Path, seed: int, keep_h: int | None) -> None:
    path, traffic = tmp_path / "hub.db", Traffic(seed)
    keep_s = None if keep_h is None else keep_h * 3600
    async with SqliteEventStore(path, fold_s=0, clock=traffic.clock, keep_s=keep_s) as store:
        await record(store, traffic, 600)
        assert (store.trimmed > 0) is (keep_h is not None)
        await settle(store, traffic)
        before = tables(path)
        assert len(before["latest"]) > 60
        assert len(before["rollups"]) > 1000
        assert len(before["search"]) > 1000
        await store.rebuild(NAMES, told=nothing)
        assert_same(tables(path), before)
        # The writer has noticed, and what it folds from now on is as if nothing had been.
        await record(store, traffic, 50)
        await settle(store, traffic)
        before = tables(path)
        await store.rebuild(NAMES, told=nothing)
        assert_same(tables(path), before)


DAMAGE = (
    """UPDATE latest SET body = replace(body, '"temperature"', '"wrong"') WHERE topic LIKE 'telemetry/%'""",
    "UPDATE latest SET body = (SELECT max(body) FROM latest WHERE topic LIKE 'twin/%') WHERE topic LIKE 'twin/%'",
    "DELETE FROM latest WHERE topic LIKE 'chat/%' OR topic LIKE 'registry/%' OR topic LIKE '$%'",
    """INSERT INTO latest VALUES ('telemetry/no', 1, '{"topic":"telemetry/no","time":1,"data":{"v":1}}')""",
    "UPDATE rollups SET body = '{}' WHERE start % 7 = 0",
    "DELETE FROM rollups WHERE start % 11 < 5",
    "UPDATE said SET user = 'nobody', device = 'none', topic = topic + 1 WHERE place % 3 = 0",
    "UPDATE said_text SET text = 'wrong' WHERE rowid % 5 = 0",
    "DELETE FROM said_text WHERE rowid % 5 = 1",
    "INSERT INTO said VALUES (1000000, 1, 1, 'd', 'u', 'p')",
    "INSERT INTO said_text (rowid, text) VALUES (1000001, 'lonely')",
    "INSERT INTO rollups SELECT topic, level, start + 31536000000, body FROM rollups WHERE level < 4 AND start % 3 = 0",
)


async def test_tables_that_were_damaged_are_right_again(tmp_path: Path) -> None:
    path, traffic = tmp_path / "hub.db", Traffic(7)
    async with SqliteEventStore(path, fold_s=0, clock=traffic.clock) as store:
        await record(store, traffic, 300)
        await settle(store, traffic)
    before = tables(path)
    change(path, *DAMAGE)
    async with SqliteEventStore(path, fold_s=0, clock=traffic.clock) as store:
        await store.rebuild(NAMES, told=nothing)
        assert_same(tables(path), before)
    with closing(sqlite3.connect(path)) as db:
        counts = [db.execute(f"SELECT count(*) FROM {name}").fetchone() for name in ("said", "said_text")]
        assert counts == [(len(before["search"]),)] * 2


async def test_another_version_is_folded_anew_beside_what_is_served(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(sqlite_refold, "STEP_EVENTS", 50)
    path, traffic = tmp_path / "hub.db", Traffic(3)
    async with SqliteEventStore(path, fold_s=0, clock=traffic.clock) as store:
        await record(store, traffic, 100)
        before = tables(path)
        await store.refold()
        change(path, *DAMAGE[:2], "UPDATE projections SET version = 0 WHERE name = 'latest'")
        served = await store.latest()
        folding = asyncio.create_task(store.refold())
        while not await under_way(path):
            await asyncio.sleep(0)
        assert await store.latest() == served
        await folding
        assert "latest: folded anew from the events, as version 1 of the code does it" in caplog.text
        assert_same(tables(path), before)
        caplog.clear()
        await store.refold()
        assert caplog.text == ""


async def under_way(path: Path) -> bool:
    """Whether the latest are being folded anew."""
    with closing(sqlite3.connect(path)) as db:
        return sqlite_projections.under_way(db, "latest")


async def test_what_comes_meanwhile_is_in_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_refold, "STEP_EVENTS", 20)
    path, traffic = tmp_path / "hub.db", Traffic(5)
    async with SqliteEventStore(path, fold_s=0, clock=traffic.clock, keep_s=3600) as store:
        await record(store, traffic, 200)
        for _ in range(3):
            rebuilding = asyncio.create_task(store.rebuild(["latest"], told=nothing))
            while not rebuilding.done():
                await store.write(traffic.batches(3))
            await rebuilding
            before = tables(path)
            await store.rebuild(["latest"], told=nothing)
            assert tables(path)["latest"] == before["latest"]


async def test_one_process_at_a_time(tmp_path: Path) -> None:
    path, traffic = tmp_path / "hub.db", Traffic(9)
    async with SqliteEventStore(path, fold_s=0, clock=traffic.clock) as store:
        await record(store, traffic, 5)
        await store.refold()
        change(path, "UPDATE projections SET version = 0 WHERE name = 'latest'")
        with Path(f"{path}.refold").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            with pytest.raises(Unavailable, match="Another process folds"):
                await store.rebuild(NAMES, told=nothing)
            await store.refold()
            assert await versions(store) == {"latest": 0, "rollups": 1, "search": 1}
        await store.refold()
        assert await versions(store) == {"latest": 1, "rollups": 1, "search": 1}


async def test_killed_in_it_the_old_one_is_served_and_the_next_start_ends_it(tmp_path: Path) -> None:
    path, traffic = tmp_path / "hub.db", Traffic(11)
    async with SqliteEventStore(path, fold_s=0, clock=traffic.clock) as store:
        await record(store, traffic, 100)
        await settle(store, traffic)
    before = tables(path)
    for name, tells in (("latest", 9), ("latest", 30), ("rollups", 4)):
        argv = [sys.executable, "-m", "tests.store.rebuilding_process", str(path), name]
        with subprocess.Popen(
            argv, stdout=subprocess.PIPE, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}
        ) as at_it:
            assert at_it.stdout is not None
            for _ in range(tells):
                assert at_it.stdout.readline() == f"{name}\n".encode()
            at_it.kill()
        assert_same(tables(path), before)
    change(path, *DAMAGE[:2])
    async with SqliteEventStore(path, fold_s=0, clock=traffic.clock) as store:
        assert await versions(store) == {"latest": 0, "rollups": 0, "search": 1}
        await store.refold()
        await settle(store, traffic)
        assert await versions(store) == {"latest": 1, "rollups": 1, "search": 1}
    assert_same(tables(path), before)


async def test_the_latest_of_values_that_were_not_kept_stays(tmp_path: Path) -> None:
    path, traffic = tmp_path / "hub.db", Traffic(13)
    async with SqliteEventStore(path, fold_s=0, clock=traffic.clock) as store:
        await record(store, traffic, 30)
    async with SqliteEventStore(path, fold_s=0, clock=traffic.clock, max_bytes=1) as store:
        await record(store, traffic, 100)
        assert store.refused > 100
        before = tables(path)
        await store.rebuild(["latest"], told=nothing)
        assert_same(tables(path), before)


async def test_a_store_without_events_and_one_of_before_versions(tmp_path: Path) -> None:
    path = tmp_path / "hub.db"
    async with SqliteEventStore(path) as store:
        await store.rebuild(NAMES, told=nothing)
        assert tables(path) == {"latest": [], "rollups": [], "search": []}
        change(path, "DELETE FROM projections", "UPDATE store SET places = 5")
        with closing(sqlite3.connect(path, isolation_level=None)) as db:
            assert sqlite_projections.kept(db) == dict.fromkeys(("latest", "rollups", "search"), (1, False))


async def versions(store: SqliteEventStore) -> dict[str, int]:
    """Of which version each projection is."""
    return {name: version for name, (version, _) in (await store.projections()).items()}
