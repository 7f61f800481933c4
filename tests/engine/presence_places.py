"""Where presence can be kept: a log, and nodes that keep their presence beside it."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from hub.engine.presence_base import LEASE_S, Change, Members, Presence
from hub.engine.presence_local import LocalPresence
from hub.engine.presence_redis import RedisPresence
from hub.events import decode_event
from tests.engine.places import CountingEngine, LocalPlace, RedisPlace

ROOM = "chat/ops"


@dataclass
class Node:
    """One node: its engine and its presence."""

    engine: CountingEngine
    presence: Presence

    async def change(self, *changes: tuple[str, str, int]) -> bool:
        return await self.presence.change([Change(*change) for change in changes])

    async def members(self, topic: str = ROOM, *, limit: int = 1000) -> Members:
        return await self.presence.members(topic, limit=limit)

    async def users(self, topic: str = ROOM) -> dict[str, int]:
        """User → sessions."""
        return {member.user: member.sessions for member in (await self.members(topic)).listed}

    async def said(self) -> list[tuple[str, str, str]]:
        """Every join and leave on the log: topic, event, user."""
        found = []
        for batch in await self.engine.tail(limit=10_000):
            assert batch.topics == [decode_event(piece)["topic"] for piece in batch.pieces()]
            assert list(batch.times) == [decode_event(piece)["time"] for piece in batch.pieces()]
            for piece in batch.pieces():
                event = decode_event(piece)
                data = event["data"]
                assert isinstance(data, dict)
                found.append((str(event["topic"]), data["event"], data["user"]))
        return found


class PresencePlace(Protocol):
    """One log and what is kept beside it; a node that ends here is as one that was killed."""

    def node(self, *, lease_s: float = LEASE_S) -> AbstractAsyncContextManager[Node]:
        """A node."""
        ...


class LocalPresencePlace:
    def __init__(self, directory: Path) -> None:
        self.directory = directory

    @asynccontextmanager
    async def node(self, *, lease_s: float = LEASE_S) -> AsyncIterator[Node]:
        path = self.directory / "presence.db"
        async with (
            LocalPlace(self.directory / "log.db").engine() as engine,
            LocalPresence(engine, path, now_ms=lambda: 1000, lease_s=lease_s) as presence,
        ):
            yield Node(engine, presence)


class RedisPresencePlace:
    def __init__(self, place: RedisPlace) -> None:
        self.place = place

    @asynccontextmanager
    async def node(self, *, lease_s: float = LEASE_S) -> AsyncIterator[Node]:
        async with self.place.engine() as engine, RedisPresence(engine, lease_s=lease_s) as presence:
            yield Node(engine, presence)
