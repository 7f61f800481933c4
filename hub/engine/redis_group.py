"""One member's commands on its consumer group in Redis."""

from collections.abc import Sequence
from typing import Any, Protocol

from hub.engine.redis_names import Entry


class Client(Protocol):
    """Sends commands; raises Unavailable."""

    async def command(self, *arguments: str | int | bytes) -> Any:
        """Its answer."""
        ...

    async def blocking(self, *arguments: str | int | bytes) -> Any:
        """The answer of a command that may wait, on a connection of its own."""
        ...

    async def make_group(self, stream: str, group: str) -> None:
        """XGROUP CREATE from the oldest batch on; nothing where the group is there."""
        ...


class RedisGroup:
    """GroupSource (see `redis_member`)."""

    def __init__(self, client: Client, *, stream: str, group: str, member: str) -> None:
        self._client = client
        self._stream = stream
        self._group = group
        self._reader = ("GROUP", group, member)
        self._member = member

    async def join(self) -> None:
        """XGROUP CREATE from the oldest batch on; nothing where the group is there."""
        await self._client.make_group(self._stream, self._group)

    async def pending(self, after: int, *, limit: int) -> list[Entry]:
        """XREADGROUP of what the member has not acked."""
        answer = await self._client.command(
            "XREADGROUP", *self._reader, "COUNT", limit, "STREAMS", self._stream, f"{after}-0"
        )
        return _entries(answer)

    async def claim(self, *, idle_s: float, limit: int) -> list[Entry]:
        """XAUTOCLAIM of what was left for so long."""
        answer = await self._client.command(
            "XAUTOCLAIM", self._stream, self._group, self._member, int(idle_s * 1000), "0-0", "COUNT", limit
        )
        _, claimed, deleted = answer
        found = [Entry.of(*entry) for entry in claimed] + [Entry.of(entry_id, None) for entry_id in deleted]
        return sorted(found, key=lambda entry: entry.offset)

    async def take(self, *, block_s: float, limit: int) -> list[Entry]:
        """XREADGROUP of new batches, blocking."""
        block_ms = max(1, int(block_s * 1000))
        answer = await self._client.blocking(
            "XREADGROUP", *self._reader, "COUNT", limit, "BLOCK", block_ms, "STREAMS", self._stream, ">"
        )
        return _entries(answer)

    async def ack(self, offsets: Sequence[int]) -> None:
        """XACK."""
        if offsets:
            await self._client.command("XACK", self._stream, self._group, *(f"{offset}-0" for offset in offsets))


def _entries(answer: Any) -> list[Entry]:
    return [Entry.of(*entry) for _, entries in answer or () for entry in entries]
