"""The engine seam: the one log, its announcements, and the groups that consume it."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from hub.events import Batch, Position


class Live(Protocol):
    """A running subscription to everything that is appended."""

    @property
    def position(self) -> Position:
        """The head of the log when the subscription began: the first batch that comes is the one after it."""
        ...

    def __aiter__(self) -> AsyncIterator[list[Batch]]:
        """Batches in the order of the log, without a hole and without a repetition; whatever waits comes as one list.

        A hole in the announcements is read from the log. Raises Unrecoverable where that can't be done, and when a
        new epoch began; the subscriber then starts a new subscription and says the gap.
        """
        ...


class Engine(Protocol):
    """Ordered, resumable delivery of batches. Made with its settings, opened and closed by `async with`.

    Appending a batch and announcing it is one step. Offsets have no gaps within an epoch and an acknowledged offset
    never names two batches; a log that was lost comes back with a new epoch. Subscribers get batches at most once,
    consumers at least once. All methods raise Unavailable where the log does not answer.
    """

    async def publish(self, batch: Batch, *, timeout_s: float | None = None) -> Position:
        """Append and announce; returns when the log has it for good (kill -9 of everything loses nothing of it).

        Waits for a log that is away, for ever or for `timeout_s`, then raises Unavailable (the outcome is unknown).
        However often it tries, the batch is on the log once. Calls that overlap keep their order.
        """
        ...

    def subscribe(self) -> AbstractAsyncContextManager[Live]:
        """Everything that is appended from now on."""
        ...

    async def head(self) -> Position:
        """The position of the newest batch; offset 0 of an empty log."""
        ...

    async def history(self, since: Position, *, limit: int) -> list[Batch]:
        """At most `limit` batches after `since`, oldest first; empty at the head.

        Raises Unrecoverable if `since` is of another epoch, beyond the head, or if the batch after it is trimmed away.
        """
        ...

    async def tail(self, *, limit: int) -> list[Batch]:
        """The newest `limit` batches, oldest first."""
        ...

    def consume(self, group: str, member: str) -> AbstractAsyncContextManager[AsyncIterator[list[Batch]]]:
        """Everything since the group's last ack, each batch to one member; a new group begins at the oldest batch.

        What a member took and did not ack comes again: to it when it comes back, to another after `CLAIM_IDLE_S`.
        """
        ...

    async def ack(self, group: str, position: Position) -> None:
        """The group is done with everything that this member took up to the position."""
        ...


CLAIM_IDLE_S = 30.0
