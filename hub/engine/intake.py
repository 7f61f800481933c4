"""What publishers wait with until the log has it: bounded, first come first served."""

import asyncio
from collections import deque
from collections.abc import Callable

from hub.errors import Unavailable
from hub.events import Batch, Position

MAX_WAITING_BYTES = 64 * 1024 * 1024
ENTRY_OVERHEAD_BYTES = 512


class Waiting:
    """A batch on its way to the log: its encoded entry, and what its publisher waits for."""

    __slots__ = ("batch", "done", "entry", "sequence")

    def __init__(self, batch: Batch, entry: bytes, done: asyncio.Future[Position]) -> None:
        self.batch = batch
        self.entry = entry
        self.done = done
        self.sequence = 0

    @property
    def size_bytes(self) -> int:
        """What it counts for against the bound."""
        return len(self.entry) + ENTRY_OVERHEAD_BYTES


class Intake:
    """Hands batches to `put` in the order of the calls of `publish`, never more than `max_bytes` at a time.

    Overflow `pause`: the publisher waits in a line. Whoever takes a batch from `put` ends it with `confirm`, `refuse`
    or `forget`; only then its bytes are free again, so that publishers which gave up can't fill the memory.
    """

    def __init__(self, put: Callable[[Waiting], None], *, max_bytes: int = MAX_WAITING_BYTES) -> None:
        self._put = put
        self._max_bytes = max_bytes
        self._line: deque[Waiting] = deque()
        self._closed = False
        self.waiting_bytes = 0

    async def publish(self, batch: Batch, *, timeout_s: float | None) -> Position:
        """Wait until the batch is confirmed; raises Unavailable after `timeout_s`, the outcome being unknown then."""
        if self._closed:
            raise Unavailable("The log is closed.")
        waiting = Waiting(batch, batch.encode(), asyncio.get_running_loop().create_future())
        if self._line or not self._has_room(waiting):
            self._line.append(waiting)
        else:
            self._enter(waiting)
        try:
            async with asyncio.timeout(timeout_s):
                return await waiting.done
        except TimeoutError:
            raise Unavailable(f"The log did not confirm the batch in {timeout_s} s.") from None
        finally:
            if waiting.done.cancelled() and waiting in self._line:
                self._line.remove(waiting)

    def confirm(self, waiting: Waiting, position: Position) -> None:
        """The log has it for good."""
        if waiting.batch.position is None:
            waiting.batch.position = position
        if not waiting.done.done():
            waiting.done.set_result(position)
        self.forget(waiting)

    def refuse(self, waiting: Waiting) -> None:
        """The log is closing and does not take it any more."""
        if not waiting.done.done():
            waiting.done.set_exception(Unavailable("The log closed before it confirmed the batch."))
        self.forget(waiting)

    def forget(self, waiting: Waiting) -> None:
        """Its bytes are free again."""
        self.waiting_bytes -= waiting.size_bytes
        while self._line and not self._closed and self._has_room(self._line[0]):
            following = self._line.popleft()
            if not following.done.done():
                self._enter(following)

    def close(self) -> None:
        """Refuse what waits in the line and what comes from now on."""
        self._closed = True
        while self._line:
            waiting = self._line.popleft()
            if not waiting.done.done():
                waiting.done.set_exception(Unavailable("The log closed before it took the batch."))

    def _has_room(self, waiting: Waiting) -> bool:
        return not self.waiting_bytes or self.waiting_bytes + waiting.size_bytes <= self._max_bytes

    def _enter(self, waiting: Waiting) -> None:
        self.waiting_bytes += waiting.size_bytes
        self._put(waiting)
