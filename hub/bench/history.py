"""History while it is written: how fast questions are answered of a hub that has much, and how far the recorder is."""

import asyncio
import json
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlencode

from hub.bench.load import Load, SetUp
from hub.bench.measurement import Measurement
from hub.bench.outcome import Outcome
from hub.bench.own_hub import own_hub
from hub.bench.programs import Programs
from hub.bench.target import Target
from hub.events import Batch, Position
from hub.rollup_plan import LEVELS
from hub.store.sqlite import SqliteEventStore

DEVICES = 20
KEYS = ("temperature", "humidity", "pressure", "battery")
DAYS = 30
DAY_MS = 86_400_000
BATCH_EVENTS = 5_000
WRITTEN_PER_S = 10_000
"""Values that devices send while questions are asked."""
RECORDED_PER_S = 60_000
"""Values that devices send while the recorder is looked at."""
PAUSE_S = 0.1
LOOK_S = 0.5
TIMEOUT_S = 60
LEVEL_S = 7_200
"""By so much the clock is ahead when a level of rollups is made: all of it is due."""

_MEMBERS = '"temperature":21.5,"humidity":40.2,"pressure":1013.2,"battery":87'
SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Question:
    """One thing that is asked, again and again."""

    title: str
    devices: int
    span_ms: int
    points: int


QUESTIONS = (
    Question(f"1 series over {DAYS} days at 1,000 points", 1, DAYS * DAY_MS, 1_000),
    Question(f"{DEVICES} series over 24 h at 500 points", DEVICES, DAY_MS, 500),
)


@dataclass(slots=True)
class HistoryOutcome:
    """What came of it; times in ms, `lag_ms` is how far the recorder was behind at each look."""

    values: int
    filled_per_s: float
    rolled_s: float
    file_bytes: int
    answers_ms: dict[str, list[float]] = field(default_factory=dict)
    lag_ms: list[float] = field(default_factory=list)
    recorded: Outcome | None = None


async def measure(programs: Programs, *, values: int, seconds: float = SECONDS) -> HistoryOutcome:
    """Fill a store with so many values, then ask the hub that has it while devices send."""
    found: list[HistoryOutcome] = []

    async def fill(data_dir: Path) -> None:
        found.append(await filled(data_dir / "hub.db", values=values))

    async with own_hub(SetUp.DEFAULT, prepare=fill) as target:
        outcome = found[0]
        # The same at one look only, as dashboards are not what is measured here.
        load = Load(1, WRITTEN_PER_S / len(KEYS), seconds, members=_MEMBERS, set_up=SetUp.DEFAULT)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(Measurement(load, target, programs=programs).run(set_up=""))
            tasks.create_task(_ask(target, outcome, each_s=seconds / len(QUESTIONS)))
        faster = replace(load, rate=RECORDED_PER_S / len(KEYS))
        watching = asyncio.create_task(_watch(target, outcome.lag_ms))
        outcome.recorded = await Measurement(faster, target, programs=programs).run(set_up="")
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        return outcome


async def filled(
    path: Path, *, values: int, now_ms: Callable[[], int] = lambda: int(time.time() * 1000)
) -> HistoryOutcome:
    """A store's file with so many values of the last 30 days, and all rollups of them."""
    await asyncio.to_thread(path.parent.mkdir, parents=True, exist_ok=True)
    end, ahead_s = now_ms(), [0.0]
    begun = time.monotonic()
    async with SqliteEventStore(path, clock=lambda: end / 1000) as store:
        for offset, batch in enumerate(_batches(end, values), 1):
            batch.position = Position("bench", offset)
            await store.write([batch])
    # Closed by now, all of it is where it stays, and marked.
    written_s = time.monotonic() - begun
    async with SqliteEventStore(path, clock=lambda: end / 1000 + ahead_s[0]) as store:
        begun = time.monotonic()
        for _ in LEVELS:
            ahead_s[0] += LEVEL_S
            await store.roll()
        rolled_s = time.monotonic() - begun
    return HistoryOutcome(values, values / written_s, rolled_s, (await asyncio.to_thread(path.stat)).st_size)


def _batches(end_ms: int, values: int) -> Iterator[Batch]:
    events = values // len(KEYS)
    step = DAYS * DAY_MS / max(1, events)
    for first in range(0, events, BATCH_EVENTS):
        numbers = range(first, min(first + BATCH_EVENTS, events))
        times = [end_ms - int((events - number) * step) for number in numbers]
        topics = [f"telemetry/stored-{number % DEVICES}" for number in numbers]
        pieces = [
            b'{"topic":"%b","time":%d,"data":{"temperature":%d.5,"humidity":%d.25,"pressure":101%d.1,"battery":%d}}'
            % (topic.encode(), at, number % 37, number % 91, number % 9, number % 100)
            for number, at, topic in zip(numbers, times, topics, strict=True)
        ]
        yield Batch.of(topics, times, pieces)


async def _ask(target: Target, outcome: HistoryOutcome, *, each_s: float) -> None:
    for question in QUESTIONS:
        times = outcome.answers_ms.setdefault(question.title, [])
        now_ms = int(time.time() * 1000)
        asked = [("device", f"stored-{number}") for number in range(question.devices)]
        asked += [("key", KEYS[0]), ("points", str(question.points))]
        asked += [("from", str(now_ms - question.span_ms)), ("to", str(now_ms))]
        end = time.monotonic() + each_s
        while not times or time.monotonic() < end:
            begun = time.monotonic()
            await asyncio.to_thread(_get, target, f"/api/history?{urlencode(asked)}")
            times.append((time.monotonic() - begun) * 1000)
            await asyncio.sleep(PAUSE_S)


async def _watch(target: Target, lag_ms: list[float]) -> None:
    while True:
        status = await asyncio.to_thread(_get, target, "/api/status")
        lag_ms.append(status["recorder"]["lag_ms"])
        await asyncio.sleep(LOOK_S)


def _get(target: Target, path: str) -> Any:
    request = urllib.request.Request(
        f"http://{target.host}:{target.port}{path}", headers={"Authorization": f"Bearer {target.token}"}
    )
    with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310
        return json.load(answer)


def lines(outcome: HistoryOutcome) -> Sequence[str]:
    """The outcome for people."""
    filled = f"{outcome.values:,} values written to an empty file: {outcome.filled_per_s:,.0f} values/s"
    told = [f"{filled}; all rollups of them {outcome.rolled_s:.1f} s; {outcome.file_bytes / 1e6:,.0f} MB"]
    told += [
        f"{title}, while {WRITTEN_PER_S:,} values/s are written: "
        f"median {median(times):.1f} ms, slowest of {len(times)} {max(times):.1f} ms"
        for title, times in outcome.answers_ms.items()
    ]
    if outcome.recorded is not None and outcome.lag_ms:
        delivered = outcome.recorded.received
        told.append(
            f"{RECORDED_PER_S:,} values/s from devices, one dashboard looking: {delivered.delivered:,} of "
            f"{delivered.due:,} messages delivered; the recorder was behind by {median(outcome.lag_ms):.0f} ms "
            f"(median), {max(outcome.lag_ms):.0f} ms at most"
        )
    return told
