import asyncio

import pytest

from hub.mqtt.base import Message
from hub.mqtt.inbox import Inbox


def some(*payloads: bytes) -> list[Message]:
    return [Message("t", payload, 1, retain=False, duplicate=False, packet_id=1) for payload in payloads]


async def test_reads_that_wait_become_one_delivery() -> None:
    inbox = Inbox()
    assert inbox.begin(resumed=True) == 1
    inbox.put(some(b"1"), 10)
    inbox.put(some(b"2", b"3"), 10)
    delivery = await anext(inbox.deliveries())
    assert [message.payload for message in delivery.messages] == [b"1", b"2", b"3"]
    assert (delivery.connection, delivery.resumed) == (1, True)


async def test_connections_are_never_mixed_and_the_older_comes_first() -> None:
    inbox = Inbox()
    inbox.begin(resumed=False)
    inbox.put(some(b"1"), 10)
    inbox.begin(resumed=True)
    inbox.put(some(b"2"), 10)
    deliveries = inbox.deliveries()
    found = [await anext(deliveries) for _ in range(2)]
    assert [(d.connection, d.resumed, d.messages[0].payload) for d in found] == [(1, False, b"1"), (2, True, b"2")]


async def test_a_consumer_that_waits_is_woken() -> None:
    inbox = Inbox()
    inbox.begin(resumed=False)
    waiting = asyncio.ensure_future(anext(inbox.deliveries()))
    await asyncio.sleep(0)
    inbox.put(some(b"1"), 10)
    assert len((await waiting).messages) == 1


@pytest.mark.parametrize("limits", [{"max_messages": 2}, {"max_bytes": 20}], ids=["messages", "bytes"])
async def test_it_is_full_by_messages_or_by_bytes_and_says_when_there_is_room(limits: dict[str, int]) -> None:
    inbox = Inbox(**limits)
    room: list[bool] = []
    inbox.when_room = lambda: room.append(inbox.full)
    inbox.begin(resumed=False)
    deliveries = inbox.deliveries()
    inbox.put(some(b"1"), 10)
    full = [inbox.full]
    await anext(deliveries)
    inbox.put(some(b"1", b"2"), 20)
    full.append(inbox.full)
    assert room == []
    await anext(deliveries)
    assert (full, room) == ([False, True], [False])


async def test_there_is_room_only_when_enough_was_taken() -> None:
    inbox = Inbox(max_messages=2)
    inbox.begin(resumed=False)
    inbox.put(some(b"1"), 1)
    inbox.begin(resumed=False)
    inbox.put(some(b"2", b"3"), 1)
    deliveries = inbox.deliveries()
    full = []
    for _ in range(2):
        await anext(deliveries)
        full.append(inbox.full)
    assert full == [True, False]
