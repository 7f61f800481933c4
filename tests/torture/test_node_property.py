"""Random subscribing, closing, cutting and coming back over random logs: nobody misses or repeats anything unsaid.

The node and its sessions are real, and so is the client library's exchange; log and time are played.
"""

import asyncio
import os
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub import protocol
from hub.client.narrowing import NarrowingOptions
from hub.errors import Unavailable
from hub.events import Position
from tests.torture.played_client import WHERE, PlayedClient, check
from tests.torture.played_engine import PlayedEngine
from tests.torture.played_node import playing_node
from tests.torture.virtual_loop import VirtualLoop

TOPICS = ("plant/a", "plant/b", "site/a", "site/a/b")
TELEMETRY = ("telemetry/a", "telemetry/b")
"""In every second script: where it is merged, other events may come again."""
FILTERS = ("#", "plant/+", "plant/a", "site/#", "+/a", "telemetry/+")
OPTIONS: tuple[NarrowingOptions, ...] = (
    {},
    {},
    {"where": WHERE},
    {"fields": ["n"]},
    {"max_rate": 0.5},
    {"max_rate": 20},
    {"where": WHERE, "fields": ["n"], "max_rate": 2},
)
EVENTS_FRAME_BYTES = 150
SESSION_BYTES = 6000
SCRIPT_ACTIONS = 400
SEEDS_AT_ONCE = 20
SEEDS = int(os.environ.get("HUB_TORTURE_SEEDS", "200"))
"""More of them are a soak."""

Action = tuple[Any, ...]

filters = st.lists(st.sampled_from(FILTERS), min_size=1, max_size=2, unique=True)
topics = st.lists(st.sampled_from([*TOPICS, *TELEMETRY]), min_size=1, max_size=6)
actions: st.SearchStrategy[Action] = st.one_of(
    st.tuples(st.just("append"), topics),
    st.tuples(st.just("append"), topics),
    st.tuples(st.just("receive"), st.integers(1, 4)),
    st.tuples(st.just("receive"), st.integers(1, 4)),
    st.tuples(st.just("subscribe"), filters, st.booleans(), st.sampled_from(OPTIONS)),
    st.tuples(st.just("since"), filters, st.integers(0, 200), st.sampled_from(OPTIONS)),
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
            case ("subscribe", found, snapshot, asked):
                client.subscribe(*found, snapshot=snapshot, asked=asked)
            case ("since", found, which, asked):
                client.subscribe(*found, since=self._position(which), asked=asked)
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
    async with playing_node(engine, session_bytes=SESSION_BYTES) as node:
        client = PlayedClient(node)
        client.open()
        yield Play(engine, client)
        await client.close()


async def play(script: list[Action]) -> None:
    async with playing() as run:
        for action in script:
            await run.act(action)
        await run.heal()
        if not any(action[0] in {"away", "trim", "lose"} for action in script):
            # A position of the program's own can be ahead of the node for longer than it waits.
            for seen in [*run.client.seen, *run.client.ended]:
                assert seen.since is not None or seen.interest.inbox.gaps == 0
        for seen in run.client.seen:
            check(seen, run.engine.entries, complete=True)
        for seen in run.client.ended:
            check(seen, run.engine.entries, complete=False)


@pytest.fixture(autouse=True)
def small_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.protocol.MAX_EVENTS_FRAME_BYTES", EVENTS_FRAME_BYTES)
    monkeypatch.setattr("hub.session.MAX_EVENTS_FRAME_BYTES", EVENTS_FRAME_BYTES)


def long_script(seed: int) -> list[Action]:
    """What an afternoon may bring: mostly events, sometimes trouble, which ends sooner than it began."""
    dice = random.Random(seed)
    # Where the log is lost all the time, little else can be seen.
    trouble = dice.choice([0, 0.1, 1])
    topics = TOPICS + TELEMETRY if seed % 2 else TOPICS

    def some(of: tuple[str, ...], most: int) -> list[str]:
        return dice.sample(of, dice.randint(1, most))

    kinds: list[tuple[float, Callable[[], Action]]] = [
        (30, lambda: ("append", dice.choices(topics, k=dice.randint(1, 6)))),
        (25, lambda: ("receive", dice.randint(1, 6))),
        (14, lambda: ("turns", dice.randint(1, 8))),
        (6, lambda: ("wait", dice.choice([0.001, 0.06, 0.6, 3.0]))),
        (1, lambda: ("wait", 30.0)),
        (5, lambda: ("subscribe", some(FILTERS, 2), dice.random() < 0.5, dice.choice(OPTIONS))),
        (4, lambda: ("since", some(FILTERS, 2), dice.randint(0, 10_000), dice.choice(OPTIONS))),
        (3, lambda: ("unsubscribe", dice.randint(0, 9))),
        (4, lambda: ("cut",)),
        (8, lambda: ("open",)),
        (5, lambda: ("follow", dice.random() < 0.6)),
        (5, lambda: ("read", dice.random() < 0.6)),
        (2 * trouble, lambda: ("away", dice.random() < 0.3)),
        (4, lambda: ("slow", dice.random() < 0.6, dice.choice([0.0, 0.0, 0.01]))),
        (trouble, lambda: ("trim",)),
        (trouble / 2, lambda: ("lose",)),
    ]
    weights = [weight for weight, _ in kinds]
    return [make() for _, make in dice.choices(kinds, weights, k=SCRIPT_ACTIONS)]


A_GAP_THAT_WAS_NOT_SAID: list[Action] = [
    # The last events of a lost log waited for their flush when the new one was found.
    ("subscribe", ["#"], False, {}),
    ("turns", 8),
    ("receive", 5),
    ("slow", True, 10.0),
    ("append", ["plant/a"]),
    ("turns", 8),
    ("append", ["plant/a"]),
    ("turns", 8),
    ("follow", False),
    ("append", ["plant/a"]),
    ("lose",),
    ("follow", True),
    ("wait", 1.0),
    ("receive", 2),
    ("cut",),
]
WHAT_OTHERS_HAD_MEANWHILE: list[Action] = [
    # One subscription's position could not be recovered, while events for another came.
    ("append", ["site/a"]),
    ("append", ["site/a"]),
    ("turns", 8),
    ("subscribe", ["plant/a"], False, {}),
    ("turns", 8),
    ("receive", 5),
    ("read", False),
    ("since", ["site/#"], 0, {}),
    ("turns", 8),
    ("append", ["plant/a"]),
    ("turns", 8),
    ("trim",),
]
WHAT_WAITED_FOR_A_SLOW_CLIENT: list[Action] = [
    # A snapshot went ahead of events that waited, and its position was taken for theirs.
    ("subscribe", ["plant/+"], False, {}),
    ("turns", 8),
    ("receive", 5),
    ("slow", False, 0.0),
    *[("append", ["plant/a"] * 6), ("turns", 8)] * 6,
    ("subscribe", ["site/#"], True, {}),
    ("turns", 8),
    ("receive", 100),
    ("cut",),
]
WHAT_CAME_BEHIND_ITS_POSITION: list[Action] = [
    # Of a topic that another subscription has under a rate, what is not held back came after the position of all.
    ("subscribe", ["telemetry/+", "plant/+"], False, {"where": WHERE}),
    ("subscribe", ["telemetry/+"], False, {"max_rate": 0.5}),
    ("turns", 8),
    ("receive", 5),
    ("append", ["plant/a", "telemetry/a", "plant/a", "plant/a", "plant/a", "telemetry/a"]),
    ("turns", 8),
    ("receive", 1),
    ("cut",),
]
SCRIPTS = [
    A_GAP_THAT_WAS_NOT_SAID,
    WHAT_OTHERS_HAD_MEANWHILE,
    WHAT_WAITED_FOR_A_SLOW_CLIENT,
    WHAT_CAME_BEHIND_ITS_POSITION,
]


@pytest.mark.parametrize("script", SCRIPTS)
def test_what_was_wrong_once(script: list[Action]) -> None:
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(play(script))


def test_a_position_that_is_ahead_of_the_node_is_waited_for() -> None:
    async def script() -> None:
        async with playing() as run:
            actions: list[Action] = [("append", ["plant/a"]), ("since", ["#"], 0, {}), ("turns", 8)]
            for action in [*actions, ("append", ["plant/a"])]:
                await run.act(action)
            await run.heal()
            (seen,) = run.client.seen
            assert [event.data["n"] for batch in seen.batches for event in batch.events] == [2]
            assert seen.interest.inbox.gaps == 0

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(script())


async def test_a_refused_recovery_leaves_the_session_as_it_was() -> None:
    async with playing() as run:
        run.client.subscribe("plant/a")
        await run.act(("turns", 8))
        run.engine.add("plant/a")
        await run.act(("turns", 8))
        run.engine.away = True
        with pytest.raises(Unavailable):
            await run.client.node.subscribe(
                session := next(iter(run.client.node.sessions)),
                protocol.Subscribe(9, ("site/#",), Position("e0", 0), snapshot=False),
            )
        assert session.filters == {"plant/a"}
        run.engine.away = False


@pytest.mark.parametrize("first", range(0, SEEDS, SEEDS_AT_ONCE))
def test_long_scripts(first: int) -> None:
    for seed in range(first, first + SEEDS_AT_ONCE):
        with asyncio.Runner(loop_factory=VirtualLoop) as runner:
            runner.run(play(long_script(seed)))


@settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(actions, min_size=1, max_size=60))
def test_what_a_session_sees_is_the_log_from_its_first_position_on(script: list[Action]) -> None:
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(play(script))
