"""A node over a played log, alone in its process and in virtual time."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from hub.engine.ephemeral_local import LocalEphemeral
from hub.node import Node
from hub.presence import NodePresence
from tests.torture.played_engine import EmptyStore, NobodyThere, PlayedEngine
from tests.torture.virtual_loop import virtual_time


@asynccontextmanager
async def playing_node(engine: PlayedEngine, *, session_bytes: int) -> AsyncIterator[Node]:
    """It has begun to follow the log; a session may have so many bytes waiting."""
    async with (
        NodePresence(NobodyThere()) as presence,
        Node(
            engine=engine,
            store=EmptyStore(),
            presence=presence,
            ephemeral=LocalEphemeral(),
            now_ms=lambda: 1_700_000_000_000 + int(virtual_time() * 1000),
            session_limit_bytes=session_bytes,
        ) as node,
    ):
        await node.ready.wait()
        yield node
