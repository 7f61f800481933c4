"""One client per transport, all alike: it subscribes, receives frames, publishes, and tells how the hub ended it."""

import asyncio
import json
import signal
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from types import MappingProxyType
from typing import Any, Protocol

import httpx
from websockets.exceptions import ConnectionClosed

from hub.errors import CLOSE_CODES
from tests.running import DEADLINE_S, Client, Running, token
from tests.transports.socketio_client import SocketIoClient

Headers = Mapping[str, str]
NO_HEADERS: Headers = MappingProxyType({})
CLOSE_NAMES = {code.number: code.name for code in CLOSE_CODES} | {3005: "token_expired"}
"""An expired token has one name as a refusal, whether a connection or a request was refused."""


class Refused(Exception):
    """The hub did not let the client in, or not subscribe; `name` is of the error table."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class Feed:
    """What a client has received: every frame, the events in them, and the position to come back with."""

    def __init__(self) -> None:
        self.reply: dict[str, Any] = {}
        self.frames: list[dict[str, Any]] = []
        self.events: list[dict[str, Any]] = []
        self.position: str | None = None

    async def next_frame(self) -> dict[str, Any]:
        """The next frame on the wire."""
        raise NotImplementedError

    async def publish(self, topic: str, data: Any) -> str:
        """Publish; the position, or the name of the error."""
        raise NotImplementedError

    async def closed(self) -> int:
        """Receive until the hub ends the connection; the close code."""
        raise NotImplementedError

    def stall(self) -> None:
        """Read no more from the network."""

    def resume(self) -> None:
        """Read again."""

    async def receive(self) -> dict[str, Any]:
        """Take the next frame."""
        frame = await asyncio.wait_for(self.next_frame(), DEADLINE_S)
        self.frames.append(frame)
        if frame["type"] in {"events", "heartbeat"}:
            self.position = frame["position"]
        self.events += frame.get("events", [])
        return frame

    async def receive_until(self, holds: Callable[["Feed"], bool]) -> None:
        """Take frames until the condition holds."""
        while not holds(self):
            await self.receive()

    def on(self, topic: str) -> list[dict[str, Any]]:
        """The data of the events on a topic."""
        return [event["data"] for event in self.events if event["topic"] == topic]


class Subscribed(Protocol):
    """How a transport's client gets to the point where it is subscribed; raises Refused."""

    def __call__(
        self,
        hub: Running,
        *filters: str,
        auth: str | None = None,
        headers: Headers = NO_HEADERS,
        since: str | None = None,
        snapshot: bool = False,
        **options: Any,
    ) -> AbstractAsyncContextManager[Feed]: ...


def outcome(reply: dict[str, Any]) -> str:
    """The position of a publication that was carried out, else the name of the error."""
    return str(reply["position"] if reply["ok"] else reply["error"]["name"])


def members(filters: tuple[str, ...], since: str | None, **options: Any) -> dict[str, Any]:
    """The members of a subscription."""
    return {"filters": list(filters), **options} | ({} if since is None else {"since": since})


def query(filters: tuple[str, ...], since: str | None, **options: Any) -> dict[str, Any]:
    """The same as the query of a URL."""
    asked = {name: int(value) if isinstance(value, bool) else value for name, value in options.items()}
    if "where" in asked:
        asked["where"] = json.dumps(asked["where"])
    return {"filter": list(filters), **asked} | ({} if since is None else {"since": since})


def signed(auth: str | None, headers: Headers) -> dict[str, str]:
    """Headers of a request: those given, or a good token."""
    if headers and auth is None:
        return dict(headers)
    return {"Authorization": f"Bearer {token() if auth is None else auth}", **headers}


class WebSocketFeed(Feed):
    """By WebSocket."""

    def __init__(self, client: Client) -> None:
        super().__init__()
        self.client = client

    async def next_frame(self) -> dict[str, Any]:
        return await self.client.receive()

    async def publish(self, topic: str, data: Any) -> str:
        before = len(self.client.frames)
        reply = await self.client.publish(topic, data)
        for frame in self.client.frames[before:-1]:
            self.events += frame.get("events", [])
        return outcome(reply)

    async def closed(self) -> int:
        return (await self.client.closed())[0]


@asynccontextmanager
async def by_websocket(
    hub: Running,
    *filters: str,
    auth: str | None = None,
    headers: Headers = NO_HEADERS,
    since: str | None = None,
    snapshot: bool = False,
    **options: Any,
) -> AsyncIterator[Feed]:
    """A WebSocket that has subscribed."""
    link: dict[str, Any] = {"additional_headers": signed(auth, headers), "max_queue": 1}
    async with Client.connected(hub.ws_url, **link) as client:
        feed = WebSocketFeed(client)
        try:
            feed.reply = await client.subscribe(*filters, **members(filters, since, snapshot=snapshot, **options))
        except ConnectionClosed as closed:
            raise Refused(CLOSE_NAMES[closed.rcvd.code if closed.rcvd else 0]) from closed
        if not feed.reply["ok"]:
            raise Refused(feed.reply["error"]["name"])
        yield feed


class HttpFeed(Feed):
    """What the two that go by HTTP have in common: they publish with a request."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        super().__init__()
        self.http = http

    async def publish(self, topic: str, data: Any) -> str:
        answer = await self.http.post("/api/events", json={"topic": topic, "data": data})
        return str(answer.json()["position"] if answer.status_code == 200 else answer.json()["error"]["name"])


async def lines_of(response: httpx.Response) -> AsyncIterator[str]:
    """Lines as an event stream has them; httpx' own end at U+2028 too."""
    rest = ""
    async for text in response.aiter_text():
        *lines, rest = (rest + text).split("\n")
        for line in lines:
            yield line


class SseFeed(HttpFeed):
    """By server-sent events."""

    def __init__(self, http: httpx.AsyncClient, response: httpx.Response) -> None:
        super().__init__(http)
        self.lines = lines_of(response)
        self.last_event_id = ""

    async def next_frame(self) -> dict[str, Any]:
        block: dict[str, str] = {}
        async for line in self.lines:
            name, _, value = line.partition(": ")
            if line:
                block[name] = value
            elif "data" in block:
                self.last_event_id = block.get("id", self.last_event_id)
                frame: dict[str, Any] = json.loads(block["data"])
                assert block["event"] == frame["type"]
                return frame
            else:
                block = {}
        raise EOFError

    async def closed(self) -> int:
        async with asyncio.timeout(DEADLINE_S):
            while (frame := await self.next_frame())["type"] != "close":
                pass
            assert [line async for line in self.lines] == []
        assert frame["reconnect"] == (frame["code"] < 3500)
        return int(frame["code"])


@asynccontextmanager
async def by_sse(
    hub: Running,
    *filters: str,
    auth: str | None = None,
    headers: Headers = NO_HEADERS,
    since: str | None = None,
    snapshot: bool = False,
    **options: Any,
) -> AsyncIterator[Feed]:
    """An event stream."""
    async with (
        httpx.AsyncClient(base_url=hub.origin, headers=signed(auth, headers), timeout=DEADLINE_S) as http,
        http.stream("GET", "/events", params=query(filters, since, snapshot=snapshot, **options)) as response,
    ):
        if response.status_code != 200:
            raise Refused(json.loads(await response.aread())["error"]["name"])
        feed = SseFeed(http, response)
        feed.reply = await feed.next_frame()
        yield feed


class PollingFeed(HttpFeed):
    """By one request after the other."""

    def __init__(self, http: httpx.AsyncClient, filters: tuple[str, ...], options: dict[str, Any]) -> None:
        super().__init__(http)
        self.filters = filters
        self.options = options
        self.first: dict[str, Any] | None = None

    async def next_frame(self) -> dict[str, Any]:
        if self.first is not None:
            first, self.first = self.first, None
            return first
        return await self.ask(query(self.filters, self.position, snapshot=False, **self.options), wait=20)

    async def ask(self, asked: dict[str, Any], *, wait: int = 0) -> dict[str, Any]:
        """What one request answers, as an events frame."""
        answer = await self.http.get("/api/events", params={**asked, "wait": wait})
        if answer.status_code != 200:
            raise Refused(answer.json()["error"]["name"])
        return {"type": "events", **answer.json()}


@asynccontextmanager
async def by_polling(
    hub: Running,
    *filters: str,
    auth: str | None = None,
    headers: Headers = NO_HEADERS,
    since: str | None = None,
    snapshot: bool = False,
    **options: Any,
) -> AsyncIterator[Feed]:
    """Long polling of the API."""
    async with httpx.AsyncClient(base_url=hub.origin, headers=signed(auth, headers), timeout=DEADLINE_S + 5) as http:
        feed = PollingFeed(http, filters, options)
        feed.reply = await feed.ask(query(filters, since, snapshot=snapshot, **options))
        feed.position = feed.reply["position"]
        if snapshot or since is not None:
            feed.first = feed.reply
        yield feed


class SocketIoFeed(Feed):
    """By Socket.IO."""

    def __init__(self, client: SocketIoClient) -> None:
        super().__init__()
        self.client = client

    async def next_frame(self) -> dict[str, Any]:
        told = await self.client.told("event")
        frame: dict[str, Any] = told["frame"]
        assert told["event"] == frame["type"]
        return frame

    async def publish(self, topic: str, data: Any) -> str:
        return outcome(await self.client.emit("publish", {"topic": topic, "data": data}))

    async def closed(self) -> int:
        async with asyncio.timeout(DEADLINE_S):
            while (frame := await self.next_frame())["type"] != "close":
                pass
        told = await self.client.told("disconnected")
        assert told["active"] == frame["reconnect"], told
        return int(frame["code"])

    def stall(self) -> None:
        self.client.process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        self.client.process.send_signal(signal.SIGCONT)


@asynccontextmanager
async def by_socketio(
    hub: Running,
    *filters: str,
    auth: str | None = None,
    headers: Headers = NO_HEADERS,
    since: str | None = None,
    snapshot: bool = False,
    transports: tuple[str, ...] = ("websocket",),
    **options: Any,
) -> AsyncIterator[Feed]:
    """A Socket.IO client that has subscribed."""
    link: dict[str, Any] = {"transports": transports, "extraHeaders": dict(headers)}
    if auth is not None or not headers:
        link["auth"] = {"token": token() if auth is None else auth}
    async with SocketIoClient.started(hub.origin, **link) as client:
        told = await client.told("connected", "refused")
        if "refused" in told:
            raise Refused((told["data"] or {"name": told["refused"]})["name"])
        assert told["connected"] == transports[0]
        feed = SocketIoFeed(client)
        feed.reply = await client.emit("subscribe", members(filters, since, snapshot=snapshot, **options))
        if not feed.reply["ok"]:
            raise Refused(feed.reply["error"]["name"])
        yield feed


@asynccontextmanager
async def by_socketio_polling(hub: Running, *filters: str, **options: Any) -> AsyncIterator[Feed]:
    """The same without WebSocket."""
    async with by_socketio(hub, *filters, transports=("polling",), **options) as feed:
        yield feed


STREAMS: dict[str, Subscribed] = {
    "websocket": by_websocket,
    "sse": by_sse,
    "socketio": by_socketio,
    "socketio-polling": by_socketio_polling,
}
"""Transports on which the hub speaks by itself."""
ALL: dict[str, Subscribed] = STREAMS | {"polling": by_polling}
