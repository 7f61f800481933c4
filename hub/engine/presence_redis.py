"""Presence of several processes: in Redis beside the log, and changed in one script with what is appended to it."""

import asyncio
import math
import secrets
from collections.abc import Sequence
from typing import Any, Protocol, Self

from hub.engine.presence_base import LEASE_S, MAX_CHANGES, Change, Member, Members
from hub.engine.redis_names import script
from hub.errors import Unavailable

MS = 1000
SCRIPTS = ("change", "reap", "members", "withdraw")


class ScriptedLog(Protocol):
    """What presence needs of the engine."""

    async def run_on_log(self, source: str, *arguments: str | int | bytes) -> list[Any]:
        """The answer of a script that may append to the log by itself (see `presence.lua`); raises Unavailable."""
        ...


class RedisPresence:
    """Presence (see `presence_base`) on the Redis of the log.

    A node is a random name. Its attempts are numbered, so that Redis can tell one that came late, and the node can be
    told that Redis has forgotten it; then it goes on under another name, and the old one's lease ends.
    """

    def __init__(self, log: ScriptedLog, *, lease_s: float = LEASE_S) -> None:
        self._log = log
        self._lease_s = lease_s
        self._scripts = {name: script("epoch", "append", "presence", f"presence_{name}") for name in SCRIPTS}
        self._node = ""
        self._attempt = self._known = 0
        self._heard_at = self._in_touch_since = -math.inf

    async def __aenter__(self) -> Self:
        self._begin()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Nothing is held: what others need to know stays in Redis until the lease ends."""

    def _begin(self) -> None:
        self._node = secrets.token_hex(8)
        self._attempt = self._known = 0

    async def change(self, changes: Sequence[Change]) -> bool:
        """See Presence."""
        self._attempt += 1
        numbers = (self._known, self._attempt, round(self._lease_s * MS))
        told = [part for change in changes for part in change]
        (done,) = await self._run("change", self._node, *numbers, *told)
        if not done:
            self._begin()
            return False
        self._known = self._attempt
        return True

    async def reap(self) -> float:
        """See Presence; in the first lease's time of being in touch with Redis, only nodes that have stopped."""
        while True:
            wait_s = self._reaps_in_s()
            more, next_ms = await self._run("reap", self._node, MAX_CHANGES, int(wait_s <= 0))
            if not more:
                break
        until_next_s = self._lease_s if next_ms < 0 else float(next_ms) / MS
        return min(until_next_s, wait_s) if wait_s > 0 else until_next_s

    def _reaps_in_s(self) -> float:
        now = asyncio.get_running_loop().time()
        if now - self._heard_at > self._lease_s:
            return self._lease_s
        return self._in_touch_since + self._lease_s - now

    async def members(self, topic: str, *, limit: int) -> Members:
        """See Presence."""
        total, *found = await self._run("members", topic, limit)
        rows = zip(found[::3], found[1::3], found[2::3], strict=True)
        return Members(total, [Member(user.decode(), int(sessions), int(since)) for user, since, sessions in rows])

    async def withdraw(self, *, after_s: float) -> None:
        """See Presence."""
        await self._run("withdraw", self._node, round(after_s * MS))

    async def _run(self, name: str, *arguments: str | int) -> list[Any]:
        """Run a script, and keep in mind since when Redis has answered without a pause of a lease's time."""
        now = asyncio.get_running_loop().time()
        if now - self._heard_at > self._lease_s:
            self._in_touch_since = now
        try:
            answer = await self._log.run_on_log(self._scripts[name], *arguments)
        except Unavailable:
            self._heard_at = -math.inf
            raise
        self._heard_at = asyncio.get_running_loop().time()
        return answer
