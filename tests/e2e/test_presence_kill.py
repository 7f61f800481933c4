"""One of two nodes killed with -9: those who were on it are gone, and it is said once."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path

import pytest

from tests.processes import HubProcess, hub_process
from tests.running import Client, token
from tests.servers import redis_server

GONE_S = 15
SAID = "presence/chat/ops"

pytestmark = pytest.mark.e2e


@pytest.fixture
def nodes(tmp_path: Path) -> Iterator[list[HubProcess]]:
    with ExitStack() as stack:
        redis = stack.enter_context(redis_server(tmp_path / "redis"))
        settings = {"HUB_ENGINE_URL": f"redis://127.0.0.1:{redis.port}", "HUB_ROLES": "api"}
        yield [stack.enter_context(hub_process(tmp_path / name, settings)) for name in ("a", "b", "c")]


@asynccontextmanager
async def client(node: HubProcess, user: str) -> AsyncIterator[Client]:
    async with Client.connected(f"ws://127.0.0.1:{node.http_port}/ws", auth=token(user)) as found:
        yield found


async def test_who_was_on_a_killed_node_leaves_once(nodes: list[HubProcess]) -> None:
    first, second, killed = nodes
    async with client(first, "anna") as anna, client(second, "ivan") as ivan:
        await anna.subscribe(SAID)
        await ivan.subscribe("chat/ops", SAID)
        async with client(killed, "ivan") as elsewhere, client(killed, "gone") as gone:
            await elsewhere.subscribe("chat/ops")
            await gone.subscribe("chat/ops")
            await anna.receive_until(lambda c: len(c.on(SAID)) == 2)
            await asyncio.to_thread(killed.kill)
            async with asyncio.timeout(GONE_S):
                await anna.receive_until(lambda c: len(c.on(SAID)) == 3)
        assert anna.on(SAID)[-1] == {"event": "leave", "user": "gone"}
        for asked in (anna, ivan):
            reply = await asked.ask({"type": "presence", "topic": "chat/ops"})
            assert [(member["user"], member["sessions"]) for member in reply["members"]] == [("ivan", 1)]
        # What another survivor would say too much would come before this.
        await anna.subscribe("chat/end")
        await anna.subscribe("presence/chat/end")
        await ivan.subscribe("chat/end")
        await anna.receive_until(lambda c: {"event": "join", "user": "ivan"} in c.on("presence/chat/end"))
        assert len(anna.on(SAID)) == 3
