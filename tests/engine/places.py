"""Where a log can be: what the contract suite is parametrised over."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Protocol

from hub.engine.base import CLAIM_IDLE_S, Engine
from hub.engine.local import LocalEngine
from hub.engine.redis import RedisEngine
from hub.events import Batch, encode_event
from tests.servers import Server

PLENTY_BYTES = 10**9
PLENTY_S = 10**6
PATIENCE_S = 20


class CountingEngine(Engine, Protocol):
    """An engine with the numbers that both implementations give."""

    @property
    def overrun_batches(self) -> int: ...
    @property
    def lost_batches(self) -> int: ...
    @property
    def waiting_bytes(self) -> int: ...
    @property
    def write_failures(self) -> int: ...


class Place(Protocol):
    """One log; engines on it are made one after the other."""

    def engine(
        self, *, max_bytes: int = PLENTY_BYTES, max_age_s: float = PLENTY_S, claim_idle_s: float = CLAIM_IDLE_S
    ) -> AbstractAsyncContextManager[CountingEngine]:
        """An engine on this log."""
        ...

    def away(self) -> AbstractContextManager[None]:
        """Meanwhile the log does not answer."""
        ...


class LocalPlace:
    def __init__(self, path: Path) -> None:
        self.path = path

    def engine(
        self, *, max_bytes: int = PLENTY_BYTES, max_age_s: float = PLENTY_S, claim_idle_s: float = CLAIM_IDLE_S
    ) -> LocalEngine:
        return LocalEngine(self.path, max_bytes=max_bytes, max_age_s=max_age_s, claim_idle_s=claim_idle_s)

    @contextmanager
    def away(self) -> Iterator[None]:
        with closing(sqlite3.connect(self.path, isolation_level=None)) as db:
            db.execute("BEGIN IMMEDIATE")
            yield
            db.execute("ROLLBACK")


class RedisPlace:
    def __init__(self, server: Server) -> None:
        self.server = server
        self.url = f"redis://127.0.0.1:{server.port}"

    def engine(
        self, *, max_bytes: int = PLENTY_BYTES, max_age_s: float = PLENTY_S, claim_idle_s: float = CLAIM_IDLE_S
    ) -> RedisEngine:
        return RedisEngine(self.url, max_bytes=max_bytes, max_age_s=max_age_s, claim_idle_s=claim_idle_s)

    @contextmanager
    def away(self) -> Iterator[None]:
        self.server.kill()
        yield
        self.server.start()


def batch(number: int, *, events: int = 1, padding: int = 0) -> Batch:
    """A batch that can be told from others."""
    topics = [f"telemetry/device{i}" for i in range(events)]
    data = {"number": number, "padding": "x" * padding}
    pieces = [encode_event(topic, 1000 + number, data) for topic in topics]
    return Batch.of(topics, [1000 + number] * events, pieces)


def number(got: Batch) -> int:
    """What `batch` was given."""
    return got.times[0] - 1000


def numbers(got: list[Batch]) -> list[int]:
    return [number(one) for one in got]


def offsets(got: list[Batch]) -> list[int]:
    return [one.position.offset for one in got if one.position]


async def collect(source: AsyncIterator[list[Batch]], count: int) -> list[Batch]:
    """Exactly so many batches, or what comes with them."""
    found: list[Batch] = []
    async with asyncio.timeout(PATIENCE_S):
        while len(found) < count:
            found += await anext(source)
    return found
