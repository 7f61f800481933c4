"""The newest batches of the log, in memory."""

from hub.events import Batch

MAX_RECENT_BATCHES = 1000
MAX_RECENT_BYTES = 8 * 1024 * 1024


class Recent:
    """The newest batches, bounded by count and bytes; the oldest ones leave first (they stay on the log)."""

    def __init__(self, *, max_batches: int = MAX_RECENT_BATCHES, max_bytes: int = MAX_RECENT_BYTES) -> None:
        self._max_batches = max_batches
        self._max_bytes = max_bytes
        self._bytes = 0
        self._batches: dict[int, tuple[Batch, int]] = {}
        self._first = 1

    def append(self, offset: int, batch: Batch, size_bytes: int) -> None:
        """Keep the batch that follows the newest one."""
        if not self._batches:
            self._first = offset
        self._batches[offset] = (batch, size_bytes)
        self._bytes += size_bytes
        while len(self._batches) > self._max_batches or self._bytes > self._max_bytes:
            self._bytes -= self._batches.pop(self._first)[1]
            self._first += 1

    def after(self, offset: int, limit: int) -> list[Batch] | None:
        """At most `limit` batches after the offset, oldest first; None where it does not reach back that far."""
        if not self._batches or offset + 1 < self._first:
            return None
        end = min(offset + limit, self._first + len(self._batches) - 1)
        return [self._batches[i][0] for i in range(offset + 1, end + 1)]
