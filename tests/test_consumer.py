"""The loop of every consumer group, on a real log."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from hub import consumer as module
from hub.consumer import Consumer, Work, _Ahead
from hub.engine.local import LocalEngine
from hub.errors import Unavailable
from hub.events import Batch, Position
from tests.store.batches import batch, event
from tests.store.patience import until


class Log(LocalEngine):
    """A log in a file of its own, that is published to in short."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, max_bytes=10**9, max_age_s=10**6)

    async def say(self, *numbers: int) -> None:
        """One batch of one event a number, all at once."""
        batches = [Batch.of(["telemetry/d"], [n], [event("telemetry/d", n, n=n)]) for n in numbers]
        await asyncio.gather(*map(self.publish, batches))


@pytest.fixture
async def log(tmp_path: Path) -> AsyncIterator[Log]:
    async with Log(tmp_path / "log.db") as engine:
        yield engine


@asynccontextmanager
async def consuming(engine: LocalEngine, work: Work, *, member: str = "m") -> AsyncIterator[Consumer]:
    consumer = Consumer(engine, work, group="g", member=member, backoff_max_s=0.01)
    task = asyncio.create_task(consumer.run())
    try:
        yield consumer
    finally:
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()


def numbers(batches: list[Batch]) -> list[int]:
    return [time for one in batches for time in one.times]


class Notes:
    """A work that notes what it got; it fails as often as it is told, and waits while `open` is not set."""

    def __init__(self, *failures: Exception) -> None:
        self.lists: list[list[int]] = []
        self.failures = list(failures)
        self.open = asyncio.Event()
        self.open.set()

    async def __call__(self, batches: list[Batch]) -> None:
        self.lists.append(numbers(batches))
        await self.open.wait()
        if self.failures:
            raise self.failures.pop(0)

    def all(self) -> list[int]:
        return [number for one in self.lists for number in one]


async def test_everything_comes_in_order_and_is_acknowledged(log: Log) -> None:
    await log.say(*range(150))
    notes = Notes()
    async with consuming(log, notes) as consumer:
        await log.say(*range(150, 160))
        await until(lambda: notes.all() == list(range(160)))
        await until(lambda: consumer.waiting_batches == 0)
        assert consumer.done == await log.head()
        assert consumer.failures == 0
    await log.say(160)
    later = Notes()
    async with consuming(log, later):
        await until(lambda: later.all() == [160])


async def test_what_arrives_while_the_work_runs_is_one_list(log: Log) -> None:
    notes = Notes()
    notes.open.clear()
    async with consuming(log, notes) as consumer:
        await log.say(0)
        await until(lambda: notes.lists == [[0]])
        for number in range(1, 6):
            await log.say(number)
        await until(lambda: consumer.waiting_batches == 6)
        notes.open.set()
        await until(lambda: notes.lists == [[0], [1, 2, 3, 4, 5]])


async def test_batches_whose_work_fails_come_again_until_it_is_done(log: Log, caplog: pytest.LogCaptureFixture) -> None:
    notes = Notes(Unavailable("no disk"), ValueError("odd"), Unavailable("no disk"))
    async with consuming(log, notes) as consumer:
        await log.say(0)
        await until(lambda: consumer.done is not None)
        await log.say(1)
        await until(lambda: notes.lists == [[0], [0], [0], [0], [1]])
        assert consumer.failures == 3
    head = await log.head()
    assert f"{head.epoch}-1 to {head.epoch}-1" in caplog.text
    assert [record.levelno for record in caplog.records] == [logging.WARNING, logging.ERROR, logging.WARNING]


async def test_what_a_cancellation_cuts_short_comes_again(log: Log) -> None:
    notes = Notes()
    notes.open.clear()
    async with consuming(log, notes):
        await log.say(0, 1)
        await until(lambda: notes.lists != [])
    later = Notes()
    async with consuming(log, later):
        await until(lambda: later.all() == [0, 1])


async def test_a_list_is_bounded_and_reading_pauses(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_EVENTS", 10)
    notes = Notes()
    notes.open.clear()
    await log.say(*range(350))
    async with consuming(log, notes) as consumer:
        await until(lambda: consumer.waiting_batches == 100)
        notes.open.set()
        await until(lambda: len(notes.all()) == 350)
    assert notes.all() == list(range(350))
    assert {len(one) for one in notes.lists} == {10}


async def test_a_list_is_bounded_in_bytes(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_BYTES", 1)
    notes = Notes()
    await log.say(*range(5))
    async with consuming(log, notes):
        await until(lambda: len(notes.all()) == 5)
    assert notes.lists == [[0], [1], [2], [3], [4]]


async def test_a_log_that_closes_is_asked_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    engine = Log(tmp_path / "log.db")
    await engine.__aenter__()
    async with consuming(engine, Notes()) as consumer:
        await engine.say(0)
        await until(lambda: consumer.done is not None)
        await engine.__aexit__()
        await until(lambda: consumer.failures > 2)
    assert "lost the log" in caplog.text


class EndingLog(Log):
    """A log whose reading ends after what is there, and whose first ack fails in a way nobody expects."""

    acks = 0

    @asynccontextmanager
    async def consume(self, group: str, member: str) -> AsyncIterator[AsyncIterator[list[Batch]]]:  # type: ignore[override] # it gives fewer lists
        async with super().consume(group, member) as lists:
            yield self._one(lists)

    async def _one(self, lists: AsyncIterator[list[Batch]]) -> AsyncIterator[list[Batch]]:
        yield await anext(lists)

    async def ack(self, group: str, position: Position) -> None:
        self.acks += 1
        if self.acks == 1:
            raise ZeroDivisionError
        await super().ack(group, position)


async def test_a_failed_ack_and_an_ended_reading_begin_anew(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with EndingLog(tmp_path / "log.db") as log:
        notes = Notes()
        async with consuming(log, notes) as consumer:
            await log.say(0)
            await until(lambda: log.acks >= 1)
            await until(lambda: consumer.failures >= 1)
            await log.say(1)
            await until(lambda: 1 in notes.all())
    assert notes.all().count(0) >= 2
    assert "begins again" in caplog.text or "has ended" in caplog.text


class SpoilingLog(Log):
    """A log whose reading fails in the moment in which it is cancelled."""

    @asynccontextmanager
    async def consume(self, group: str, member: str) -> AsyncIterator[AsyncIterator[list[Batch]]]:  # type: ignore[override] # it spoils the lists
        async with super().consume(group, member) as lists:
            yield self._spoilt(lists)

    async def _spoilt(self, lists: AsyncIterator[list[Batch]]) -> AsyncIterator[list[Batch]]:
        try:
            async for batches in lists:
                yield batches
        except asyncio.CancelledError:
            raise ZeroDivisionError from None


async def test_a_failure_does_not_hide_a_cancellation(tmp_path: Path) -> None:
    async with SpoilingLog(tmp_path / "log.db") as log:
        async with consuming(log, Notes()) as consumer:
            await log.say(0)
            await until(lambda: consumer.done is not None)
        assert consumer.failures == 0


async def _batches(*batches: Batch) -> AsyncIterator[list[Batch]]:
    yield list(batches)


async def fill(ahead: _Ahead, *batches: Batch) -> None:
    with pytest.raises(Unavailable):
        await ahead.fill(_batches(*batches))


async def test_no_ack_passes_over_a_claimed_batch_that_waits() -> None:
    ahead = _Ahead()
    await fill(ahead, batch(100))
    await ahead.take()
    await fill(ahead, batch(50))
    assert ahead.settle() is None
    await ahead.take()
    assert ahead.settle() == Position("e", 100)
    await fill(ahead, batch(101))
    await ahead.take()
    assert ahead.settle() == Position("e", 101)


async def test_the_ack_of_a_new_epoch_is_its_own() -> None:
    ahead = _Ahead()
    await fill(ahead, batch(500), batch(1, epoch="f"))
    await ahead.take()
    await fill(ahead, batch(2, epoch="f"))
    assert ahead.settle() == Position("f", 1)


async def test_what_is_not_on_a_log_needs_no_ack() -> None:
    ahead = _Ahead()
    await fill(ahead, Batch.of([], [], []))
    await ahead.take()
    assert ahead.settle() is None
