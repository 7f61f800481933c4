"""Steps of commands, as the recorder's store has them: waiting to be folded, and folded."""

import pytest

from hub.commands.command import Command, State
from hub.commands.ledger import fold
from hub.events import Batch, Position, encode_event
from tests.store.places import Where, event_store, step_store


def batch(offset: int, *commands: Command) -> Batch:
    pieces = [encode_event(each.topic, each.time, each.shown()) for each in commands]
    made = Batch.of([each.topic for each in commands], [each.time for each in commands], pieces)
    made.position = Position("e", offset)
    return made


def asked(command_id: str, device: str = "plug1") -> Command:
    return Command(id=command_id, device=device, name="POWER", by="anna", created=1, expires=9, time=5)


@pytest.mark.parametrize("fold_s", [0.0, 100.0])
async def test_commands_are_found_with_their_steps_in_the_order_of_the_log(where: Where, fold_s: float) -> None:
    first, second, other = asked("0000000000001"), asked("0000000000002"), asked("0000000000003", "plug10")
    sending = first.step(State.SENDING, now_ms=4, runner="one")
    late = first.step(State.SENDING, now_ms=3, runner="two")
    async with event_store(where, fold_s=fold_s) as store, step_store(where) as steps:
        assert await steps.newest(limit=5) == []
        assert await steps.of_command(first.id) == ()
        await store.write([batch(1, first, second, other)])
        await store.write([batch(2, sending, late)])
        found = await steps.of_device("plug1", before=None, limit=5)
        assert [fold(each) for each in found] == [second, sending]
        assert [fold(each) for each in await steps.of_device("plug1", before=second.id, limit=5)] == [sending]
        assert [fold(each) for each in await steps.of_device("plug1", before=None, limit=1)] == [second]
        assert fold(await steps.of_command(other.id)) == other
        assert [len(each) for each in await steps.newest(limit=5)] == [3, 1, 1]
        assert [fold(each) for each in await steps.newest(limit=1)] == [other]
