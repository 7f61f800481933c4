"""What every store answers for a stretch of time: just what its events give, whatever is kept of them beside."""

import random
from collections.abc import AsyncIterator, Sequence
from itertools import groupby
from typing import Any

import pytest

from hub.errors import NOT_AVAILABLE, HubError
from hub.events import Batch
from hub.rollup import Rollup, of_values
from hub.rollup_plan import LEVELS, RAW, UNITS_MS, Plan, plan
from hub.store.postgres import PostgresEventStore
from hub.store.sqlite import SqliteEventStore
from tests.store.batches import OpenStore, batch, event, series
from tests.store.places import Where, event_store

MIN, _, H, D = UNITS_MS[1:]
START = 20_000 * D
VALUES: tuple[Any, ...] = (1, 2, 3, -4, 0.5, 2**63 - 1, "on", True)
LIMIT_S = 60.0


class Clock:
    """A clock that is set by hand; rollups are due long before it is asked again."""

    now_s = START / 1000

    def __call__(self) -> float:
        self.now_s += 7200
        return self.now_s


@pytest.fixture(params=["journal", "folded", "rolled"])
async def store(request: pytest.FixtureRequest, where: Where) -> AsyncIterator[OpenStore]:
    fold_s = 1e9 if request.param == "journal" else 0
    async with event_store(where, fold_s=fold_s, clock=Clock()) as store:
        yield Rolled(store) if request.param == "rolled" else store
        assert store.fold_failures == store.roll_failures == 0


class Rolled:
    """A store that has computed what is due after each write."""

    def __init__(self, store: SqliteEventStore | PostgresEventStore) -> None:
        self._store = store

    async def write(self, batches: Sequence[Batch]) -> int:
        written = await self._store.write(batches)
        await self._store.roll()
        return written

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


async def naive(store: OpenStore, device: str, key: str, asked: Plan) -> list[tuple[int, Rollup]]:
    """The same from all values of the series."""
    points = [(point.time, point.value) for point in await series(store, device, key)]
    inside = [point for point in points if asked.start <= point[0] < asked.end]
    return [(slot, of_values([*of])) for slot, of in groupby(inside, key=lambda point: asked.slot(point[0]))]


def exact(slots: list[tuple[int, Rollup]]) -> list[Any]:
    """Slots without sums, which are rounded in the order of their parts."""
    return [(slot, one._replace(total=0, rise=0)) for slot, one in slots]


async def compare(store: OpenStore, start: int, end: int, points: int) -> None:
    asked = plan(start, end, points)
    found = await store.summaries({"a": ["n", "m", "none"], "b": ["n"], "nobody": ["n"]}, asked, limit_s=LIMIT_S)
    assert found["nobody"] == {"n": []}
    assert found["a"]["none"] == []
    for device, key in (("a", "n"), ("a", "m"), ("b", "n")):
        expected = await naive(store, device, key, asked)
        assert exact(found[device][key]) == exact(expected)
        sums = [number for _, one in found[device][key] for number in (one.total, one.rise)]
        assert sums == pytest.approx([number for _, one in expected for number in (one.total, one.rise)])


@pytest.mark.parametrize("seed", range(3))
async def test_late_and_disordered_events(store: OpenStore, seed: int) -> None:
    chance = random.Random(seed)
    spread = (MIN, 3 * H, 40 * D)[seed]
    for offset in range(1, 9):
        around = START + chance.randrange(spread)
        pieces = [
            event(
                f"telemetry/{chance.choice('ab')}",
                chance.choice((around, START)) + chance.randrange(spread),
                n=chance.choice(VALUES),
                **({"m": chance.randrange(100)} if chance.random() < 0.5 else {}),
            )
            for _ in range(40)
        ]
        await store.write([batch(offset, *pieces, event("chat/ops", START, text="n"))])
        low, high = sorted(START + chance.randrange(2 * spread) for _ in range(2))
        await compare(store, low, high + 1, chance.choice((1, 10, 500)))
    for points in (1, 3, 40, 1000):
        await compare(store, START - D, START + 2 * spread, points)


@pytest.mark.parametrize("level", [RAW, *LEVELS])
async def test_two_events_of_one_millisecond_and_the_edges(store: OpenStore, level: int) -> None:
    unit = max(UNITS_MS[level], 10)
    times = [START - 1, START, START, START + unit - 1, START + unit, START + 2 * unit - 1, START + 2 * unit]
    await store.write([batch(n, event("telemetry/a", at, n=n)) for n, at in enumerate(times, 1)])
    asked = Plan(START, START + 2 * unit, level, START, unit, 2)
    found = await store.summaries({"a": ["n"]}, asked, limit_s=LIMIT_S)
    assert [(slot, one.count, one.first, one.last) for slot, one in found["a"]["n"]] == [(0, 3, 2, 4), (1, 2, 5, 6)]


async def test_a_query_has_a_time_limit(store: OpenStore) -> None:
    await store.write([batch(1, event("telemetry/a", START, n=1))])
    with pytest.raises(HubError, match="takes longer than 0 s") as caught:
        await store.summaries({"a": ["n"]}, plan(START, START + D, 100), limit_s=0)
    assert caught.value.code == NOT_AVAILABLE
    assert await store.keys("a") == ["n"]
