import pytest

from hub.client.frames import Event
from hub.client.inbox import HARD_FACTOR, Batch, Inbox
from hub.errors import HubError


def batch(count: int, *, gap: bool = False) -> Batch:
    return Batch([Event("a", n, {}) for n in range(count)], gap=gap)


def drained(inbox: Inbox) -> list[tuple[int, bool]]:
    found = []
    while (each := inbox.take()) is not None:
        found.append((len(each.events), each.gap))
    return found


def test_batches_come_out_as_they_went_in() -> None:
    inbox = Inbox()
    woken: list[int] = []
    inbox.woken = lambda: woken.append(len(inbox))
    assert inbox.empty
    inbox.put(batch(2))
    inbox.put(batch(0, gap=True))
    assert (len(inbox), inbox.empty, inbox.gaps, woken) == (2, False, 1, [2, 2])
    assert drained(inbox) == [(2, False), (0, True)]
    assert (len(inbox), inbox.empty) == (0, True)


def test_a_full_one_makes_reading_wait_and_loses_nothing() -> None:
    inbox = Inbox(max_events=3)
    inbox.put(batch(2))
    assert not inbox.full()
    inbox.put(batch(2))
    assert inbox.full()
    assert not inbox.full(hard=True)
    inbox.put(batch(3 * HARD_FACTOR))
    assert inbox.full(hard=True)
    assert inbox.dropped_events == 0
    inbox.end()
    assert not inbox.full()


def test_the_oldest_go_where_that_was_chosen_but_one_batch_stays() -> None:
    inbox = Inbox(max_events=3, overflow="drop_oldest")
    inbox.put(batch(2))
    inbox.put(batch(2))
    assert (inbox.dropped_events, inbox.full(hard=True)) == (2, False)
    inbox.put(batch(9))
    assert (inbox.dropped_events, drained(inbox)) == (4, [(9, False)])


def test_the_word_of_a_gap_is_never_dropped() -> None:
    inbox = Inbox(max_events=3, overflow="drop_oldest")
    for each in (batch(1), batch(0, gap=True), batch(0, gap=True), batch(3), batch(2)):
        inbox.put(each)
    assert drained(inbox) == [(0, True), (2, False)]


def test_the_end_is_said_once_and_leaves_what_waits() -> None:
    inbox = Inbox()
    woken: list[bool] = []
    inbox.woken = lambda: woken.append(inbox.ended)
    inbox.put(batch(1))
    inbox.end(HubError("over"))
    inbox.end(HubError("again"))
    assert (str(inbox.error), woken, drained(inbox)) == ("over", [False, True], [(1, False)])


@pytest.mark.parametrize("overflow", ["pause", "drop_oldest"])
def test_an_empty_one_gives_nothing(overflow: str) -> None:
    assert Inbox(overflow="pause" if overflow == "pause" else "drop_oldest").take() is None
