"""`hub bench history`: a store with many values, and what a hub answers of it while devices send."""

from pathlib import Path

from hub.bench.history import DAY_MS, DAYS, DEVICES, HistoryOutcome, filled, lines
from hub.rollup_plan import HOUR, plan
from hub.store.sqlite import SqliteEventStore

NOW_MS = 1_732_412_345_678


async def test_a_store_is_filled_with_values_and_their_rollups(tmp_path: Path) -> None:
    outcome = await filled(tmp_path / "data" / "hub.db", values=1_600, now_ms=lambda: NOW_MS)
    assert outcome.filled_per_s > 0
    assert outcome.file_bytes > 10_000
    async with SqliteEventStore(tmp_path / "data" / "hub.db", clock=lambda: NOW_MS / 1000) as store:
        asked = plan(NOW_MS - DAYS * DAY_MS, NOW_MS, 1000)
        assert asked.level == HOUR
        found = await store.summaries(
            {f"stored-{number}": ["temperature"] for number in range(DEVICES)}, asked, limit_s=60
        )
        assert [sum(one.count for _, one in keys["temperature"]) for keys in found.values()] == [20] * DEVICES
        assert await store._writing.run(lambda db: db.execute("SELECT count(*) FROM stale").fetchone()) == (0,)


def test_the_outcome_is_told() -> None:
    outcome = HistoryOutcome(1_000, 50_000.0, 2.0, 3_000_000, {"one": [1.0, 3.0, 2.0]})
    assert list(lines(outcome)) == [
        "1,000 values written to an empty file: 50,000 values/s; all rollups of them 2.0 s; 3 MB",
        "one, while 10,000 values/s are written: median 2.0 ms, slowest of 3 3.0 ms",
    ]
