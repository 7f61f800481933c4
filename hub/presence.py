"""Who is on a topic: what this node's sessions are on, told to all nodes; and the answer to who asks."""

import asyncio
import logging
from collections.abc import Collection, Hashable, Sequence
from contextlib import suppress
from typing import Self

from hub import chat
from hub.attendance import Attendance
from hub.engine.presence_base import MAX_CHANGES, PREFIX, Change, Members, Presence
from hub.errors import Unavailable

log = logging.getLogger(__name__)

LEAVE_DELAY_S = 2.0
"""Who reloads a page is back within this, and has not left."""
RENEW_S = 5.0
RETRY_S = 0.5
WITHDRAW_TIMEOUT_S = 2.0
LEAST_WAIT_S = 0.02
MAX_MEMBERS = 1000
"""Listed in one answer; the number of all is in it too."""
MAX_READS = 5
"""How often one answer is read again because somebody joined or left meanwhile."""


def topics_of(filters: Collection[str], *, asked: bool) -> list[str]:
    """The topics that somebody with these valid filters is on: of chat by themselves, others where it is asked for.

    A filter with a wildcard is about no topic in particular, nobody is present on presence itself, and what begins with
    `$` is nobody else's business.
    """
    named = [name for name in filters if "+" not in name and "#" not in name and not name.startswith((PREFIX, "$"))]
    return [name for name in named if asked or name.startswith(chat.PREFIX)]


class Read:
    """One reading of a topic's members, shared by all who ask meanwhile; `moves` counts joins and leaves since."""

    def __init__(self) -> None:
        self.moves = 0
        self.task: asyncio.Task[Members]


class NodePresence:
    """What this node says of its sessions, and asks for them. Opened and closed by `async with`.

    Told in batches: while the engine is told one, the next gathers; what was not heard is told again. `failures` counts
    times that the engine did not answer, `restarts` times that it had forgotten this node.
    """

    def __init__(self, presence: Presence, *, leave_delay_s: float = LEAVE_DELAY_S, renew_s: float = RENEW_S) -> None:
        self.failures = 0
        self.restarts = 0
        self._presence = presence
        self._attendance = Attendance(leave_delay_s=leave_delay_s)
        self._leave_delay_s = leave_delay_s
        self._renew_s = renew_s
        self._renew_at = self._reap_at = 0.0
        self._moved = asyncio.Event()
        self._reads: dict[str, Read] = {}
        self._tasks: list[asyncio.Task[None]] = []

    def __len__(self) -> int:
        """How many users are on topics by sessions of this node; a user on two topics counts twice."""
        return len(self._attendance)

    async def __aenter__(self) -> Self:
        self._tasks = [asyncio.create_task(self._run(), name="hub.presence")]
        return self

    async def __aexit__(self, *_: object) -> None:
        tasks = [*self._tasks, *(read.task for read in self._reads.values())]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        with suppress(Unavailable, TimeoutError):
            async with asyncio.timeout(WITHDRAW_TIMEOUT_S):
                await self._presence.withdraw(after_s=self._leave_delay_s)

    # What this node's sessions are on

    def enter(self, session: Hashable, filters: Collection[str], *, user: str, asked: bool) -> None:
        """A user's session has subscribed to these filters; `asked`: its presence on all of them was asked for."""
        topics = topics_of(filters, asked=asked)
        if topics:
            self._attendance.enter(session, topics, user=user)
            self._moved.set()

    def leave(self, session: Hashable, filters: Collection[str] | None = None, *, user: str) -> None:
        """A user's session has ended these filters; None: all of them."""
        self._attendance.leave(session, filters, user=user, now_s=_now_s())
        self._moved.set()

    async def _run(self) -> None:
        """Tell for ever, whatever breaks."""
        failed = False
        while True:
            try:
                self._moved.clear()
                await self._tell()
                await self._reap()
                failed = False
            except Unavailable as error:
                if not failed:
                    log.warning("Presence can't be told and is told again: %s", error)
                failed = True
            except Exception:
                log.exception("Telling presence failed; it is told again.")
                failed = True
            if failed:
                self.failures += 1
                await asyncio.sleep(RETRY_S)
            else:
                await self._wait()

    async def _tell(self) -> None:
        """Tell what has changed, or renew what was told where it is time."""
        taken = self._attendance.take(_now_s(), limit=MAX_CHANGES)
        if not taken and not (self._attendance.told and _now_s() >= self._renew_at):
            return
        self._renew_at = _now_s() + self._renew_s
        try:
            known = await self._presence.change([Change(*one) for one in taken])
        except BaseException:
            self._attendance.put_back(taken)
            raise
        if not known:
            self.restarts += 1
            self._attendance.restart()

    async def _reap(self) -> None:
        if _now_s() >= self._reap_at:
            wait_s = await self._presence.reap()
            self._reap_at = _now_s() + max(LEAST_WAIT_S, min(wait_s, self._renew_s))

    async def _wait(self) -> None:
        """Until something is to be told, renewed or reaped."""
        until_s = self._reap_at
        if self._attendance.told:
            until_s = min(until_s, self._renew_at)
        due_s = self._attendance.due_s()
        if due_s is not None:
            until_s = min(until_s, due_s)
        with suppress(TimeoutError):
            async with asyncio.timeout_at(until_s):
                await self._moved.wait()

    # Who is there

    @property
    def asked(self) -> bool:
        """Whether somebody waits for an answer just now: then `see` is to be told of every batch."""
        return bool(self._reads)

    def see(self, topics: Sequence[str]) -> None:
        """Events on these topics are about to be given to the sessions."""
        for topic in topics:
            read = self._reads.get(topic)
            if read is not None:
                read.moves += 1

    async def members(self, topic: str) -> Members:
        """Who is on the topic, at most MAX_MEMBERS of them; raises Unavailable.

        No join or leave that the sessions of this node were given before the answer is missing from it, so that a
        client which takes the answer and then goes on with the events is right.
        """
        read = self._reads.get(PREFIX + topic)
        if read is None:
            read = self._reads[PREFIX + topic] = Read()
            read.task = asyncio.create_task(self._read(read, topic), name="hub.presence[read]")
            read.task.add_done_callback(_retrieved)
        return await asyncio.shield(read.task)

    async def _read(self, read: Read, topic: str) -> Members:
        try:
            for _ in range(MAX_READS):
                moves = read.moves
                members = await self._presence.members(topic, limit=MAX_MEMBERS)
                if read.moves == moves:
                    break
            return members
        finally:
            del self._reads[PREFIX + topic]


def _now_s() -> float:
    return asyncio.get_running_loop().time()


def _retrieved(task: asyncio.Task[Members]) -> None:
    """Nobody may be left to hear of its failure: all who asked may be gone."""
    if not task.cancelled():
        task.exception()
