"""Presence of one process: in memory, and in a file for the process that comes after it."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Self

from hub.engine.base import Engine
from hub.engine.presence_base import LEASE_S, MAX_CHANGES, PREFIX, Change, Member, Members
from hub.engine.presence_file import Kept, PresenceFile
from hub.events import Batch, encode_event


@dataclass(slots=True)
class Stay:
    """A user on a topic: 0 sessions where only an earlier process knew of him; `said`: his join is on the log."""

    since_ms: int
    sessions: int
    said: bool


Said = tuple[str, str, str]
"""Event, topic, user."""


class LocalPresence:
    """Presence (see `presence_base`) of the one process of a local engine.

    There is no other node; but those whom an earlier process left on the file are there until they come back or
    LEASE_S have gone by since the start. A kill -9 in the very moment of a join or leave lets it be said twice: file and
    log are not written in one step, and a leave that is never said would be worse.
    """

    def __init__(self, engine: Engine, path: Path, *, now_ms: Callable[[], int], lease_s: float = LEASE_S) -> None:
        self._engine = engine
        self._file = PresenceFile(path)
        self._now_ms = now_ms
        self._lease_s = lease_s
        self._topics: dict[str, dict[str, Stay]] = {}
        self._earlier: dict[tuple[str, str], None] = {}
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
        now_ms = self._now_ms()
        said = [event for change in changes if (event := self._apply(change, now_ms))]
        await self._say(said, now_ms)
        return True

    def _apply(self, change: Change, now_ms: int) -> Said | None:
        """Take a change into memory; what is to be said of it."""
        topic, user, sessions = change
        stays = self._topics.setdefault(topic, {})
        stay = stays.get(user)
        if sessions:
            self._earlier.pop((topic, user), None)
            if stay is None:
                stay = stays[user] = Stay(now_ms, sessions, said=False)
            stay.sessions = sessions
            return None if stay.said else ("join", topic, user)
        if stay is None or not stay.sessions:
            return None
        self._drop(topic, user)
        return ("leave", topic, user)

    def _drop(self, topic: str, user: str) -> None:
        stays = self._topics[topic]
        del stays[user]
        if not stays:
            del self._topics[topic]

    async def _say(self, said: Sequence[Said], now_ms: int) -> None:
        """Append joins and leaves as one batch; the file knows a join before the log does, and a leave after it."""
        if not said:
            return
        joined = [(topic, user) for event, topic, user in said if event == "join"]
        await self._keep(joined, said=False)
        topics = [PREFIX + topic for _, topic, _ in said]
        pieces = [
            encode_event(PREFIX + topic, now_ms, {"event": event, "user": user}) for event, topic, user in said
        ]
        await self._engine.publish(Batch.of(topics, [now_ms] * len(said), pieces))
        await self._keep(joined, said=True)
        await self._file.remove([(topic, user) for event, topic, user in said if event == "leave"])

    async def _keep(self, joined: Iterable[tuple[str, str]], *, said: bool) -> None:
        stays = [(topic, user, self._topics[topic][user]) for topic, user in joined]
        for _, _, stay in stays:
            stay.said = said
        await self._file.put([Kept(topic, user, stay.since_ms, said) for topic, user, stay in stays])

    async def reap(self) -> float:
        """See Presence: the leaves of those whom an earlier process left and who did not come back."""
        wait_s = self._reap_at - asyncio.get_running_loop().time()
        if wait_s > 0:
            return wait_s
        while self._earlier:
            gone = list(islice(self._earlier, MAX_CHANGES))
            for topic, user in gone:
                del self._earlier[topic, user]
                self._drop(topic, user)
            await self._say([("leave", topic, user) for topic, user in gone], self._now_ms())
        return self._lease_s

    async def members(self, topic: str, *, limit: int) -> Members:
        """See Presence."""
        stays = self._topics.get(topic, {})
        listed = [Member(user, stay.sessions, stay.since_ms) for user, stay in islice(stays.items(), limit)]
        return Members(len(stays), listed)

    async def withdraw(self, *, after_s: float) -> None:
        """See Presence; the next process finds them on the file, so that who comes back to it has not left."""
