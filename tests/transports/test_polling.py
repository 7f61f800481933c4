"""What only `/api/events` has: waiting, limits, and nothing left behind by who goes away."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from hub.events import Batch, Position, encode_event
from hub.protocol import events, gap, heartbeat, reply
from hub.transports.mailbox import Mailbox
from tests.running import BROKERLESS, DEADLINE_S, Running, running, settings_for, token, until

SIGNED = {"Authorization": f"Bearer {token()}"}


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Running]:
    async with running(settings_for(tmp_path, roles=BROKERLESS)) as found:
        yield found


@pytest.fixture
async def http(hub: Running) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=hub.origin, timeout=DEADLINE_S + 60, headers=SIGNED) as client:
        yield client


async def append(hub: Running, *topics: str, n: int) -> None:
    pieces = [encode_event(topic, 1, {"n": n}) for topic in topics]
    await hub.hub.engine.publish(Batch.of(topics, [1] * len(topics), pieces))


async def ask(http: httpx.AsyncClient, **query: Any) -> Any:
    answer = await http.get("/api/events", params={"filter": "note/#", **query})
    assert answer.status_code == 200, answer.text
    return answer.json()


def numbers(answer: Any) -> list[int]:
    return [event["data"]["n"] for event in answer["events"]]


async def test_without_since_it_begins_now(hub: Running, http: httpx.AsyncClient) -> None:
    await append(hub, "note/ops", n=1)
    await until(lambda: hub.hub.node.position.offset == 1)
    assert await ask(http, wait=60) == {"position": str(hub.hub.node.position), "events": []}


async def test_it_waits_for_an_event_and_no_longer(hub: Running, http: httpx.AsyncClient) -> None:
    position = (await ask(http))["position"]
    waiting = asyncio.create_task(ask(http, since=position, wait=60))
    await until(lambda: bool(hub.hub.node.sessions))
    await append(hub, "other", n=1)
    await append(hub, "note/ops", n=2)
    answer = await waiting
    assert numbers(answer) == [2]
    assert answer["position"] == str(hub.hub.node.position)
    assert not hub.hub.node.sessions


async def test_nothing_in_time_is_an_answer_too(hub: Running, http: httpx.AsyncClient) -> None:
    position = (await ask(http))["position"]
    await append(hub, "other", n=1)
    await until(lambda: hub.hub.node.position.offset == 1)
    answer = await ask(http, since=position, wait=1)
    assert answer == {"position": str(hub.hub.node.position), "recovered": True, "events": []}


async def test_a_limit_cuts_between_batches_and_nothing_is_missed(hub: Running, http: httpx.AsyncClient) -> None:
    position = (await ask(http))["position"]
    for n in range(20):
        await append(hub, "note/ops", "note/all", n=n)
    await until(lambda: hub.hub.node.position.offset == 20)
    seen: list[int] = []
    while position != str(hub.hub.node.position):
        answer = await ask(http, since=position, limit=5)
        assert 0 < len(answer["events"]) <= 6
        seen += numbers(answer)
        position = answer["position"]
    assert seen == [n for n in range(20) for _ in range(2)]


@pytest.mark.parametrize("query", [{"limit": 0}, {"limit": 10_001}, {"wait": 61}, {"wait": -1}, {"filter": []}])
async def test_what_is_out_of_bounds(http: httpx.AsyncClient, query: dict[str, Any]) -> None:
    answer = await http.get("/api/events", params={"filter": "a", **query})
    assert (answer.status_code, answer.json()["error"]["name"]) == (400, "bad_request")


async def test_who_goes_away_is_not_waited_for(hub: Running, http: httpx.AsyncClient) -> None:
    position = (await ask(http))["position"]
    waiting = asyncio.create_task(ask(http, since=position, wait=60))
    await until(lambda: bool(hub.hub.node.sessions))
    waiting.cancel()
    await until(lambda: not hub.hub.node.sessions)


async def test_publishing_needs_a_page_of_this_origin(http: httpx.AsyncClient) -> None:
    said = {"topic": "chat/ops", "data": {"text": "hello"}}
    cookie = {"Cookie": f"hub_token={token()}", "Authorization": "", "Origin": "https://evil.example"}
    assert (await http.post("/api/events", json=said, headers=cookie)).status_code == 403
    assert (await http.post("/api/events", json=said)).status_code == 200


def test_a_mailbox_tells_what_came() -> None:
    at, later = Position("k3v9", 1), Position("k3v9", 2)
    mailbox = Mailbox()
    mailbox.write(reply(1, {"position": str(at), "recovered": True}))
    mailbox.write(events(at, b""))
    assert not mailbox.filled.is_set()
    mailbox.write(heartbeat(later, 0))
    assert mailbox.answer() == b'{"position":"k3v9-2","recovered":true,"events":[]}'
    mailbox.write(events(later, b'{"a":1}'))
    assert mailbox.waiting_bytes() == 7
    mailbox.write(gap(later))
    mailbox.write(events(later, b'{"b":2}', snapshot=True))
    assert mailbox.filled.is_set()
    assert mailbox.answer() == b'{"position":"k3v9-2","recovered":false,"snapshot":true,"events":[{"b":2}]}'
