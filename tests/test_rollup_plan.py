import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.rollup_plan import DAY, FIVE_MINUTES, HOUR, LEVELS, MINUTE, RAW, UNITS_MS, Span, plan, spans

SECOND, MIN, FIVE, H, D = 1_000, *UNITS_MS[1:]
T0 = 20_000 * D


@pytest.mark.parametrize(
    ("length", "points", "expected"),
    [
        (30 * D, 1000, (HOUR, H, 720)),
        (D, 500, (FIVE_MINUTES, FIVE, 288)),
        (D, 1000, (MINUTE, 2 * MIN, 720)),
        (H, 1000, (RAW, 3_600, 1000)),
        (8 * H, 500, (MINUTE, MIN, 480)),
        (3 * 365 * D, 1000, (DAY, 2 * D, 548)),
        (3 * 365 * D, 1, (DAY, 3 * 365 * D, 1)),
        (10, 1000, (RAW, 1, 10)),
    ],
)
def test_as_coarse_as_the_width_of_the_answer_allows(length: int, points: int, expected: tuple[int, ...]) -> None:
    found = plan(T0, T0 + length, points)
    assert (found.level, found.width, found.count) == expected
    assert found.origin == T0


def test_what_is_kept_no_more_is_read_coarser() -> None:
    assert plan(T0, T0 + H, 1000, since={RAW: T0 + 1}).level == MINUTE
    assert plan(T0, T0 + H, 1000, since={RAW: T0}).level == RAW
    assert plan(T0, T0 + H, 1000, since={RAW: T0 + 1, MINUTE: T0 + 1}).level == FIVE_MINUTES
    assert plan(T0 + 1, T0 + H, 1000, since={RAW: T0 + H}).start == T0
    nothing = plan(T0, T0 + H, 1000, since=dict.fromkeys((RAW, *LEVELS), T0 + 1))
    assert (nothing.level, nothing.count) == (DAY, 1)


@given(st.integers(0, 3 * D), st.integers(1, 400 * D), st.integers(1, 2000))
def test_slots_hold_the_whole_range(start: int, length: int, points: int) -> None:
    found = plan(start, start + length, points)
    assert 1 <= found.count <= points
    assert found.slot(start) == 0
    assert found.slot(start + length - 1) == found.count - 1
    assert found.width % UNITS_MS[found.level] == 0
    assert found.origin % UNITS_MS[found.level] == 0


def test_whole_stretches_coarse_and_the_edges_fine() -> None:
    assert spans(HOUR, T0 + H - MIN - 1, T0 + 3 * H + 1, {}) == [
        Span(RAW, T0 + H - MIN - 1, T0 + H - MIN),
        Span(MINUTE, T0 + H - MIN, T0 + H),
        Span(HOUR, T0 + H, T0 + 3 * H),
        Span(RAW, T0 + 3 * H, T0 + 3 * H + 1),
    ]


def test_stretches_that_follow_each_other_are_read_as_one() -> None:
    assert spans(MINUTE, T0, T0 + 4 * MIN, {MINUTE: [T0 + 2 * MIN, T0 + MIN]}) == [
        Span(MINUTE, T0, T0 + MIN),
        Span(RAW, T0 + MIN, T0 + 3 * MIN),
        Span(MINUTE, T0 + 3 * MIN, T0 + 4 * MIN),
    ]


def test_what_does_not_hold_is_read_finer() -> None:
    assert spans(HOUR, T0, T0 + 3 * H, {MINUTE: [T0 + H], HOUR: []}) == [
        Span(HOUR, T0, T0 + H),
        Span(RAW, T0 + H, T0 + H + MIN),
        Span(MINUTE, T0 + H + MIN, T0 + H + FIVE),
        Span(FIVE_MINUTES, T0 + H + FIVE, T0 + 2 * H),
        Span(HOUR, T0 + 2 * H, T0 + 3 * H),
    ]
    assert spans(DAY, T0, T0 + D, {HOUR: [T0 + 23 * H, T0]}) == [
        Span(FIVE_MINUTES, T0, T0 + H),
        Span(HOUR, T0 + H, T0 + 23 * H),
        Span(FIVE_MINUTES, T0 + 23 * H, T0 + D),
    ]


@given(
    st.sampled_from((RAW, *LEVELS)),
    st.integers(0, 3 * D),
    st.integers(0, 2 * D),
    st.tuples(st.lists(st.integers(0, 5 * D), max_size=8), st.lists(st.integers(0, 5 * D), max_size=4)),
)
def test_everything_once_and_nothing_stale(
    level: int, start: int, length: int, marked: tuple[list[int], list[int]]
) -> None:
    minutes, hours = marked
    stale = {MINUTE: [at // MIN * MIN for at in minutes], HOUR: [at // H * H for at in hours]}
    found = spans(level, start, start + length, stale)
    at = start
    for span in found:
        assert span.start == at < span.end
        assert span.start % UNITS_MS[span.level] == span.end % UNITS_MS[span.level] == 0
        for of, starts in stale.items():
            assert not any(span.start <= one < span.end for one in starts if 0 < span.level >= of)
        at = span.end
    assert at == start + length
