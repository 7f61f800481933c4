"""The client library against a whole hub, and against servers that misbehave."""

import asyncio
import gc
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from websockets.asyncio.server import Server, ServerConnection, serve

from hub.auth import Role
from hub.client import Batch, Change, Ended, Event, HubClient, HubError, NotConnected, OutcomeUnknown, connect
from hub.errors import BAD_REQUEST, INVALID_POSITION, PERMISSION_DENIED, InvalidFilter, InvalidTopic
from hub.events import Batch as LogBatch
from hub.events import encode_event
from tests.running import BROKERLESS, DEADLINE_S, Running, running, settings_for, token, until
from tests.servers import free_port


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Running]:
    async with running(settings_for(tmp_path, roles=BROKERLESS)) as found:
        yield found


@asynccontextmanager
async def served(answer: Callable[[ServerConnection], object]) -> AsyncIterator[str]:
    """A server that is no hub."""

    async def handle(connection: ServerConnection) -> None:
        found = answer(connection)
        if asyncio.iscoroutine(found):
            await found

    server: Server
    async with serve(handle, "127.0.0.1", 0) as server:
        yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/ws"


async def append(hub: Running, *numbers: int, topic: str = "telemetry/kitchen") -> None:
    pieces = [encode_event(topic, n, {"n": n}) for n in numbers]
    await hub.hub.engine.publish(LogBatch.of([topic] * len(pieces), list(numbers), pieces))


async def taken(events: AsyncIterator[Event], count: int) -> list[int]:
    async with asyncio.timeout(DEADLINE_S):
        return [(await anext(events)).data["n"] for _ in range(count)]


def subscribed(hub: Running) -> set[str]:
    return {topic_filter for session in hub.hub.node.sessions for topic_filter in session.filters}


async def test_several_subscriptions_over_one_socket(hub: Running) -> None:
    await append(hub, 1)
    async with connect(hub.origin, token=token()) as client:
        latest = client.subscribe("telemetry/+", snapshot=True)
        live = client.subscribe("telemetry/+", "chat/#")
        first = await anext(latest)
        assert (first.topic, first.time, first.data, first.snapshot) == ("telemetry/kitchen", 1, {"n": 1}, True)
        await until(lambda: live.state == "subscribed")
        position = await client.publish("chat/ops", {"text": "hello"})
        said = await anext(live)
        assert (said.topic, said.data["text"], said.snapshot) == ("chat/ops", "hello", False)
        await append(hub, 2)
        assert await taken(latest, 1) == await taken(live, 1) == [2]
        assert (latest.filters, client.state, len(hub.hub.node.sessions)) == (("telemetry/+",), "connected", 1)
        recovered = client.subscribe("telemetry/+", since=position)
        assert await taken(recovered, 1) == [2]
    assert client.state == "disconnected"


async def test_the_position_says_what_is_done_with(hub: Running) -> None:
    async with connect(hub.ws_url, token=token()) as client:
        sub = client.subscribe("telemetry/+")
        await until(lambda: sub.position is not None)
        start = sub.position
        await append(hub, 1, 2)
        await append(hub, 3)
        await until(lambda: hub.hub.node.position.offset >= 2)
        assert await taken(sub, 2) == [1, 2]
        assert sub.position == start
        assert await taken(sub, 1) == [3]
        done = sub.position
        assert done != start
        again = client.subscribe("telemetry/+", since=done)
        assert await taken(again, 1) == [3]


async def test_a_loop_that_ends_ends_its_subscription(hub: Running) -> None:
    async with connect(hub.origin, token=token()) as client:
        await append(hub, 1)
        async for event in client.subscribe("telemetry/+", snapshot=True):
            assert event.data == {"n": 1}
            break
        async for batch in client.subscribe("telemetry/kitchen", snapshot=True).batches():
            assert batch.snapshot
            break
        async with client.subscribe("telemetry/#", snapshot=True) as sub:
            assert await taken(sub, 1) == [1]
            kept = client.subscribe("alarm/#")
            await until(lambda: subscribed(hub) >= {"telemetry/#", "alarm/#"})
        gc.collect()
        await until(lambda: subscribed(hub) == {"alarm/#"})
        kept.close()
        await until(lambda: subscribed(hub) == set())
        with pytest.raises(StopAsyncIteration):
            await anext(kept)


async def test_what_the_hub_refuses_is_raised_where_it_was_asked(hub: Running) -> None:
    async with connect(hub.origin, token=token(role=Role.VIEWER)) as client:
        with pytest.raises(HubError) as refused:
            await client.publish("chat/ops", {"text": "hello"})
        assert refused.value.code is PERMISSION_DENIED
        with pytest.raises(HubError) as refused:
            await anext(client.subscribe("system/audit/#"))
        assert refused.value.code is PERMISSION_DENIED
        with pytest.raises(HubError) as refused:
            await anext(client.subscribe("telemetry/+", since="yesterday"))
        assert refused.value.code is INVALID_POSITION
        with pytest.raises(InvalidFilter):
            client.subscribe("telemetry/#/x")
        with pytest.raises(HubError) as refused:
            client.subscribe()
        assert refused.value.code is BAD_REQUEST
        with pytest.raises(InvalidTopic):
            await client.publish("chat/#", {})


async def test_a_connection_that_the_hub_ends_for_good_is_over(hub: Running) -> None:
    changes: list[Change] = []
    async with connect(hub.origin, token="forged", on_change=changes.append) as client:
        with pytest.raises(Ended) as ended:
            await anext(client.subscribe("#"))
        assert ended.value.close_code == 3500
        with pytest.raises(Ended):
            await client.publish("chat/ops", {"text": "hello"})
        with pytest.raises(Ended):
            await anext(client.subscribe("#"))
    assert [change.kind for change in changes] == ["connecting", "disconnected"]
    assert (changes[-1].close_code, changes[-1].retry_in_s) == (3500, None)


async def test_a_closed_client_ends_its_loops(hub: Running) -> None:
    async with connect(hub.origin, token=token()) as client:
        sub = client.subscribe("#")
    assert [event async for event in sub] == []
    with pytest.raises(Ended):
        await client.publish("chat/ops", {"text": "hello"})


async def test_a_token_is_asked_for_at_each_try(hub: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.client.tries.MIN_BACKOFF_S", 0.01)
    tokens = [token()]
    asked: list[str] = []
    changes: list[Change] = []

    async def next_token() -> str:
        asked.append("once more")
        return tokens[2 - len(asked)]

    async with connect(hub.origin, token=next_token, on_change=changes.append) as client:
        await client.publish("chat/ops", {"text": "hello"})
    assert [change.kind for change in changes] == ["connecting", "disconnected", "connecting", "connected"]
    assert changes[1].reason.startswith("There was no token: IndexError")


async def test_nothing_is_missed_over_a_restart_of_the_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.client.tries.MAX_BACKOFF_S", 0.6)
    settings = settings_for(tmp_path)
    changes: list[Change] = []
    async with connect(f"http://127.0.0.1:{settings.http_port}", token=token, on_change=changes.append) as client:
        sub = client.subscribe("telemetry/+")
        async with running(settings) as hub:
            await until(lambda: sub.state == "subscribed")
            await append(hub, 1)
            assert await taken(sub, 1) == [1]
        async with running(settings) as hub:
            await append(hub, 2, 3)
            assert await taken(sub, 2) == [2, 3]
            await until(lambda: changes[-1].kind == "recovered")
            assert sub.gaps == 0
    lost = next(change for change in changes if change.close_code is not None)
    assert (lost.kind, lost.close_code) == ("disconnected", 3001)


async def test_what_can_not_be_recovered_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.client.tries.MAX_BACKOFF_S", 0.6)
    settings = settings_for(tmp_path)
    changes: list[Change] = []
    async with connect(f"http://127.0.0.1:{settings.http_port}", token=token, on_change=changes.append) as client:
        sub = client.subscribe("telemetry/+")
        batches = sub.batches()
        async with running(settings) as hub:
            await until(lambda: sub.state == "subscribed")
            await append(hub, 1)
            assert [event.data["n"] for event in (await anext(batches)).events] == [1]
        for file in (tmp_path / "data").glob("log.db*"):
            file.unlink()
        async with running(settings) as hub:
            assert await anext(batches) == Batch([], gap=True)
            snapshot = await anext(batches)
            assert snapshot.snapshot
            await append(hub, 7)
            assert [event.data["n"] for event in (await anext(batches)).events] == [7]
            await until(lambda: changes[-1].kind == "gap")
            assert (sub.gaps, sub.dropped_events) == (1, 0)


async def test_reading_waits_for_a_program_that_does_not_and_nothing_is_lost(hub: Running) -> None:
    async with connect(hub.origin, token=token()) as client:
        sub = client.subscribe("system/#", max_events=10)
        await until(lambda: sub.state == "subscribed")
        for n in range(30):
            await append(hub, n, topic="system/n")
        # An answer is behind the events: it is waited for up to a harder limit.
        await client.publish("chat/ops", {"text": "hello"})
        assert await taken(sub, 30) == list(range(30))
        for n in range(100):
            await append(hub, n, topic="system/n")
        assert await taken(sub, 100) == list(range(100))
        assert sub.dropped_events == 0


async def test_the_oldest_are_dropped_and_counted_where_that_was_chosen(hub: Running) -> None:
    async with connect(hub.origin, token=token()) as client:
        sub = client.subscribe("system/#", max_events=10, overflow="drop_oldest")
        other = client.subscribe("system/#")
        await until(lambda: other.state == "subscribed")
        for n in range(100):
            await append(hub, n, topic="system/n")
        assert await taken(other, 100) == list(range(100))
        # Whole batches go, and how many events were in one is the hub's affair.
        assert sub.dropped_events >= 90
        kept = 100 - sub.dropped_events
        assert await taken(sub, kept) == list(range(100 - kept, 100))
        assert kept > 0


async def test_without_a_hub_nothing_is_sent() -> None:
    async with connect(f"http://127.0.0.1:{free_port()}", token=token()) as client:
        with pytest.raises(NotConnected, match="nothing was sent"):
            await client.publish("chat/ops", {"text": "hello"}, timeout_s=0.3)


async def test_a_hub_that_does_not_answer_leaves_the_outcome_unknown() -> None:
    async with served(lambda connection: connection.wait_closed()) as url, connect(url) as client:
        with pytest.raises(OutcomeUnknown, match="in time"):
            await client.publish("chat/ops", {"text": "hello"}, timeout_s=0.5)


async def test_a_link_that_breaks_leaves_the_outcome_unknown() -> None:
    async def answer(connection: ServerConnection) -> None:
        await connection.recv()
        connection.transport.abort()

    async with served(answer) as url, connect(url) as client:
        with pytest.raises(OutcomeUnknown, match="broke"):
            await client.publish("chat/ops", {"text": "hello"})


async def test_a_link_on_which_nothing_comes_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.client.watchdog.HEARTBEAT_S", 0.05)
    monkeypatch.setattr("hub.client.watchdog.SLACK_S", 5.0)
    monkeypatch.setattr("hub.client.watchdog.SLACK_S", 0.2)
    changes: list[Change] = []
    async with (
        served(lambda connection: connection.wait_closed()) as url,
        connect(url, on_change=changes.append),
    ):
        await until(lambda: any(change.kind == "disconnected" for change in changes))
    assert "not even a heartbeat" in changes[2].reason


async def test_a_server_that_is_no_hub_is_tried_again_or_not(monkeypatch: pytest.MonkeyPatch) -> None:
    changes: list[Change] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        status = b"502 Bad Gateway" if len(changes) < 3 else b"403 Forbidden"
        writer.write(b"HTTP/1.1 %b\r\nContent-Length: 0\r\nConnection: close\r\n\r\n" % status)
        await writer.drain()
        writer.close()

    monkeypatch.setattr("hub.client.tries.MIN_BACKOFF_S", 0.01)
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        async with connect(f"http://127.0.0.1:{port}", on_change=changes.append) as client:
            with pytest.raises(Ended, match="403"):
                await anext(client.subscribe("#"))
    assert [change.kind for change in changes] == ["connecting", "disconnected"] * 2
    assert "502" in changes[1].reason


async def test_a_failure_of_the_client_itself_is_a_lost_link(
    hub: Running, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("hub.client.tries.MIN_BACKOFF_S", 0.01)
    monkeypatch.setattr("hub.client.exchange.Exchange.opened", None)
    changes: list[Change] = []
    async with connect(hub.origin, token=token(), on_change=changes.append):
        await until(lambda: any(change.kind == "disconnected" for change in changes))
        monkeypatch.undo()
        await until(lambda: changes[-1].kind == "connected")
    assert "The client failed" in changes[1].reason
    assert "The link failed" in caplog.text


@pytest.mark.parametrize("url", ["127.0.0.1:8000", "ftp://127.0.0.1", "ws:///ws", "ws://a@127.0.0.1", "ws://b/?t=1"])
def test_what_is_no_address_of_a_hub_is_refused(url: str) -> None:
    with pytest.raises(HubError) as refused:
        connect(url)
    assert refused.value.code is BAD_REQUEST


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("http://127.0.0.1:8000", "ws://127.0.0.1:8000/ws"),
        ("https://hub.test/", "wss://hub.test/ws"),
        ("ws://hub.test/below/ws", "ws://hub.test/below/ws"),
    ],
)
async def test_where_a_hub_is(url: str, found: str) -> None:
    assert isinstance(connect(url), HubClient)
    assert connect(url).url == found
