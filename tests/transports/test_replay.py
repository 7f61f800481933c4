"""What a replay promises on every transport that has one: all of it, in order, once, to who may see it."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from hub.auth import Identity, Keys, Role, sign
from hub.events import Batch, encode_event
from hub.replaying import WAITING_SHARE
from tests.running import BROKERLESS, DEADLINE_S, SECRET, Client, Running, running, settings_for, token
from tests.transports.feeds import SseFeed
from tests.transports.socketio_client import SocketIoClient

T0 = int(time.time()) * 1000 - 3_600_000
EVERYTHING = ["telemetry/#", "chat/#", "alarm/#"]
"""What these tests record. Of its own the hub records that its store is behind, at the real time."""


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Running]:
    async with running(settings_for(tmp_path, roles=BROKERLESS)) as found:
        yield found


async def record(hub: Running, *events: tuple[str, int, dict[str, Any]]) -> list[str]:
    """Put events on the log, a batch each, and wait until they are recorded; their positions."""
    positions = []
    for topic, at, data in events:
        batch = Batch.of([topic], [T0 + at], [encode_event(topic, T0 + at, data)])
        positions.append(await hub.hub.engine.publish(batch))
    async with asyncio.timeout(DEADLINE_S):
        while (await hub.hub.store.moment()).position.offset < positions[-1].offset:
            await asyncio.sleep(0.01)
    return [str(position) for position in positions]


PAST: tuple[tuple[str, int, dict[str, Any]], ...] = (
    ("telemetry/kitchen", 0, {"temperature": 20}),
    ("chat/ops", 10, {"text": "warm here", "author": "anna", "id": "m1"}),
    ("telemetry/kitchen", 20, {"temperature": 21, "humidity": 40}),
    ("alarm/kitchen", 30, {"state": "raised"}),
    ("telemetry/hall", 40, {"temperature": 18}),
    ("telemetry/kitchen", 2_000, {"temperature": 22}),
)


class Past:
    """A client of a replay: the frames that belong to it."""

    def __init__(self) -> None:
        self.frames: list[dict[str, Any]] = []

    async def next_frame(self) -> dict[str, Any]:
        raise NotImplementedError

    async def receive(self) -> dict[str, Any]:
        while True:
            frame = await asyncio.wait_for(self.next_frame(), DEADLINE_S)
            if "replay" in frame:
                self.frames.append(frame)
                return frame

    async def to_the_end(self) -> dict[str, Any]:
        while (frame := await self.receive())["type"] != "replay_end":
            pass
        return frame

    @property
    def state(self) -> list[tuple[str, Any]]:
        return [
            (one["topic"], one["data"]) for frame in self.frames if frame.get("snapshot") for one in frame["events"]
        ]

    @property
    def played(self) -> list[tuple[str, Any]]:
        later = [frame for frame in self.frames if frame["type"] == "events" and not frame.get("snapshot")]
        return [(one["topic"], one["data"]) for frame in later for one in frame["events"]]


class WebSocketPast(Past):
    def __init__(self, client: Client) -> None:
        super().__init__()
        self.client = client

    async def next_frame(self) -> dict[str, Any]:
        return await self.client.receive()

    async def ask(self, **members: Any) -> dict[str, Any]:
        before = len(self.client.frames)
        reply = await self.client.ask({"type": "replay", **members})
        self.frames += [frame for frame in self.client.frames[before:-1] if "replay" in frame]
        return reply


class SsePast(Past):
    def __init__(self, feed: SseFeed) -> None:
        super().__init__()
        self.feed = feed

    async def next_frame(self) -> dict[str, Any]:
        return await self.feed.next_frame()


class SocketIoPast(Past):
    def __init__(self, client: SocketIoClient) -> None:
        super().__init__()
        self.client = client

    async def next_frame(self) -> dict[str, Any]:
        frame: dict[str, Any] = (await self.client.told("event"))["frame"]
        return frame


@asynccontextmanager
async def by_websocket(hub: Running, *, auth: str | None = None, **link: Any) -> AsyncIterator[WebSocketPast]:
    async with Client.connected(hub.ws_url, auth=auth or token(), **link) as client:
        yield WebSocketPast(client)


@asynccontextmanager
async def stream(hub: Running, *, auth: str | None = None, last: str = "", **query: Any) -> AsyncIterator[SsePast]:
    headers = {"Authorization": f"Bearer {auth or token()}"} | ({"Last-Event-ID": last} if last else {})
    async with (
        httpx.AsyncClient(base_url=hub.origin, headers=headers, timeout=DEADLINE_S) as http,
        http.stream("GET", "/events", params={"filter": EVERYTHING, **query}) as response,
    ):
        assert response.status_code == 200, await response.aread()
        yield SsePast(SseFeed(http, response))


@asynccontextmanager
async def play(hub: Running, transport: str, start: str | int, *, auth: str | None = None, **asked: Any) -> Any:
    """A replay by one of the transports, begun."""
    filters = asked.pop("filters", EVERYTHING)
    if transport == "sse":
        query = {"filter": filters, "replay_from": start, **asked}
        if "to" in query:
            query["replay_to"] = query.pop("to")
        async with stream(hub, auth=auth, **query) as past:
            yield past
    elif transport == "websocket":
        async with by_websocket(hub, auth=auth) as past:
            reply = await past.ask(filters=filters, **{"from": start}, **asked)
            assert reply["ok"], reply
            yield past
    else:
        link = {"transports": ("websocket",), "auth": {"token": auth or token()}}
        async with SocketIoClient.started(hub.origin, **link) as client:
            await client.told("connected")
            reply = await client.emit("replay", {"filters": filters, "from": start, **asked})
            assert reply["ok"], reply
            yield SocketIoPast(client)


@pytest.fixture(params=["websocket", "sse", "socketio"])
def transport(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


async def test_what_was_recorded_plays_in_its_order_once(hub: Running, transport: str) -> None:
    positions = await record(hub, *PAST)
    async with play(hub, transport, positions[2], speed=100) as past:
        end = await past.to_the_end()
    assert past.frames[0].get("snapshot") or past.frames[1].get("snapshot")
    assert dict(past.state) == {
        "telemetry/kitchen": {"temperature": 21, "humidity": 40},
        "chat/ops": {"text": "warm here", "author": "anna", "id": "m1"},
    }
    assert past.played == [(topic, data) for topic, _, data in PAST[3:]]
    assert (end["position"], end["time"]) == (positions[-1], T0 + 2_000)
    assert past.frames[-2]["time"] == T0 + 2_000


async def test_from_a_time_to_a_time(hub: Running, transport: str) -> None:
    await record(hub, *PAST)
    async with play(hub, transport, T0 + 15, speed=100, to=T0 + 30, filters=["telemetry/#", "alarm/#"]) as past:
        end = await past.to_the_end()
    assert past.state == [("telemetry/kitchen", {"temperature": 20})]
    assert past.played == [(topic, data) for topic, _, data in PAST[2:4]]
    assert end["time"] <= T0 + 30


async def test_before_all_that_is_known_a_gap_is_said(hub: Running, transport: str) -> None:
    positions = await record(hub, *PAST)
    async with play(hub, transport, T0 - 1, speed=100) as past:
        await past.to_the_end()
    shown = [frame for frame in past.frames if frame["type"] != "reply"]
    assert shown[0] == {"type": "gap", "replay": shown[0]["replay"], "position": positions[0], "time": T0}
    assert past.state == []
    assert past.played == [(topic, data) for topic, _, data in PAST]


async def test_one_sees_what_one_would_see_live(hub: Running, transport: str) -> None:
    await record(
        hub, *PAST, ("system/audit/keys", 2_001, {"action": "made"}), ("telemetry/hall", 2_002, {"temperature": 1})
    )
    narrowed = Identity("ivan", Role.VIEWER, int(time.time()) + 100, subscribe=("telemetry/hall", "alarm/#"))
    only = sign(narrowed, Keys(SECRET.encode()))
    async with play(hub, transport, T0 + 100, speed=100, auth=only, filters=["telemetry/hall"]) as past:
        await past.to_the_end()
    assert past.state == [("telemetry/hall", {"temperature": 18})]
    assert past.played == [("telemetry/hall", {"temperature": 1})]
    async with play(hub, transport, T0 + 100, speed=100, filters=["telemetry/#", "system/+/keys"]) as past:
        await past.to_the_end()
    assert [topic for topic, _ in past.played] == ["telemetry/kitchen", "telemetry/hall"]


async def test_a_session_pauses_seeks_and_changes_speed(hub: Running) -> None:
    positions = await record(hub, *PAST)
    async with by_websocket(hub) as past:
        reply = await past.ask(filters=EVERYTHING, **{"from": positions[0]}, paused=True)
        replay = reply["replay"]
        assert (await past.receive())["snapshot"]
        reply = await past.ask(replay=replay, action="seek", **{"from": positions[2]})
        assert reply["ok"]
        frame = await past.receive()
        assert (frame["snapshot"], frame["position"], frame["time"]) == (True, positions[2], T0 + 20)
        assert past.played == []
        assert (await past.ask(replay=replay, action="speed", speed=0.1))["time"] == T0 + 20
        assert (await past.ask(replay=replay, action="resume"))["ok"]
        assert (await past.receive())["position"] == positions[3]
        assert (await past.ask(replay=replay, action="pause"))["time"] < T0 + 2_000
        assert (await past.ask(replay=replay, action="speed", speed=100))["ok"]
        assert (await past.ask(replay=replay, action="resume"))["ok"]
        await past.to_the_end()
        assert past.played == [(topic, data) for topic, _, data in PAST[3:]]
        assert (await past.ask(replay=replay, action="pause"))["error"]["name"] == "not_found"


async def test_a_stopped_one_says_no_more_and_its_id_is_free(hub: Running) -> None:
    positions = await record(hub, *PAST)
    async with by_websocket(hub) as past:
        replay = (await past.ask(filters=EVERYTHING, **{"from": positions[0]}, paused=True))["replay"]
        assert (await past.receive())["snapshot"]
        assert (await past.ask(replay=replay, action="stop"))["ok"]
        assert (await past.ask(replay=replay, action="resume"))["error"]["name"] == "not_found"
        await past.ask(filters=EVERYTHING, **{"from": positions[0]}, speed=100)
        await past.to_the_end()
        assert {frame["replay"] for frame in past.frames} > {replay}
        assert past.played == [(topic, data) for topic, _, data in PAST[1:]]


async def test_the_present_goes_on_beside_it(hub: Running) -> None:
    positions = await record(hub, *PAST)
    async with by_websocket(hub) as past:
        await past.client.subscribe("telemetry/+")
        await past.ask(filters=EVERYTHING, **{"from": positions[0]}, paused=True)
        await past.receive()
        (now,) = await record(hub, ("telemetry/kitchen", 9_000, {"temperature": 99}))
        live = await past.next_frame()
        assert "replay" not in live
        assert (live["position"], live["events"][0]["data"]) == (now, {"temperature": 99})


async def test_a_stream_goes_on_where_it_was(hub: Running) -> None:
    positions = await record(hub, *PAST)
    async with stream(hub, replay_from=positions[0], speed=100) as past:
        while not past.played:
            await past.receive()
        last = past.feed.last_event_id
        seen = past.played
    async with stream(hub, replay_from=positions[0], speed=100, last=last) as past:
        await past.to_the_end()
    assert past.state == []
    assert seen + past.played == [(topic, data) for topic, _, data in PAST[1:]]


async def test_a_client_that_does_not_read_is_waited_for(hub: Running) -> None:
    # More than the buffers of both sockets take.
    text = "x" * 40_000
    await record(hub, PAST[0])
    for first in range(0, 800, 20):
        at = range(first, first + 20)
        pieces = [encode_event("chat/ops", T0 + n, {"text": text, "id": f"m{n}", "author": "anna"}) for n in at]
        await hub.hub.engine.publish(Batch.of(["chat/ops"] * 20, [T0 + n for n in at], pieces))
    await record(hub, ("chat/ops", 800, {"text": "last", "id": "m800", "author": "anna"}))
    async with by_websocket(hub, max_queue=1, compression=None) as past:
        assert (await past.ask(filters=["chat/#"], **{"from": T0 - 1}, speed=100))["ok"]
        (session,) = hub.hub.node.sessions
        await hub.until(lambda: session.wire.waiting_bytes() * WAITING_SHARE > session.limit_bytes)
        assert session.wire.waiting_bytes() < session.limit_bytes
        end = await past.to_the_end()
        assert "error" not in end
        assert session.closed is None
    assert [data["id"] for _, data in past.played] == [f"m{n}" for n in range(801)]


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"from": T0 + 9, "to": T0 + 8}, "bad_request"),
    ({"from": T0, "speed": 0}, "bad_request"),
    ({"from": T0, "speed": -1}, "bad_request"),
    ({"from": T0, "speed": 1e9}, "bad_request"),
    ({"from": "yesterday"}, "invalid_position"),
    ({"from": "nosuchepoch-7"}, "unrecoverable_position"),
    ({"from": T0, "filters": ["system/audit/#"]}, "permission_denied"),
    ({"from": T0, "filters": ["a/#/b"]}, "invalid_filter"),
    ({"replay": 99, "action": "pause"}, "not_found"),
]


async def test_what_can_not_be_played_is_refused_by_name(hub: Running) -> None:
    positions = await record(hub, *PAST)
    backwards = {"from": positions[3], "to": positions[1]}
    async with by_websocket(hub) as past:
        for asked, name in [*REFUSED, (backwards, "bad_request")]:
            assert (await past.ask(**{"filters": EVERYTHING, **asked}))["error"]["name"] == name, asked


REFUSED_STREAMS: list[tuple[dict[str, Any], int]] = [
    ({"replay_from": T0, "speed": "nan"}, 400),
    ({"replay_from": T0, "speed": "fast"}, 400),
    ({"replay_from": T0 + 1, "replay_to": T0}, 400),
    ({"replay_from": ""}, 400),
    ({"replay_from": "nosuchepoch-7"}, 410),
    ({"replay_from": T0, "filter": "system/audit/#"}, 403),
]


async def test_a_stream_of_it_is_refused_before_it_begins(hub: Running) -> None:
    await record(hub, *PAST)
    headers = {"Authorization": f"Bearer {token()}"}
    async with httpx.AsyncClient(base_url=hub.origin, headers=headers, timeout=DEADLINE_S) as http:
        for query, status in REFUSED_STREAMS:
            answer = await http.get("/events", params={"filter": EVERYTHING, **query})
            assert answer.status_code == status, query
            assert answer.json()["error"]["message"]


async def test_a_session_has_two_at_most(hub: Running) -> None:
    await record(hub, *PAST)
    async with by_websocket(hub) as past:
        asked = {"filters": EVERYTHING, "from": T0, "paused": True}
        names = [(await past.ask(**asked)).get("error", {}).get("name") for _ in range(50)]
        assert names == [None, None, *["limit_exceeded"] * 48]
