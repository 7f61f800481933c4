import pytest

from hub.commands import ledger as module
from hub.commands.command import ANSWER_S, Command, State
from hub.commands.ledger import Ledger, fold


def asked(number: int) -> Command:
    return Command(id=f"c{number}", device="d", name="n", by="anna", created=0, expires=100)


def test_commands_are_open_until_their_last_step() -> None:
    ledger = Ledger()
    one = asked(1)
    assert ledger.take(one.topic, one.shown(), now_ms=0) == one
    assert ledger.take("command/d/other", one.shown(), now_ms=0) is None
    assert (len(ledger), ledger.open(), ledger.ignored) == (1, [one], 1)
    assert (ledger.open_of("d"), ledger.open_of("other")) == ([one], [])
    ended = one.step(State.EXPIRED, now_ms=5)
    ledger.restore([{"topic": one.topic, "data": ended.shown()}], now_ms=0)
    assert (len(ledger), ledger.known(), ledger.get("c1")) == (0, [ended], ended)
    assert ledger.open_of("d") == []
    assert ledger.steps == {"queued": 1}
    assert ledger.get("nothing") is None


def test_open_commands_are_known_by_their_device() -> None:
    ledger = Ledger()
    one, two = asked(1), asked(2)
    ledger.restore([{"topic": each.topic, "data": each.shown()} for each in (one, two)], now_ms=0)
    assert ledger.open_of("d") == [one, two]
    ended = one.step(State.EXPIRED, now_ms=5)
    ledger.take(ended.topic, ended.shown(), now_ms=5)
    assert ledger.open_of("d") == [two]


def test_what_closes_by_itself_is_put_away() -> None:
    ledger = Ledger()
    sent = asked(1).step(State.SENDING, now_ms=1).step(State.SENT, now_ms=2, sent=2)
    ledger.take(sent.topic, sent.shown(), now_ms=3)
    ledger.settle(3)
    assert len(ledger) == 1
    ledger.settle(2 + ANSWER_S * 1000)
    assert (len(ledger), ledger.known()) == (0, [sent])


def test_the_oldest_finished_ones_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_CLOSED", 2)
    ledger = Ledger()
    for number in range(3):
        ended = asked(number).step(State.EXPIRED, now_ms=5)
        ledger.take(ended.topic, ended.shown(), now_ms=5)
    assert ([each.id for each in ledger.known()], ledger.forgotten) == (["c1", "c2"], 1)


def test_steps_without_a_command_make_none() -> None:
    one = asked(1)
    assert fold([{"topic": one.topic, "data": one.shown()}]) == one
    assert fold([]) is None
    assert fold([{"topic": "command/d/c1", "data": {}}]) is None
