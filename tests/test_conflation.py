import math
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub import conflation as conflation_module
from hub.conflation import Conflation, Taken
from hub.events import decode_event, encode_event
from hub.merging import merge

MARK = "k3v9-1"


def telemetry(device: str, time: int = 0, **data: object) -> bytes:
    return encode_event(f"telemetry/{device}", time, data)


def other(topic: str, number: int = 0) -> bytes:
    return encode_event(topic, number, {"number": number})


def conflation(limit_bytes: int = 1_000_000) -> Conflation[str]:
    return Conflation(limit_bytes=limit_bytes)


def add(waiting: Conflation[str], *pieces: bytes, now_ms: float = 0, interval_ms: float | None = 0) -> None:
    for piece in pieces:
        waiting.add(piece, now_ms=now_ms, mark=MARK, interval_ms=interval_ms)


# A slow session: everything is due at once, whatever waits for the same topic is merged.


def test_nothing_waits_at_first() -> None:
    waiting = conflation()
    assert (len(waiting), waiting.since, waiting.due_ms, waiting.over) == (0, None, None, False)
    assert waiting.take(0) == Taken([], 0)
    assert str(waiting.backlog(0)) == "0 bytes wait in 0 events"


def test_an_event_alone_stays_as_it_is() -> None:
    waiting = conflation()
    pieces = [telemetry("a", t=1), other("alarm/a/hot"), telemetry("b", t=2)]
    waiting.add_all(pieces, now_ms=5, mark=MARK)
    assert (len(waiting), waiting.size_bytes, waiting.due_ms) == (3, sum(map(len, pieces)), 5)
    assert waiting.take(5) == Taken(pieces, 0)
    assert (len(waiting), waiting.size_bytes, waiting.merged) == (0, 0, 0)


def test_telemetry_of_a_topic_is_one_event_where_its_first_was() -> None:
    waiting = conflation()
    waiting.add_all([telemetry("a", 1, t=1), other("chat/ops"), telemetry("a", 2, t=3)], now_ms=0, mark=MARK)
    taken = waiting.take(0)
    assert taken.conflated == 2
    assert taken.pieces == [merge([telemetry("a", 1, t=1), telemetry("a", 2, t=3)]).encode(), other("chat/ops")]
    assert waiting.merged == 1


@pytest.mark.parametrize("count", [8, 9, 10, 30])
def test_long_waits_are_merged_on_the_way(count: int) -> None:
    waiting = conflation()
    pieces = [telemetry("a", n, t=n) for n in range(count)]
    add(waiting, *pieces)
    assert waiting.size_bytes < 9 * 60
    assert waiting.take(0) == Taken([merge(pieces).encode()], count)
    assert waiting.size_bytes == 0


def test_what_came_merged_is_counted_and_merged_again() -> None:
    first = merge([telemetry("a", 1, t=9), telemetry("a", 2, t=1)]).encode()
    waiting = conflation()
    add(waiting, first)
    assert waiting.take(0) == Taken([first], 2)
    add(waiting, first, telemetry("a", 3, t=4))
    taken = waiting.take(0)
    assert taken.conflated == 3
    assert decode_event(taken.pieces[0])["conflated"] == {"count": 3, "from": 1, "min": {"t": 1}, "max": {"t": 9}}


def test_a_frame_has_so_many_bytes_or_one_event() -> None:
    waiting = conflation()
    pieces = [other(f"alarm/a/{n}") for n in range(3)]
    add(waiting, *pieces)
    size = len(pieces[0])
    assert waiting.take(0, max_bytes=1).pieces == pieces[:1]
    assert waiting.take(0, max_bytes=2 * size).pieces == pieces[1:2]
    add(waiting, pieces[0])
    assert waiting.take(0, max_bytes=2 * size + 1).pieces == [pieces[2], pieces[0]]


def test_the_mark_is_that_of_the_oldest_that_waits() -> None:
    waiting = conflation()
    waiting.add(telemetry("a"), now_ms=0, mark="1")
    waiting.add(other("chat/ops"), now_ms=1, mark="2")
    waiting.add(telemetry("a"), now_ms=2, mark="3")
    assert waiting.since == "1"
    waiting.take(2, max_bytes=1)
    assert waiting.since == "2"
    waiting.take(2, max_bytes=1)
    assert waiting.since is None


def test_too_much_says_how_much_and_since_when() -> None:
    waiting = conflation(limit_bytes=100)
    add(waiting, telemetry("kitchen", t=1), now_ms=1_000)
    over = [waiting.over]
    add(waiting, other("chat/ops"), now_ms=2_000)
    over.append(waiting.over)
    assert over == [False, True]
    size = len(telemetry("kitchen", t=1)) + len(other("chat/ops"))
    expected = f"{size} bytes wait in 2 events, the oldest for 2310 ms on telemetry/kitchen"
    assert str(waiting.backlog(3_310)) == expected


# An audience under max_rate: an interval per topic.


def test_the_first_goes_at_once_and_the_last_in_its_time() -> None:
    waiting = conflation()
    add(waiting, telemetry("a", 1, t=1), now_ms=0, interval_ms=100)
    assert waiting.take(0) == Taken([telemetry("a", 1, t=1)], 0)
    add(waiting, telemetry("a", 2, t=2), now_ms=30, interval_ms=100)
    add(waiting, telemetry("a", 3, t=0), now_ms=60, interval_ms=100)
    assert waiting.due_ms == 100
    assert waiting.take(99) == Taken([], 0)
    taken = waiting.take(100)
    assert taken.conflated == 2
    assert decode_event(taken.pieces[0])["data"] == {"t": 0}
    add(waiting, telemetry("a", 4, t=4), now_ms=500, interval_ms=100)
    assert waiting.take(500) == Taken([telemetry("a", 4, t=4)], 0)
    assert waiting.early == 0


def test_topics_have_their_own_times() -> None:
    waiting = conflation()
    add(waiting, telemetry("a"), now_ms=0, interval_ms=100)
    waiting.take(0)
    add(waiting, telemetry("b"), now_ms=50, interval_ms=100)
    waiting.take(50)
    add(waiting, telemetry("b"), telemetry("a"), other("chat/ops"), now_ms=60, interval_ms=100)
    assert waiting.take(60).pieces == [other("chat/ops")]
    assert waiting.take(100).pieces == [telemetry("a")]
    assert waiting.due_ms == 150
    assert waiting.take(150).pieces == [telemetry("b")]


def test_the_shortest_interval_decides() -> None:
    waiting = conflation()
    add(waiting, telemetry("a"), interval_ms=100)
    waiting.take(0)
    add(waiting, telemetry("a", 1), now_ms=10, interval_ms=100)
    add(waiting, telemetry("a", 2), now_ms=20, interval_ms=50)
    add(waiting, telemetry("a", 3), now_ms=30, interval_ms=100)
    assert waiting.due_ms == 50
    assert waiting.take(50).conflated == 3
    assert len(waiting) == 0
    assert waiting.take(math.inf).pieces == []


def test_an_event_without_limit_takes_what_waits_with_it() -> None:
    waiting = conflation()
    add(waiting, telemetry("a"), interval_ms=100)
    waiting.take(0)
    add(waiting, telemetry("a", 1, t=1), now_ms=10, interval_ms=100)
    add(waiting, telemetry("a", 2, t=2), telemetry("a", 3, t=3), now_ms=20, interval_ms=None)
    add(waiting, telemetry("a", 4, t=4), now_ms=20, interval_ms=100)
    first, second = waiting.take(20).pieces
    assert first == merge([telemetry("a", 1, t=1), telemetry("a", 2, t=2)]).encode()
    assert second == telemetry("a", 3, t=3)
    assert waiting.take(120).pieces == [telemetry("a", 4, t=4)]


def test_everything_goes_when_asked() -> None:
    waiting = conflation()
    for now_ms in (0, 10):
        add(waiting, telemetry("a"), now_ms=now_ms, interval_ms=100)
        waiting.take(0)
    assert waiting.take(10, everything=True).pieces == [telemetry("a")]
    assert waiting.early == 0


def test_too_much_goes_early() -> None:
    waiting = conflation(limit_bytes=2 * len(telemetry("a")))
    devices = ["a", "b", "c", "d"]
    add(waiting, *map(telemetry, devices), interval_ms=100)
    waiting.take(0)
    for now_ms, device in enumerate(devices):
        add(waiting, telemetry(device), now_ms=now_ms, interval_ms=100)
    assert waiting.due_ms == -math.inf
    assert waiting.take(4).pieces == [telemetry("a"), telemetry("b")]
    assert (waiting.early, waiting.due_ms) == (2, 100)
    assert waiting.take(100).pieces == [telemetry("c"), telemetry("d")]


def test_times_of_sending_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conflation_module, "_SWEEP_TOPICS", 10)
    waiting = conflation()
    for second in range(40):
        add(waiting, *[telemetry(f"{second}-{n}") for n in range(2)], now_ms=second * 1000, interval_ms=10_000)
        waiting.take(second * 1000)
    assert len(waiting._sent_ms) <= 2 * 2 * 10 + 2


# Properties.

DEVICES = st.sampled_from(["a", "b"])
VALUES = st.one_of(st.integers(-5, 5), st.sampled_from([1.5, "x", True]))
TELEMETRY = st.builds(
    lambda device, time, data: encode_event(f"telemetry/{device}", time, data),
    DEVICES,
    st.integers(0, 9),
    st.dictionaries(st.sampled_from("tu"), VALUES, min_size=1),
)
OTHERS = st.builds(other, st.sampled_from(["chat/ops", "alarm/a/hot", "command/a"]), st.integers(0, 99))
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.one_of(TELEMETRY, TELEMETRY, OTHERS)),
        st.tuples(st.just("take"), st.integers(1, 400)),
    ),
    max_size=60,
)


def topic(piece: bytes) -> str:
    return str(decode_event(piece)["topic"])


def is_telemetry(piece: bytes) -> bool:
    return topic(piece).startswith("telemetry/")


def counted(piece: bytes) -> int:
    event: dict[str, Any] = decode_event(piece)
    return int(event.get("conflated", {}).get("count", 1))


def check(added: list[bytes], taken: list[bytes]) -> None:
    """Nothing that is not telemetry is lost or moved; of telemetry each event went into one, in order per topic."""
    assert [piece for piece in taken if not is_telemetry(piece)] == [
        piece for piece in added if not is_telemetry(piece)
    ]
    for device in ("telemetry/a", "telemetry/b"):
        of_device = iter([piece for piece in added if topic(piece) == device])
        for piece in taken:
            if topic(piece) == device:
                parts = [next(of_device) for _ in range(counted(piece))]
                assert piece == (parts[0] if len(parts) == 1 else merge(parts).encode())
        assert list(of_device) == []


@given(STEPS)
def test_a_slow_session_loses_no_last_value_no_extreme_and_nothing_else(steps: list[tuple[str, Any]]) -> None:
    waiting = conflation()
    added: list[bytes] = []
    taken: list[bytes] = []
    for now_ms, (verb, what) in enumerate(steps):
        if verb == "add":
            waiting.add(what, now_ms=now_ms, mark=MARK)
            added.append(what)
        else:
            some = waiting.take(now_ms, max_bytes=what)
            assert len(some.pieces) <= 1 or len(b",".join(some.pieces)) <= what
            assert some.conflated == sum(n for n in map(counted, some.pieces) if n > 1)
            taken += some.pieces
    taken += waiting.take(len(steps)).pieces
    check(added, taken)
    assert (len(waiting), waiting.size_bytes) == (0, 0)


@given(st.lists(st.tuples(st.integers(0, 60), st.sampled_from([100, 100, 100, 40]), st.one_of(TELEMETRY, OTHERS))))
def test_a_rate_is_kept_and_nothing_is_lost(steps: list[tuple[int, int, bytes]]) -> None:
    waiting = conflation()
    now_ms, added = 0, [piece for _, _, piece in steps]
    taken: list[tuple[float, bytes]] = []
    for wait_ms, interval_ms, piece in steps:
        until_ms = now_ms + wait_ms
        while waiting.due_ms is not None and waiting.due_ms <= until_ms:
            at = max(now_ms, waiting.due_ms)
            taken += [(at, each) for each in waiting.take(at).pieces]
        now_ms = until_ms
        waiting.add(piece, now_ms=now_ms, mark=MARK, interval_ms=interval_ms)
    while waiting.due_ms is not None:
        at = max(now_ms, waiting.due_ms)
        taken += [(at, each) for each in waiting.take(at).pieces]
    check(added, [piece for _, piece in taken])
    for device in ("telemetry/a", "telemetry/b"):
        times = [at for at, piece in taken if topic(piece) == device]
        assert all(later - earlier >= 40 for earlier, later in pairwise(times))
