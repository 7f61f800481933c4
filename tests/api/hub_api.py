"""The API around real stores, asked without a network."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from fastapi import APIRouter, FastAPI

from hub.access import Access
from hub.api.app import create_api
from hub.api.deps import Context
from hub.api.search import router as search_router
from hub.api.state import router as state_router
from hub.auth import Identity, Keys, Role, sign
from hub.events import Batch, Position, encode_event
from hub.latest import Latest
from hub.readiness import Readiness
from hub.rooms import Rooms
from hub.store.access_tables import AccessTables
from hub.store.base import User
from hub.store.database_sqlite import SqliteDatabase
from hub.store.sqlite import SqliteEventStore
from hub.store.ticket_table import TicketTable
from hub.store.user_table import UserTable
from hub.tickets import Tickets
from tests.api.conforming import conforming

ORIGIN = "http://hub.test:8000"
NOW_MS = 1_732_412_345_678
KEYS = Keys(b"for tests")
PASSWORD = "correct horse"


@dataclass
class OwnChat:
    rooms: Rooms = field(default_factory=Rooms)


@dataclass
class OwnNode:
    latest: Latest = field(default_factory=Latest)
    chat: OwnChat = field(default_factory=OwnChat)


@dataclass
class Api:
    """One API, a browser that keeps its cookies, and the time it is there."""

    context: Context
    app: FastAPI
    browser: httpx.AsyncClient
    node: OwnNode
    store: SqliteEventStore
    announced: list[tuple[str, Mapping[str, object]]]
    now_ms: int = NOW_MS
    written: int = 0

    def bearer(self, role: Role = Role.VIEWER, *, user: str = "anna", ttl_s: int = 60) -> dict[str, str]:
        """The header of a program that has a token."""
        identity = Identity(user, role, self.now_ms // 1000 + ttl_s, issued_ms=self.now_ms)
        return {"Authorization": f"Bearer {sign(identity, self.context.access.keys)}"}

    def narrowed(self, *filters: str) -> dict[str, str]:
        """The header of a viewer whose token lets him see only what these filters cover."""
        identity = Identity("anna", Role.VIEWER, self.now_ms // 1000 + 60, subscribe=filters)
        return {"Authorization": f"Bearer {sign(identity, self.context.access.keys)}"}

    async def get(self, path: str, params: Mapping[str, Any] | None = None, *, role: Role = Role.VIEWER) -> Any:
        """What a GET with a token of that role answers, which is not an error."""
        answer = await self.browser.get(path, headers=self.bearer(role), params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def write(self, events: Sequence[tuple[str, int, Mapping[str, object]]]) -> Position:
        """Put events on record, as the recorder and the node do."""
        self.written += 1
        pieces = [encode_event(topic, time, data) for topic, time, data in events]
        batch = Batch.of([topic for topic, _, _ in events], [time for _, time, _ in events], pieces)
        batch.position = Position("epoch", self.written)
        await self.store.write([batch])
        self.node.latest.apply(batch)
        self.node.chat.rooms.apply(batch)
        return batch.position

    async def add_user(self, name: str, role: Role, password_hash: str) -> None:
        """Somebody who may sign in."""
        await self.context.users.add(User(name, role.value, password_hash, self.now_ms))

    def other_browser(self, *, origin: str = ORIGIN) -> httpx.AsyncClient:
        """Another browser, without cookies."""
        return httpx.AsyncClient(transport=transport_of(self.app), base_url=origin)


def transport_of(app: FastAPI) -> httpx.ASGITransport:
    """What asks the application without a network; what fails inside is an answer, as with a server."""
    return httpx.ASGITransport(app, raise_app_exceptions=False)


async def ready() -> Readiness:
    return Readiness(ready=True, reason="", took_ms=0.5)


DOCUMENTS: dict[tuple[str, ...], dict[str, Any]] = {}
"""The OpenAPI document by the paths of the further routers; to make one takes longer than most tests of the API."""


@asynccontextmanager
async def open_api(directory: Path, *, routers: Sequence[APIRouter] = (), **changes: Any) -> AsyncIterator[Api]:
    """An API of its own files, with more `routers`; `changes` are fields of its context."""
    node = OwnNode()
    served: list[Api] = []
    announced: list[tuple[str, Mapping[str, object]]] = []

    def now_s() -> float:
        return served[0].now_ms / 1000 if served else NOW_MS / 1000

    async def append(topic: str, data: Mapping[str, object]) -> None:
        announced.append((topic, data))

    path = directory / "hub.db"
    async with (
        SqliteEventStore(path, fold_s=0) as store,
        SqliteDatabase(path) as opened,
        Access(KEYS, store=AccessTables(opened), append=append, end_sessions=lambda _: None, now_s=now_s) as access,
    ):
        context = Context(
            **{
                "node": node,
                "store": store,
                "users": UserTable(opened),
                "access": access,
                "tickets": Tickets(TicketTable(opened), holds=access.holds, now_s=now_s),
                "version": "1.2.3",
                "mqtt_url": "mqtt://127.0.0.1:1883",
                "engine": "local",
                "token_ttl_s": 3600,
                "origins": frozenset({"https://other.example"}),
                "now_s": now_s,
                **changes,
            }
        )
        more = [search_router(store), state_router(store), *routers]
        app = create_api(context, check=ready, metrics=lambda: b"", content_type="text/plain", routers=more)
        paths = tuple(getattr(route, "path", "") for router in more for route in router.routes)
        app.openapi_schema = DOCUMENTS.get(paths)
        hooks: Any = {"response": [conforming(app)]}
        async with httpx.AsyncClient(transport=transport_of(app), base_url=ORIGIN, event_hooks=hooks) as browser:
            served.append(Api(context, app, browser, node, store, announced))
            yield served[0]
        if app.openapi_schema is not None:
            DOCUMENTS[paths] = app.openapi_schema
