"""Batches that a store has not."""

import pytest

from hub.events import Position
from hub.store.offsets import pass_over, without_telemetry
from tests.store.batches import batch, event


def test_what_is_behind_the_end_of_its_epoch_is_new() -> None:
    batches = [batch(2), batch(3), batch(1, epoch="f"), batch(3), batch(4)]
    new, moved = pass_over({"e": 2, "d": 9}, batches)
    assert new == [batches[1], batches[2], batches[4]]
    assert moved == {"e": 4, "f": 1}


def test_what_is_there_moves_nothing() -> None:
    assert pass_over({"e": 9}, [batch(2), batch(9)]) == ([], {})


def test_a_batch_that_is_not_on_the_log_is_refused() -> None:
    lost = batch(1)
    lost.position = None
    with pytest.raises(ValueError, match="no position"):
        pass_over({}, [lost])


def test_a_batch_without_the_values_of_devices() -> None:
    pieces = [event("telemetry/a", n=1), event("chat/ops", text="x"), event("telemetry/b", n=2), event("alarm/a/hot")]
    rest = without_telemetry(batch(7, *pieces))
    assert (rest.topics, rest.pieces(), rest.position) == (["chat/ops", "alarm/a/hot"], pieces[1::2], Position("e", 7))
    whole = batch(8, pieces[1])
    assert without_telemetry(whole) is whole
