"""How often something reports: robust against outages and bursts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.reporting_interval import BURST_MS, MIN_SILENCE_MS, STEPS, ReportingInterval, silence_ms


def reported(*steps_ms: int) -> ReportingInterval:
    interval = ReportingInterval(0)
    now_ms = 0
    for step_ms in steps_ms:
        now_ms += step_ms
        interval.report(now_ms)
    return interval


@pytest.mark.parametrize(
    ("steps_ms", "interval_ms"),
    [
        ((), None),
        ((10_000, 10_000), None),
        ((10_000,) * 3, 10_000),
        ((10_000,) * 50, 10_000),
        ((10_000,) * 8 + (3_600_000,), 10_000),
        ((3_600_000,) + (10_000,) * 8, 10_000),
        ((2_000, 2_000, 56_000) * 4, 56_000),
        ((10, 20, 30, 59_940) * 9, 60_000),
        ((60_000,) * 9 + (10_000,) * 8, 10_000),
        ((100,) * 100, BURST_MS),
    ],
)
def test_the_interval(steps_ms: tuple[int, ...], interval_ms: int | None) -> None:
    assert reported(*steps_ms).interval_ms == interval_ms


def test_it_is_due_three_intervals_after_its_last_report() -> None:
    assert reported(20_000, 20_000).due_ms() is None
    assert reported(20_000, 20_000, 20_000).due_ms() == 60_000 + 60_000
    assert reported(2_000, 2_000, 2_000).due_ms() == 6_000 + MIN_SILENCE_MS
    assert silence_ms(0.5) == MIN_SILENCE_MS


@given(st.integers(BURST_MS, 10**8), st.integers(3, 3 * STEPS), st.integers(0, 10**9))
def test_one_outage_makes_no_difference(step_ms: int, steps: int, outage_ms: int) -> None:
    before = reported(*[step_ms] * steps)
    after = reported(*[step_ms] * steps, step_ms + outage_ms)
    assert after.interval_ms == before.interval_ms


@given(st.lists(st.integers(BURST_MS, 10**8), min_size=3, max_size=30))
def test_the_interval_is_one_that_was_seen(steps_ms: list[int]) -> None:
    interval_ms = reported(*steps_ms).interval_ms
    assert interval_ms is not None
    assert any(abs(interval_ms - step_ms) <= step_ms * 1e-6 + 1 for step_ms in steps_ms[-STEPS:])
