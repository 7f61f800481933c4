"""A consumer group of the local engine: who has which batch, and what is done."""

from itertools import islice
from typing import NamedTuple


class Taken(NamedTuple):
    """Who took a batch, and when (seconds of the caller's clock)."""

    member: str
    at: float


class Group:
    """Offsets on their way through the members of one group.

    Pure: the caller says what time it is and where the head is. `acked` is the offset up to which everything is done;
    only that survives the process.
    """

    def __init__(self, acked: int) -> None:
        self.acked = acked
        self._newest = acked
        self._pending: dict[int, Taken] = {}
        self._again: dict[str, list[int]] = {}
        self.lost_batches = 0

    def enter(self, member: str) -> None:
        """A member begins, or comes back: what it took and did not ack is due to it again."""
        self._again[member] = sorted(offset for offset, taken in self._pending.items() if taken.member == member)

    def take(self, member: str, *, head: int, now: float, idle_s: float, limit: int) -> list[int]:
        """At most `limit` offsets: what is due to the member again, else what others left so long, else new ones."""
        again = [o for o in self._again.pop(member, ()) if o in self._pending and self._pending[o].member == member]
        offsets = again[:limit]
        if offsets:
            self._again[member] = again[limit:]
        else:
            idle = (o for o, t in self._pending.items() if t.member != member and t.at + idle_s <= now)
            offsets = sorted(islice(idle, limit))
        if not offsets:
            offsets = list(range(self._newest + 1, min(head, self._newest + limit) + 1))
            self._newest += len(offsets)
        for offset in offsets:
            self._pending[offset] = Taken(member, now)
        return offsets

    def put_back(self, member: str, offsets: list[int]) -> None:
        """What was taken did not reach the member: it is due to it again."""
        self._again[member] = sorted({*self._again.get(member, ()), *offsets})

    def claim_at(self, member: str, *, idle_s: float) -> float | None:
        """When the member may first claim something that another one holds; None if others hold nothing."""
        held = [taken.at for taken in self._pending.values() if taken.member != member]
        return min(held) + idle_s if held else None

    def ack(self, offset: int) -> bool:
        """Everything that the holder of this offset took up to it is done; whether `acked` moved."""
        holder = self._pending.get(offset)
        if holder is not None:
            self._drop([o for o, taken in self._pending.items() if o <= offset and taken.member == holder.member])
        return self._settle()

    def lose(self, offsets: list[int]) -> None:
        """These are not on the log any more; no member will ever have them."""
        self._drop(offsets)
        self.lost_batches += len(offsets)

    def _drop(self, offsets: list[int]) -> None:
        for offset in offsets:
            self._pending.pop(offset, None)

    def _settle(self) -> bool:
        acked = min(self._pending, default=self._newest + 1) - 1
        moved, self.acked = acked != self.acked, acked
        return moved
