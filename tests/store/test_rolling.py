"""The task that keeps rollups: in steps until nothing is due, and on after whatever fails."""

import pytest

from hub.errors import Unavailable
from hub.store import rolling
from hub.store.rolling import Rolling
from tests.store.patience import until


async def nothing() -> None:
    """What comes first here."""


class Steps:
    def __init__(self, *results: int | Exception) -> None:
        self._left = list(results)

    async def step(self) -> int:
        result = self._left.pop(0) if self._left else 0
        if isinstance(result, Exception):
            raise result
        return result


async def test_steps_until_nothing_is_due() -> None:
    kept = Rolling(Steps(3, 2, 0, 1).step, first=nothing, name="test")
    assert await kept.roll() == 5
    assert await kept.roll() == 1
    assert kept.done == 6
    await kept.end()


async def test_after_a_failure_it_is_tried_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(rolling, "ROLL_S", 0.001)
    kept = Rolling(Steps(Unavailable("It is away."), ValueError("odd"), 4).step, first=nothing, name="test")
    kept.begin()
    kept.begin()
    await until(lambda: kept.done == 4)
    await kept.end()
    assert kept.failures == 2
    assert "It is away." in caplog.text
    assert "ValueError: odd" in caplog.text
