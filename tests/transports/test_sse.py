"""What only event streams have: the head, ids, Last-Event-ID, answers that a browser understands as the end."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from hub.events import Batch, encode_event
from tests.running import BROKERLESS, DEADLINE_S, Running, running, settings_for, token
from tests.transports.feeds import SseFeed, by_sse

SIGNED = {"Authorization": f"Bearer {token()}"}


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Running]:
    async with running(settings_for(tmp_path, roles=BROKERLESS)) as found:
        yield found


@pytest.fixture
async def http(hub: Running) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=hub.origin, timeout=DEADLINE_S, headers=SIGNED) as client:
        yield client


async def append(hub: Running, topic: str, **data: object) -> None:
    await hub.hub.engine.publish(Batch.of([topic], [1], [encode_event(topic, 1, data)]))


async def test_the_head_passes_through_proxies_at_once(http: httpx.AsyncClient) -> None:
    async with http.stream("GET", "/events?filter=a") as response:
        assert response.headers["content-type"] == "text/event-stream"
        assert response.headers["x-accel-buffering"] == "no"
        assert "no-transform" in response.headers["cache-control"]
        assert response.headers["x-content-type-options"] == "nosniff"
        assert await anext(response.aiter_text()) == "retry: 1000\n:\n\n"


async def test_ids_are_positions(hub: Running) -> None:
    async with by_sse(hub, "note/#") as feed:
        assert isinstance(feed, SseFeed)
        # Who is cut off now, before the first event, comes back with this.
        assert feed.last_event_id == feed.reply["position"]
        await append(hub, "note/ops", n=1)
        await feed.receive()
        assert feed.last_event_id == feed.position == str(hub.hub.node.position)


async def test_a_reply_before_a_snapshot_is_nothing_to_come_back_with(hub: Running) -> None:
    async with by_sse(hub, "note/#", snapshot=True) as feed:
        assert isinstance(feed, SseFeed)
        assert feed.last_event_id == ""
        await feed.receive()
        assert feed.last_event_id == feed.position


async def test_last_event_id_wins_over_since(hub: Running) -> None:
    async with by_sse(hub, "note/#") as feed:
        first = feed.reply["position"]
        await append(hub, "note/ops", n=1)
        await append(hub, "note/ops", n=2)
        await feed.receive_until(lambda f: len(f.events) == 2)
    async with by_sse(hub, "note/#", since="lost-1", headers={**SIGNED, "Last-Event-ID": first}) as feed:
        assert feed.reply["recovered"] is True
        await feed.receive_until(lambda f: len(f.events) == 2)


async def test_a_stream_that_goes_on_while_more_begins(hub: Running) -> None:
    async with by_sse(hub, "note/ops") as feed:
        since = feed.reply["position"]
    await append(hub, "note/ops", n=1)
    await append(hub, "note/all", n=2)
    query = {"filter": "note/ops", "begin": "note/all", "snapshot": 1, "since": since}
    async with (
        httpx.AsyncClient(base_url=hub.origin, headers=SIGNED) as http,
        http.stream("GET", "/events", params=query) as response,
    ):
        both = SseFeed(http, response)
        await both.receive_until(lambda f: len(f.events) == 2)
        assert [frame["id"] for frame in both.frames if frame["type"] == "reply"] == [1, 2]
        assert [event["topic"] for event in both.events] == ["note/ops", "note/all"]


@pytest.mark.parametrize(
    ("bad", "last_event_id", "status"),
    [("forged", "", 401), ("forged", "k3v9-1", 204), (token(ttl_s=-100), "k3v9-1", 401)],
)
async def test_a_browser_that_is_not_to_come_back_is_told_so(
    http: httpx.AsyncClient, bad: str, last_event_id: str, status: int
) -> None:
    headers = {"Authorization": f"Bearer {bad}"} | ({"Last-Event-ID": last_event_id} if last_event_id else {})
    answer = await http.get("/events?filter=a", headers=headers)
    assert answer.status_code == status
    if status == 204:
        assert answer.headers["hub-close"] == "3500 invalid_token"
    else:
        assert answer.headers["www-authenticate"] == "Bearer"


async def test_other_methods(http: httpx.AsyncClient) -> None:
    assert (await http.post("/events?filter=a")).status_code == 405
    head = await http.head("/events?filter=a")
    assert (head.status_code, head.headers["content-type"]) == (200, "text/event-stream")


async def test_nobody_is_let_in_without_a_sign_in(hub: Running) -> None:
    async with httpx.AsyncClient(base_url=hub.origin) as stranger:
        refused = await stranger.get("/events?filter=a")
    assert (refused.status_code, refused.json()["error"]["name"]) == (401, "unauthorized")


async def test_a_ticket_opens_one_stream(hub: Running, http: httpx.AsyncClient) -> None:
    ticket = (await http.post("/api/tickets")).json()["ticket"]
    query = {"filter": "a", "ticket": ticket}
    async with httpx.AsyncClient(base_url=hub.origin, timeout=DEADLINE_S) as stranger:
        async with stranger.stream("GET", "/events", params=query) as response:
            assert response.status_code == 200
        assert (await stranger.get("/events", params=query)).status_code == 401


async def test_pages_of_an_allowed_origin(tmp_path: Path) -> None:
    page = "https://wall.example"
    async with (
        running(settings_for(tmp_path, http_origins=frozenset({page}), roles=BROKERLESS)) as hub,
        httpx.AsyncClient(base_url=hub.origin, timeout=DEADLINE_S) as browser,
    ):
        asked = {"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "authorization"}
        preflight = await browser.options("/events", headers={"Origin": page, **asked})
        assert preflight.headers["access-control-allow-origin"] == page
        async with browser.stream("GET", "/events?filter=a", headers={"Origin": page, **SIGNED}) as response:
            assert response.status_code == 200
            assert response.headers["access-control-allow-origin"] == page
