import asyncio

import pytest

from hub.errors import Unavailable
from hub.mqtt.in_flight import MAX_PACKET_ID, InFlight


async def test_an_answer_settles_its_message() -> None:
    flight = InFlight(limit=10)
    (first, one), (second, two) = await flight.reserve(), await flight.reserve()
    assert (first, second) == (1, 2)
    flight.settle(second)
    flight.settle(first, refusal="no")
    await two
    with pytest.raises(Unavailable, match="no"):
        await one


async def test_an_id_is_taken_until_the_broker_has_answered() -> None:
    flight = InFlight(limit=MAX_PACKET_ID)
    first, answer = await flight.reserve()
    answer.cancel()
    for _ in range(MAX_PACKET_ID - 1):
        packet_id, _ = await flight.reserve()
        flight.settle(packet_id)
    assert packet_id == MAX_PACKET_ID
    assert (await flight.reserve())[0] == 2
    flight.settle(first)
    flight.settle(first)
    flight.lose("gone")


async def test_no_more_than_the_limit_are_in_flight() -> None:
    flight = InFlight(limit=1)
    first, _ = await flight.reserve()
    waiting = asyncio.ensure_future(flight.reserve())
    await asyncio.sleep(0)
    assert not waiting.done()
    flight.settle(first)
    second, _ = await waiting
    assert second == 2
    flight.settle(second)


async def test_a_lost_connection_ends_every_wait() -> None:
    flight = InFlight(limit=1)
    _, answer = await flight.reserve()
    waiting = [asyncio.ensure_future(flight.reserve()) for _ in range(3)]
    await asyncio.sleep(0)
    flight.lose("gone")
    with pytest.raises(Unavailable, match="gone"):
        await answer
    for wait in waiting:
        with pytest.raises(Unavailable, match="gone"):
            await wait
    with pytest.raises(Unavailable, match="gone"):
        await flight.reserve()
