import asyncio

import pytest

from hub.engine.intake import Intake, Waiting
from hub.errors import Unavailable
from hub.events import Position
from tests.engine.places import batch, number


class Log:
    """Takes what an intake puts, and no more."""

    def __init__(self, *, max_bytes: int) -> None:
        self.intake = Intake(self.taken_append, max_bytes=max_bytes)
        self.taken: list[Waiting] = []

    def taken_append(self, waiting: Waiting) -> None:
        self.taken.append(waiting)

    def numbers(self) -> list[int]:
        return [number(waiting.batch) for waiting in self.taken]

    async def publishing(self, count: int, *, timeout_s: float | None = None) -> list[asyncio.Task[Position]]:
        tasks = [asyncio.create_task(self.intake.publish(batch(i), timeout_s=timeout_s)) for i in range(count)]
        await asyncio.sleep(0)
        return tasks


async def test_it_hands_on_no_more_than_its_bound_and_in_order() -> None:
    log = Log(max_bytes=2000)
    tasks = await log.publishing(7)
    assert log.numbers() == [0, 1, 2]
    assert log.intake.waiting_bytes <= 2000
    for i in range(7):
        log.intake.confirm(log.taken[i], Position("e", i + 1))
    assert [(await task).offset for task in tasks] == [1, 2, 3, 4, 5, 6, 7]
    assert log.numbers() == list(range(7))
    assert log.intake.waiting_bytes == 0


async def test_a_batch_over_the_bound_goes_alone() -> None:
    log = Log(max_bytes=1)
    tasks = await log.publishing(2)
    assert log.numbers() == [0]
    for i in range(2):
        log.intake.confirm(log.taken[i], Position("e", i + 1))
    await asyncio.gather(*tasks)


async def test_publishers_that_give_up_do_not_fill_the_memory() -> None:
    log = Log(max_bytes=2000)
    for _ in range(5):
        for task in await log.publishing(4, timeout_s=0):
            with pytest.raises(Unavailable):
                await task
    assert log.numbers() == [0, 1, 2]
    assert log.intake.waiting_bytes > 0
    for waiting in log.taken:
        log.intake.forget(waiting)
    assert log.intake.waiting_bytes == 0


async def test_a_confirmation_after_giving_up_is_no_failure() -> None:
    log = Log(max_bytes=2000)
    (task,) = await log.publishing(1, timeout_s=0)
    with pytest.raises(Unavailable):
        await task
    log.intake.confirm(log.taken[0], Position("e", 1))
    assert log.taken[0].batch.position == Position("e", 1)


async def test_closing_ends_the_line_and_refusing_what_was_taken() -> None:
    log = Log(max_bytes=1)
    tasks = await log.publishing(3)
    tasks[1].cancel()
    log.intake.close()
    log.intake.refuse(log.taken[0])
    for i in (0, 2):
        with pytest.raises(Unavailable):
            await tasks[i]
    with pytest.raises(Unavailable):
        await log.intake.publish(batch(1), timeout_s=None)
