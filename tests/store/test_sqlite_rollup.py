"""Rollups of the SQLite store whose process has ended."""

from pathlib import Path

from hub.rollup_plan import LEVELS, MINUTE, UNITS_MS, Plan
from hub.store.sqlite import SqliteEventStore
from tests.store.batches import batch, event
from tests.store.places import query

START = 20_000 * UNITS_MS[-1]


async def test_what_was_marked_survives_the_end_of_the_process(tmp_path: Path) -> None:
    path = tmp_path / "hub.db"
    now_s = START / 1000
    async with SqliteEventStore(path, fold_s=1e9, clock=lambda: now_s) as store:
        await store.write([batch(1, event("telemetry/a", START, n=1))])
        copy = tmp_path / "killed.db"
        for end in ("", "-wal"):
            copy.with_name(copy.name + end).write_bytes(path.with_name(path.name + end).read_bytes())
    async with SqliteEventStore(copy, fold_s=0, clock=lambda: now_s) as store:
        asked = Plan(START, START + 60_000, MINUTE, START, 60_000, 1)
        found = await store.summaries({"a": ["n"]}, asked, limit_s=60)
        assert [one.count for _, one in found["a"]["n"]] == [1]
        await store.write([batch(2, event("telemetry/b", START, n=1))])
        for _ in LEVELS:
            now_s += 7200
            await store.roll()
    assert await query(copy, "SELECT topic, level FROM rollups WHERE level = 1") == [(1, MINUTE), (2, MINUTE)]
