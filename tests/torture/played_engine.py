"""A log that a test plays: in memory, and with every pause and failure that an engine may have (hub/engine/base.py)."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import NamedTuple

from hub.engine.presence_base import Change, Members
from hub.errors import Unavailable, Unrecoverable
from hub.events import Batch, Position, encode_event
from hub.rollup_plan import Plan
from hub.store.base import Page, Slots


class Entry(NamedTuple):
    """One event that was appended, for good."""

    position: Position
    topic: str
    number: int


TELEMETRY = "telemetry/"


def data_of(topic: str, number: int) -> dict[str, object]:
    """What an event says; telemetry has a key more, which a subscription may leave out."""
    return {"n": number, "more": True} if topic.startswith(TELEMETRY) else {"n": number}


class PlayedEngine:
    """`following` and `reading` are gates: closed, the live end or history stands still. `away`: nobody answers."""

    def __init__(self) -> None:
        self.following = True
        self.reading = True
        self.away = False
        self.entries: list[Entry] = []
        self._batches: list[Batch] = []
        self._epoch = 0
        self._first = 1
        self._trimmed = 0
        self._number = 0
        self._moved = asyncio.Event()

    @property
    def position(self) -> Position:
        return Position(f"e{self._epoch}", self._trimmed + len(self._batches))

    def move(self) -> None:
        """A gate was moved, or the log: whoever waits looks again."""
        self._moved.set()
        self._moved = asyncio.Event()

    async def moved(self) -> None:
        await self._moved.wait()

    def add(self, *topics: str) -> None:
        """Append one batch with an event on each topic, numbered over all."""
        pieces = []
        position = Position(self.position.epoch, self.position.offset + 1)
        for topic in topics:
            self._number += 1
            self.entries.append(Entry(position, topic, self._number))
            pieces.append(encode_event(topic, self._number, data_of(topic, self._number)))
        batch = Batch.of(topics, [1] * len(topics), pieces)
        batch.position = position
        self._batches.append(batch)
        self.move()

    def trim(self) -> None:
        """All that is on the log now can't be read any more."""
        self._trimmed += len(self._batches)
        self._batches.clear()

    def lose(self) -> None:
        """The log is lost; a new epoch begins."""
        self._epoch += 1
        self._batches.clear()
        self._trimmed = 0
        self.move()

    async def publish(self, batch: Batch, *, timeout_s: float | None = None) -> Position:
        raise Unavailable(f"{batch} {timeout_s}: only the test appends")

    @asynccontextmanager
    async def subscribe(self) -> AsyncIterator["PlayedLive"]:
        if self.away:
            raise Unavailable
        yield PlayedLive(self, self.position)

    async def head(self) -> Position:
        await asyncio.sleep(0)
        if self.away:
            raise Unavailable
        return self.position

    async def history(self, since: Position, *, limit: int) -> list[Batch]:
        await asyncio.sleep(0)
        while not self.reading:
            await self.moved()
        return self.read(since, limit=min(limit, 2))

    def read(self, since: Position, *, limit: int) -> list[Batch]:
        if self.away:
            raise Unavailable
        head = self.position
        if since.epoch != head.epoch or since.offset > head.offset or since.offset < self._trimmed:
            raise Unrecoverable
        return self._batches[since.offset - self._trimmed :][:limit]

    async def tail(self, *, limit: int) -> list[Batch]:
        return self._batches[-limit:]

    def consume(self, group: str, member: str) -> "NoConsumer":
        raise Unavailable(f"{group} {member}: nobody consumes here")

    async def ack(self, group: str, position: Position) -> None:
        raise Unavailable(f"{group} {position}: nobody consumes here")


class NoConsumer:
    """What `consume` would give."""

    async def __aenter__(self) -> AsyncIterator[list[Batch]]:
        raise Unavailable

    async def __aexit__(self, *_: object) -> None:
        return None


class PlayedLive:
    def __init__(self, engine: PlayedEngine, position: Position) -> None:
        self.position = position
        self._engine = engine
        self._next = position

    def __aiter__(self) -> "PlayedLive":
        return self

    async def __anext__(self) -> list[Batch]:
        engine = self._engine
        while not engine.following or engine.position == self._next:
            await engine.moved()
        if engine.position.epoch != self._next.epoch:
            raise Unrecoverable
        await asyncio.sleep(0)
        batches = engine.read(self._next, limit=1000)
        self._next = batches[-1].position or self._next
        return batches


class EmptyStore:
    """A store in which nothing was ever written."""

    async def position(self) -> Position | None:
        return None

    async def write(self, batches: Sequence[Batch]) -> int:
        return len(batches)

    async def latest(self) -> list[bytes]:
        return []

    async def history(self, device: str, key: str, **_: object) -> Page:
        del device, key
        return Page([], None)

    async def summaries(
        self, asked: Mapping[str, Sequence[str]], plan: Plan, **_: object
    ) -> dict[str, dict[str, Slots]]:
        del asked, plan
        return {}

    def whole_since(self) -> dict[int, int]:
        return {}

    async def keys(self, device: str) -> list[str]:
        del device
        return []

    async def events(self, topic: str, **_: object) -> list[dict[str, object]]:
        del topic
        return []


class NobodyThere:
    """Presence that nobody asks for."""

    async def change(self, changes: Sequence[Change]) -> bool:
        del changes
        return True

    async def reap(self) -> float:
        return 3600.0

    async def members(self, topic: str, *, limit: int) -> Members:
        raise Unavailable(f"{topic} {limit}")

    async def withdraw(self, *, after_s: float) -> None:
        del after_s
