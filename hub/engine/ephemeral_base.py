"""The seam for what is told now or never: notices to all nodes that are on no log."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager
from typing import NamedTuple, Protocol


class Notice(NamedTuple):
    """Something that is worth telling only while it is true, about a topic."""

    topic: str
    data: Mapping[str, object]


class Ephemeral(Protocol):
    """Notices between nodes. Nothing is kept: who does not listen, or is too slow, misses them and is not told.

    `dropped` counts those that this process dropped because too many waited.
    """

    dropped: int

    async def announce(self, notice: Notice) -> None:
        """Tell all nodes, this one too; raises Unavailable where the engine does not answer."""
        ...

    def follow(self) -> AbstractAsyncContextManager[AsyncIterator[Notice]]:
        """Notices from now on, in the order of each node that announces; raises Unavailable when the engine is gone."""
        ...
