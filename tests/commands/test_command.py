from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.commands.command import ANSWER_S, FIRST, IN_DOUBT_S, NEXT, Command, Expectation, State, command_of
from hub.commands.ledger import Ledger, fold
from hub.errors import HubError

EXPECT = Expectation("POWER", "eq", "ON", 5)
ASKED = Command(id="0m3k9x2pq1a7c", device="plug1", name="POWER", value="ON", by="anna", created=1000, expires=2000)


def chain(*states: State, **members: Any) -> Command:
    """A command that has gone through these states, a millisecond each."""
    now = Command(id="c1", device="d", name="n", by="anna", created=0, expires=9_000, time=1, **members)
    for number, state in enumerate(states, 2):
        now = now.step(state, now_ms=number, **({"sent": number} if state is State.SENT else {}))
    return now


def event(command: Command) -> dict[str, Any]:
    return {"topic": command.topic, "time": command.time, "data": command.shown()}


@pytest.mark.parametrize("state", list(State))
def test_only_the_states_that_may_follow_do(state: State) -> None:
    now = Command(id="c", device="d", name="n", by="anna", created=0, expires=1, state=state)
    for after in State:
        if after in NEXT[state]:
            assert now.step(after, now_ms=5).follows(now)
        else:
            with pytest.raises(HubError, match=f"is {state.value}"):
                now.step(after, now_ms=5)


def test_a_step_shows_what_it_says_and_is_read_again() -> None:
    full = chain(State.SENDING, State.SENT, expect=EXPECT, value={"a": [1]}, idempotent=True, bulk="b", at=7)
    full = full.step(State.OBSERVED, now_ms=9, evidence=full.proved(observed={"position": "e-1"}), reason="x")
    assert command_of(full.topic, full.shown()) == full
    shown = ASKED.shown()
    assert shown == {
        "id": "0m3k9x2pq1a7c", "device": "plug1", "state": "queued", "name": "POWER", "value": "ON", "by": "anna",
        "created": 1000, "expires": 2000, "version": 1,
    }  # fmt: skip
    assert command_of(ASKED.topic, shown) == ASKED
    assert chain(value=False).shown()["value"] is False


@pytest.mark.parametrize(
    "change",
    [
        {"version": "1"},
        {"state": "flying"},
        {"state": None},
        {"expect": {"what": 1}},
        {"expect": {"key": "k", "op": "eq", "within_s": "5"}},
        {"expect": {"key": "k", "op": "eq", "within_s": True}},
        {"expect": 1},
        {"id": "other"},
        {"idempotent": 1},
    ],
)
def test_what_is_no_step_is_none(change: dict[str, Any]) -> None:
    assert command_of(ASKED.topic, {**ASKED.shown(), **change}) is None


def test_what_lacks_a_member_or_is_no_object_is_none() -> None:
    assert command_of(ASKED.topic, "text") is None
    assert command_of(ASKED.topic, {"id": ASKED.id, "device": "plug1", "state": "queued"}) is None


def test_something_may_still_come_until_a_state_that_is_the_last() -> None:
    sent = chain(State.SENDING, State.SENT)
    assert sent.is_open(sent.sent + ANSWER_S * 1000 - 1)
    assert not sent.is_open(sent.sent + ANSWER_S * 1000)
    assert chain(State.SENDING, State.SENT, expect=EXPECT).is_open(10**9)
    assert not chain(State.SENDING, State.SENT, State.ANSWERED).is_open(0)
    assert chain(State.SENDING, State.SENT, State.ANSWERED, expect=EXPECT).is_open(0)
    assert chain().is_open(0)
    assert not chain(State.EXPIRED).is_open(0)


def test_each_state_has_its_deadline_and_what_comes_of_it() -> None:
    assert chain().deadline() == 9_000
    assert chain().overdue(9_000).state is State.EXPIRED
    waiting = chain(state=State.WAITING)
    assert waiting.overdue(9_000).reason == "nobody approved it in time"
    sending = chain(State.SENDING)
    assert sending.deadline() == 2 + IN_DOUBT_S * 1000
    assert sending.overdue(8_000).reason.startswith("outcome unknown")
    again = chain(State.SENDING, idempotent=True)
    assert again.overdue(8_000).state is State.QUEUED
    assert again.overdue(9_000).state is State.FAILED
    sent = chain(State.SENDING, State.SENT, expect=EXPECT)
    assert sent.deadline() == 3 + 5_000
    assert sent.overdue(6_000).reason == "no effect seen in 5 s"
    assert chain(State.SENDING, State.SENT).deadline() is None
    assert chain(State.SENDING, State.SENT).overdue(10).reason == f"no effect seen in {ANSWER_S} s"
    assert chain(State.EXPIRED).deadline() is None


STEPS = st.lists(st.tuples(st.sampled_from(list(State)), st.integers(1, 6)), max_size=25)


@given(st.sampled_from(sorted(FIRST, key=str)), STEPS)
def test_whatever_is_on_the_log_a_command_goes_one_way_and_is_sent_at_most_once(
    first: State, others: list[tuple[State, int]]
) -> None:
    """Steps of any state and version, as several processes might write them at once."""
    ledger = Ledger()
    begun = Command(id="c", device="d", name="n", by="anna", created=0, expires=9, state=first)
    events = [event(begun)]
    for state, version in others:
        shown = {**begun.shown(), "state": state.value, "version": version, "runner": f"r{version}"}
        events.append({"topic": begun.topic, "time": 0, "data": shown})
    held = [ledger.take(each["topic"], each["data"], now_ms=0) for each in events]
    taken = [each for each in held if each is not None]
    assert [each.version for each in taken] == list(range(1, len(taken) + 1))
    for before, after in pairwise(taken):
        assert after.state in NEXT[before.state]
    # Each time that it was sent, but the last, it went back to the queue first.
    states = [each.state for each in taken]
    assert states.count(State.SENDING) <= states.count(State.QUEUED)
    assert fold(events) == taken[-1] == ledger.get("c")
    assert ledger.ignored == len(events) - len(taken)
