"""A whole hub in this process, on free ports, with everything real; and a client that speaks its protocol."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from hub.app import Hub, asgi, open_hub
from hub.auth import Identity, Keys, Role, sign
from hub.server import bind, server
from hub.settings import Settings
from tests.servers import free_port

SECRET = "a-secret-of-the-tests"
DEADLINE_S = 20.0
BROKERLESS = frozenset({"api", "recorder"})
"""The roles of a hub that needs no broker: most tests of its other side; a broker's process costs as much as a hub."""


def token(user: str = "anna", role: Role = Role.OPERATOR, *, ttl_s: int = 3600, secret: str = SECRET) -> str:
    """A token as `hub token` gives it."""
    return sign(Identity(user, role, int(time.time()) + ttl_s), Keys(secret.encode()))


@dataclass
class Running:
    """A hub that runs, and where."""

    hub: Hub
    http_port: int
    mqtt_port: int
    stop: Callable[[], Awaitable[None]]
    """Stop the server as SIGTERM does, and wait for its end."""

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.http_port}"

    @property
    def ws_url(self) -> str:
        return f"ws://127.0.0.1:{self.http_port}/ws"

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait for a condition; fails after the deadline."""
        await until(holds)


async def until(holds: Callable[[], bool]) -> None:
    """Wait for a condition; fails after the deadline."""
    end = time.monotonic() + DEADLINE_S
    while not holds():
        assert time.monotonic() < end, "it did not come to hold in time"
        await asyncio.sleep(0.01)


def settings_for(directory: Path, **given: Any) -> Settings:
    """Settings of a hub of its own in the directory."""
    chosen: dict[str, Any] = {
        "data_dir": directory / "data",
        "http_port": free_port(),
        "mqtt_listen": f"127.0.0.1:{free_port()}",
        "auth_secret": SECRET,
        "log_level": "warning",
    }
    make: Any = Settings  # pydantic-settings takes `_env_file`, which its types do not say
    settings: Settings = make(**(chosen | given), _env_file=None)
    return settings


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[Running]:
    """The hub of these settings, ready: its broker is subscribed and its node follows the log."""
    listener = bind(settings.http_host, settings.http_port)
    async with AsyncExitStack() as stack:
        stack.callback(listener.close)
        hub = await open_hub(settings, stack)
        web = server(asgi(hub), on_stop=hub.node.close_sessions, refused=hub.node.allowance.refused)
        serving = asyncio.create_task(web.serve(sockets=[listener]))

        async def stop() -> None:
            web.should_exit = True
            await serving

        try:
            await until(lambda: web.started and hub.node.ready.is_set())
            if hub.broker is not None:
                await until(lambda: hub.ingest is not None and hub.ingest.connected)
            yield Running(hub, settings.http_port, int(settings.mqtt_listen.rpartition(":")[2]), stop)
        finally:
            await stop()


class Client:
    """One WebSocket client: sends frames, keeps what comes, and knows its position as docs/protocol.md says."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.position: str | None = None
        self.events: list[dict[str, Any]] = []
        self.frames: list[dict[str, Any]] = []
        self._next_id = 0

    @classmethod
    @asynccontextmanager
    async def connected(cls, url: str, *, auth: str | None = None, **options: Any) -> AsyncIterator[Self]:
        """Connect; sign in with the token where one is given."""
        options.setdefault("subprotocols", ["hub.v1.json"])
        async with connect(url, max_size=2**22, **options) as connection:
            client = cls(connection)
            if auth is not None:
                reply = await client.ask({"type": "auth", "token": auth})
                assert reply["ok"], reply
            yield client

    async def ask(self, frame: dict[str, Any]) -> dict[str, Any]:
        """Send a frame and wait for its reply; what else comes is kept."""
        self._next_id += 1
        await self.connection.send(json.dumps({"id": self._next_id, **frame}))
        while True:
            received = await self.receive()
            if received["type"] == "reply" and received["id"] == self._next_id:
                return received

    async def subscribe(self, *filters: str, **members: Any) -> dict[str, Any]:
        """Subscribe and wait for the reply."""
        return await self.ask({"type": "subscribe", "filters": list(filters), **members})

    async def publish(self, topic: str, data: Any) -> dict[str, Any]:
        """Publish and wait for the reply."""
        return await self.ask({"type": "publish", "topic": topic, "data": data})

    async def receive(self) -> dict[str, Any]:
        """The next frame."""
        frame: dict[str, Any] = json.loads(await asyncio.wait_for(self.connection.recv(), DEADLINE_S))
        self.frames.append(frame)
        if frame["type"] in {"events", "heartbeat"}:
            self.position = frame["position"]
        if frame["type"] == "events":
            self.events += frame["events"]
        return frame

    async def receive_until(self, holds: Callable[["Client"], bool]) -> None:
        """Receive frames until the condition holds."""
        while not holds(self):
            await self.receive()

    async def closed(self) -> tuple[int, str]:
        """Receive until the hub closes; the code and reason."""
        with suppress(ConnectionClosed):
            while True:
                await self.receive()
        return self.connection.close_code or 0, self.connection.close_reason or ""

    def on(self, topic: str) -> list[dict[str, Any]]:
        """The data of the events on a topic."""
        return [event["data"] for event in self.events if event["topic"] == topic]
