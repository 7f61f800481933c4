"""The presence seam: which users are on which topics now, over all nodes; and who says that they came and went."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

PREFIX = "presence/"
"""Joins and leaves of a topic are events on this and the topic, with the data `{"event": "join" | "leave", "user"}`."""

LEASE_S = 12.0
"""What a node said holds so long after its last change; who renews every 5 s may fail once."""

MAX_CHANGES = 200
"""Changes in one call: what a script does at once must be short."""


class Change(NamedTuple):
    """How many sessions a user has on a topic by one node from now on; 0: none any more."""

    topic: str
    user: str
    sessions: int


class Member(NamedTuple):
    """A user on a topic: with how many sessions, and since when (ms since the epoch)."""

    user: str
    sessions: int
    since_ms: int


class Members(NamedTuple):
    """Who is on a topic: how many users, and those who have been there for longest."""

    total: int
    listed: list[Member]


class Presence(Protocol):
    """One node's hand on what all nodes know. Made with the engine of the log; opened and closed by `async with`.

    A user's first session on a topic on any node is a join, the end of his last one a leave. Each is appended to the
    log once, in the order in which they come to be, in one step with what `members` tells: whatever is killed when,
    there is no member without a join on the log and none that goes without a leave. All raise Unavailable where the
    engine does not answer; what was asked may or may not have happened then.
    """

    async def change(self, changes: Sequence[Change]) -> bool:
        """Say at most MAX_CHANGES changes, none to renew what was said before: it holds for LEASE_S from now.

        False: the engine does not know what this node said before (it was lost, or the lease has ended), and nothing
        was changed. The caller then says everything anew. Calls must not overlap; saying the same twice is once.
        """
        ...

    async def reap(self) -> float:
        """Say the leaves of nodes whose leases have ended; however many nodes ask, each leave is said once.

        Gives the seconds until another lease may end. A lease that could not be renewed, because the engine was away
        for everybody, is not ended: who calls this waits until the others have had LEASE_S to come back.
        """
        ...

    async def members(self, topic: str, *, limit: int) -> Members:
        """Who is on the topic now; those of a killed node until they are reaped."""
        ...

    async def withdraw(self, *, after_s: float) -> None:
        """This node stops: its lease ends after so many seconds, in which its users can come back on another node."""
        ...
