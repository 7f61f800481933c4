"""Both client libraries through a bad network, a hub that is killed, and readers that dawdle: the log, nothing else."""

import asyncio
import json
import os
import random
import sys
import time
from base64 import b85encode
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import aiomqtt
import pytest

from hub.client import Condition, HubClient, Subscription, connect
from hub.client.narrowing import NarrowingOptions
from hub.engine.log_reader import read_after
from hub.topics import matches
from tests.processes import HubProcess, hub_process
from tests.running import DEADLINE_S, until
from tests.servers import mosquitto
from tests.torture.node_reader import NodeReader, bundled
from tests.torture.proxy import BadNetwork

SECONDS = float(os.environ.get("HUB_TORTURE_S", "10"))
"""How long there is trouble; more is a soak."""
SEED = int(os.environ.get("HUB_TORTURE_SEED", "1"))
DEVICES = 4
PADS = 6
PAD_BYTES = 200
"""Each event is long enough, and can't be compressed, that what was missed in a second is cut into parts."""
MEAN_BYTES = 200_000
FILTERS = ("telemetry/#", "telemetry/m1", "telemetry/+")
EVEN: Condition = {"key": "odd", "op": "eq", "value": False}
OPTIONS: tuple[NarrowingOptions, ...] = ({}, {"where": EVEN}, {"where": EVEN, "fields": ["n"]}, {"fields": ["n"]})
"""What may be asked beside topics so that what is due can still be told event by event."""
PAGE_FILTERS = (*FILTERS, "telemetry/#", "telemetry/+")
PAGE_OPTIONS: tuple[NarrowingOptions, ...] = ({}, {}, {}, {"where": EVEN}, {"where": EVEN, "fields": ["n"]})

pytestmark = pytest.mark.e2e


Log = list[tuple[int, str, int]]
"""Offset, topic and number of each event."""


class Watched:
    """A subscription of the Python library and what it was given."""

    def __init__(self, subscription: Subscription, options: NarrowingOptions, dice: random.Random) -> None:
        self.subscription = subscription
        self.options = options
        self.snapshots = 0
        self.numbers: list[int] = []
        self.start: str | None = None
        self.closed = False
        self.dawdles = dice.random() < 0.3
        self._dice = dice

    async def read(self) -> None:
        async for batch in self.subscription.batches():
            if batch.snapshot:
                self.snapshots += 1
                self.start = batch.position
            else:
                self.numbers += [event.data["n"] for event in batch.events]
            if self.dawdles:
                await asyncio.sleep(self._dice.choice([0, 0, 0, 0.005, 0.05]))

    def due(self, log: Log) -> list[int]:
        """Of the log, all from where this subscription began; None where it has not."""
        start = self.start or self.subscription._interest.start
        return [] if start is None else due(log, self.subscription.filters, self.options, after=start)

    def close(self) -> None:
        self.closed = True
        self.subscription.close()


class Watchers:
    """Subscriptions that come and go."""

    def __init__(self, client: HubClient, tasks: asyncio.TaskGroup, dice: random.Random) -> None:
        self.all: list[Watched] = []
        self._client = client
        self._tasks = tasks
        self._dice = dice

    @property
    def open(self) -> list[Watched]:
        return [watched for watched in self.all if not watched.closed]

    def add(self) -> None:
        filters = self._dice.sample(FILTERS, self._dice.randint(1, 2))
        limit = self._dice.choice([30, 10_000])
        snapshot = self._dice.random() < 0.5
        options = self._dice.choice(OPTIONS)
        subscription = self._client.subscribe(*filters, snapshot=snapshot, max_events=limit, **options)
        watched = Watched(subscription, options, self._dice)
        self.all.append(watched)
        self._tasks.create_task(watched.read())

    async def come_and_go(self, until_s: float) -> None:
        while time.monotonic() < until_s:
            if self._dice.random() < 0.6:
                self.add()
            elif len(self.open) > 2:
                self._dice.choice(self.open).close()
            await asyncio.sleep(self._dice.uniform(0.1, 0.8))


def pads(n: int) -> dict[str, str]:
    dice = random.Random(n)
    return {f"pad{i}": b85encode(dice.randbytes(PAD_BYTES)).decode() for i in range(PADS)}


async def publish(port: int, until_s: float, *, first: int = 1) -> None:
    """From `first` on, a number at a time, until the time has come and each device has said one."""
    n = first - 1
    async with aiomqtt.Client("127.0.0.1", port) as client:
        while time.monotonic() < until_s or n < first + DEVICES:
            n += 1
            payload = json.dumps({"n": n, "odd": n % 2 == 1, **pads(n)})
            await client.publish(f"devices/m{n % DEVICES}/telemetry", payload, qos=1)
            await asyncio.sleep(0.002)


async def kill_now_and_then(hub: HubProcess, dice: random.Random, until_s: float) -> None:
    while time.monotonic() < until_s:
        await asyncio.sleep(dice.uniform(1.5, 4.0))
        await asyncio.to_thread(hub.kill)
        await asyncio.to_thread(hub.start)


def logged(hub: HubProcess) -> Log:
    """All telemetry on the log."""
    entries = read_after(hub.directory / "data" / "log.db", 0, limit=10**6)
    return [
        (entry.offset, topic, json.loads(piece)["data"]["n"])
        for entry in entries
        for topic, piece in zip(entry.batch.topics, entry.batch.pieces(), strict=True)
        if topic.startswith("telemetry/")
    ]


async def settled(hub: HubProcess) -> Log:
    """The log when nothing comes any more."""
    log: Log = []
    end = time.monotonic() + DEADLINE_S
    while time.monotonic() < end:
        found = await asyncio.to_thread(logged, hub)
        if found and found == log:
            return log
        log = found
        await asyncio.sleep(0.5)
    raise AssertionError("the log did not come to rest")


def due(log: Log, filters: tuple[str, ...], options: NarrowingOptions, *, after: str | None = None) -> list[int]:
    offset = 0 if after is None else int(after.rpartition("-")[2])
    numbers = [n for at, topic, n in log if at > offset and any(matches(each, topic) for each in filters)]
    return [n for n in numbers if "where" not in options or n % 2 == 0]


def complete(numbers: list[int], wanted: list[int]) -> bool:
    return numbers[-1:] == wanted[-1:]


def check(watchers: Watchers, page: NodeReader, log: Log) -> None:
    for watched in watchers.all:
        wanted = watched.due(log)
        assert (watched.subscription.gaps, watched.snapshots < 2) == (0, True)
        assert watched.numbers == (wanted[: len(watched.numbers)] if watched.closed else wanted)
    assert page.gaps() == []
    for i, (each, options) in enumerate(zip(PAGE_FILTERS, PAGE_OPTIONS, strict=True)):
        numbers, wanted = page.numbers(i), due(log, (each,), options)
        assert numbers == wanted[wanted.index(numbers[0]) :]


def all_seen(watchers: Watchers, page: NodeReader, log: Log) -> bool:
    seen = [complete(watched.numbers, watched.due(log)) for watched in watchers.open]
    asked = zip(PAGE_FILTERS, PAGE_OPTIONS, strict=True)
    return all(seen) and all(complete(page.numbers(i), due(log, (each,), of)) for i, (each, of) in enumerate(asked))


def report(networks: list[BadNetwork], log: Log, watchers: Watchers, page: NodeReader) -> None:
    seen = sum(len(watched.numbers) for watched in watchers.all)
    links = [network.connections for network in networks]
    cuts = [network.cuts for network in networks]
    page_saw = [len(page.numbers(i)) for i in range(len(PAGE_FILTERS))]
    sys.stdout.write(
        f"{len(log)} events; links {links}, of them cut {cuts}; {len(watchers.all)} subscriptions saw {seen}, "
        f"the page {page_saw}, which was last told {page.said[-6:]}\n"
    )


@asynccontextmanager
async def stage(tmp_path: Path) -> AsyncIterator[tuple[HubProcess, int, list[BadNetwork]]]:
    """A hub at a broker of its own, and two bad ways to it."""
    async with AsyncExitStack() as stack:
        broker = stack.enter_context(mosquitto(tmp_path / "mosquitto"))
        # Enough for all: a slow session's telemetry would be conflated.
        settings = {"HUB_MQTT_URL": f"mqtt://127.0.0.1:{broker.port}", "HUB_SESSION_MAX_BYTES": str(2**30)}
        hub = stack.enter_context(hub_process(tmp_path / "hub", settings))
        networks = [BadNetwork(hub.http_port, seed=2 * SEED + i, mean_bytes=MEAN_BYTES) for i in range(2)]
        for network in networks:
            await stack.enter_async_context(network.running())
        yield hub, broker.port, networks


async def test_what_clients_see_is_the_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.client.tries.MAX_BACKOFF_S", 0.7)
    script = bundled(tmp_path / "bundle")
    dice = random.Random(SEED)
    async with stage(tmp_path) as (hub, mqtt_port, networks):
        token = hub.token()
        urls = [f"ws://127.0.0.1:{network.port}/ws" for network in networks]
        async with (
            NodeReader.reading(
                script, urls[0], token=token, filters=PAGE_FILTERS, snapshot=True, options=PAGE_OPTIONS
            ) as page,
            connect(urls[1], token=token) as client,
            asyncio.TaskGroup() as reading,
        ):
            watchers = Watchers(client, reading, dice)
            until_s = time.monotonic() + SECONDS
            await asyncio.gather(
                publish(mqtt_port, until_s),
                kill_now_and_then(hub, dice, until_s),
                watchers.come_and_go(until_s),
            )
            for network in networks:
                network.calm = True
            for watched in watchers.open:
                watched.dawdles = False
            await publish(mqtt_port, 0, first=10**6)
            log = await settled(hub)
            try:
                await until(lambda: all_seen(watchers, page, log))
            finally:
                report(networks, log, watchers, page)
            check(watchers, page, log)
            for watched in watchers.open:
                watched.close()
