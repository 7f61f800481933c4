"""Random subscribing, closing, cutting and coming back over random logs: nobody misses or repeats anything unsaid.

The node and its sessions are real, and so is the client library's exchange; log and time are played.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.node import Node
from hub.presence import NodePresence
from tests.torture.played_client import PlayedClient, check
from tests.torture.played_engine import EmptyStore, NobodyThere, PlayedEngine
from tests.torture.virtual_loop import VirtualLoop, virtual_time

TOPICS = ("plant/a", "plant/b", "site/a", "site/a/b")
FILTERS = ("#", "plant/+", "plant/a", "site/#", "+/a")
EVENTS_FRAME_BYTES = 150
SESSION_BYTES = 6000

Action = tuple[Any, ...]

filters = st.lists(st.sampled_from(FILTERS), min_size=1, max_size=2, unique=True)
topics = st.lists(st.sampled_from(TOPICS), min_size=1, max_size=6)
actions: st.SearchStrategy[Action] = st.one_of(
    st.tuples(st.just("append"), topics),
    st.tuples(st.just("append"), topics),
    st.tuples(st.just("receive"), st.integers(1, 4)),
    st.tuples(st.just("receive"), st.integers(1, 4)),
    st.tuples(st.just("subscribe"), filters, st.booleans()),
    st.tuples(st.just("since"), filters, st.integers(0, 200)),
    st.tuples(st.just("unsubscribe"), st.integers(0, 3)),
    st.tuples(st.just("cut")),
    st.tuples(st.just("open")),
    st.tuples(st.just("open")),
    st.tuples(st.just("wait"), st.sampled_from([0.0, 0.001, 0.06, 0.6, 3.0, 30.0])),
    st.tuples(st.just("turns"), st.integers(1, 6)),
    st.tuples(st.just("follow"), st.booleans()),
    st.tuples(st.just("read"), st.booleans()),
    st.tuples(st.just("away"), st.booleans()),
    st.tuples(st.just("slow"), st.booleans(), st.sampled_from([0.0, 0.01, 0.5])),
    st.tuples(st.just("trim")),
    st.tuples(st.just("lose")),
)


class Play:
    """One run: a log, a node, a client."""

    def __init__(self, engine: PlayedEngine, client: PlayedClient) -> None:
        self.engine = engine
        self.client = client

    async def act(self, action: Action) -> None:
        match action:
            case ("wait", seconds):
                await asyncio.sleep(seconds)
            case ("turns", count):
                for _ in range(count):
                    await asyncio.sleep(0)
        self._ask(action)
        self._link(action)
        self._log(action)

    def _ask(self, action: Action) -> None:
        client = self.client
        match action:
            case ("subscribe", found, snapshot):
                client.subscribe(*found, snapshot=snapshot)
            case ("since", found, which):
                client.subscribe(*found, since=self._position(which))
            case ("unsubscribe", which):
                client.unsubscribe(which)

    def _link(self, action: Action) -> None:
        client = self.client
        match action:
            case ("receive", most):
                client.receive(most)
            case ("cut",):
                client.cut()
            case ("open",):
                client.open()
            case ("slow", takes, write_s) if client.link is not None:
                client.link.wire.takes, client.link.wire.write_s = takes, write_s

    def _log(self, action: Action) -> None:
        engine = self.engine
        match action:
            case ("append", found):
                engine.add(*found)
            case ("follow", follows):
                engine.following = follows
            case ("read", reads):
                engine.reading = reads
            case ("away", away):
                engine.away = away
            case ("trim",):
                engine.trim()
            case ("lose",):
                engine.lose()
        engine.move()

    def _position(self, which: int) -> str:
        entries = self.engine.entries
        return str(entries[which % len(entries)].position if entries else self.engine.position)

    async def heal(self) -> None:
        """All is well again, and the client gets all it is due."""
        engine, client = self.engine, self.client
        engine.following = engine.reading = True
        engine.away = False
        engine.move()
        quiet = 0
        while quiet < 3:
            client.open()
            if client.link is not None:
                client.link.wire.takes, client.link.wire.write_s = True, 0.0
            await asyncio.sleep(15.0)
            quiet = 0 if client.receive(10_000) > 2 else quiet + 1


@asynccontextmanager
async def playing() -> AsyncIterator[Play]:
    engine = PlayedEngine()
    async with (
        NodePresence(NobodyThere()) as presence,
        Node(
            engine=engine,
            store=EmptyStore(),
            presence=presence,
            now_ms=lambda: 1_700_000_000_000 + int(virtual_time() * 1000),
            session_limit_bytes=SESSION_BYTES,
        ) as node,
    ):
        client = PlayedClient(node)
        await node.ready.wait()
        client.open()
        yield Play(engine, client)
        await client.close()


async def play(script: list[Action]) -> None:
    async with playing() as run:
        for action in script:
            await run.act(action)
        await run.heal()
        for seen in run.client.seen:
            check(seen, run.engine.entries, complete=True)
        for seen in run.client.ended:
            check(seen, run.engine.entries, complete=False)


@pytest.fixture(autouse=True)
def small_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.protocol.MAX_EVENTS_FRAME_BYTES", EVENTS_FRAME_BYTES)
    monkeypatch.setattr("hub.session.MAX_EVENTS_FRAME_BYTES", EVENTS_FRAME_BYTES)


@settings(
    max_examples=2500,
    deadline=None,
    derandomize=False,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(actions, min_size=1, max_size=50))
def test_what_a_session_sees_is_the_log_from_its_first_position_on(script: list[Action]) -> None:
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(play(script))
