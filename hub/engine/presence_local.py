"""Presence of one process: in memory, and in a file for the process that comes after it."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import NamedTuple, Self

from hub.engine.base import Engine
from hub.engine.presence_base import LEASE_S, MAX_CHANGES, PREFIX, Change, Member, Members
from hub.engine.presence_file import Kept, PresenceFile
from hub.events import Batch, encode_event


@dataclass(slots=True)
class Stay:
    """A user on a topic: 0 sessions where only an earlier process knew of him; `said`: his join is said or will be."""

    since_ms: int
    sessions: int
    said: bool


class Said(NamedTuple):
    """A join or leave that is to go on the log."""

    event: str
    topic: str
    user: str
    time_ms: int


class LocalPresence:
    """Presence (see `presence_base`) of the one process of a local engine.

    There is no other node; but those whom an earlier process left on the file are there until they come back or
    LEASE_S have gone by since the start. A kill -9 in the very moment of a join or leave lets it be said twice: file
    and log are not written in one step, and a leave that is never said would be worse.
    """

    def __init__(self, engine: Engine, path: Path, *, now_ms: Callable[[], int], lease_s: float = LEASE_S) -> None:
        self._engine = engine
        self._file = PresenceFile(path)
        self._now_ms = now_ms
        self._lease_s = lease_s
        self._topics: dict[str, dict[str, Stay]] = {}
        self._earlier: dict[tuple[str, str], None] = {}
        self._unsaid: list[Said] = []
        self._reap_at = 0.0

    async def __aenter__(self) -> Self:
        for topic, user, since_ms, said in await self._file.open():
            self._topics.setdefault(topic, {})[user] = Stay(since_ms, 0, said)
            self._earlier[topic, user] = None
        self._reap_at = asyncio.get_running_loop().time() + self._lease_s
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._file.close()

    async def change(self, changes: Sequence[Change]) -> bool:
        """See Presence; always True, there is nobody who could forget."""
        for change in changes:
            self._apply(change, self._now_ms())
        await self._say()
        return True

    def _apply(self, change: Change, now_ms: int) -> None:
        topic, user, sessions = change
        stay = self._topics.get(topic, {}).get(user)
        if not sessions:
            if stay is not None and stay.sessions:
                self._end(topic, user, now_ms)
            return
        self._earlier.pop((topic, user), None)
        if stay is None:
            stay = self._topics.setdefault(topic, {})[user] = Stay(now_ms, sessions, said=False)
        stay.sessions = sessions
        if not stay.said:
            stay.said = True
            self._unsaid.append(Said("join", topic, user, stay.since_ms))

    def _end(self, topic: str, user: str, now_ms: int) -> None:
        stays = self._topics[topic]
        del stays[user]
        if not stays:
            del self._topics[topic]
        self._unsaid.append(Said("leave", topic, user, now_ms))

    async def _say(self) -> None:
        """Append what is unsaid as one batch; the file knows a join before the log does, and a leave after it."""
        said = self._unsaid.copy()
        if not said:
            return
        last = {(event.topic, event.user): event for event in said}
        joined = [(topic, user, event.time_ms) for (topic, user), event in last.items() if event.event == "join"]
        await self._file.put([Kept(*join, said=False) for join in joined])
        await self._engine.publish(_batch(said))
        del self._unsaid[: len(said)]
        await self._file.put([Kept(*join, said=True) for join in joined])
        await self._file.remove([key for key, event in last.items() if event.event == "leave"])

    async def reap(self) -> float:
        """See Presence: the leaves of those whom an earlier process left and who did not come back."""
        wait_s = self._reap_at - asyncio.get_running_loop().time()
        if wait_s > 0:
            return wait_s
        while self._earlier:
            gone = list(islice(self._earlier, MAX_CHANGES))
            for topic, user in gone:
                del self._earlier[topic, user]
                self._end(topic, user, self._now_ms())
            await self._say()
        return self._lease_s

    async def members(self, topic: str, *, limit: int) -> Members:
        """See Presence."""
        stays = self._topics.get(topic, {})
        listed = [Member(user, stay.sessions, stay.since_ms) for user, stay in islice(stays.items(), limit)]
        return Members(len(stays), listed)

    async def withdraw(self, *, after_s: float) -> None:
        """See Presence; the next process finds them on the file, so that who comes back to it has not left."""


def _batch(said: Sequence[Said]) -> Batch:
    topics = [PREFIX + event.topic for event in said]
    times = [event.time_ms for event in said]
    pieces = [
        encode_event(topic, event.time_ms, {"event": event.event, "user": event.user})
        for topic, event in zip(topics, said, strict=True)
    ]
    return Batch.of(topics, times, pieces)
