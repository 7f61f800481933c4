"""One load on one hub, from the first dashboard to the last arrival."""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial

from hub.bench.generator import Generator, Option, generator
from hub.bench.load import Load
from hub.bench.outcome import Connected, Outcome, Published, Received
from hub.bench.programs import Programs
from hub.bench.target import Target
from hub.errors import Unavailable

LINKS = 10
SETTLE_S = 1.0
CONNECT_S = 180.0
PUBLISHER_READY_S = 15.0
DRAIN_S = 120.0
SNAPSHOT_S = 20.0
SEED_RATE = 1_000.0


class Measurement:
    """Puts a load on a hub. Devices get names of their own each time, so that one hub can be measured again."""

    def __init__(self, load: Load, target: Target, *, programs: Programs, verify: int | None = None) -> None:
        self._load = load
        self._target = target
        self._programs = programs
        self._verify = load.verified if verify is None else max(1, verify)
        self._prefix = f"bench-{secrets.token_hex(3)}-"

    async def run(self, *, set_up: str) -> Outcome:
        """The outcome; `set_up` is its name for people. Raises HubError where the load can't be put on."""
        load, usage = self._load, self._target.usage
        if load.known or load.snapshot:
            await self._seed()
        before_bytes = usage.rss_bytes("hub")
        async with self._dashboards(load) as dashboards:
            ready = await dashboards.answer("ready", within_s=CONNECT_S)
            await asyncio.sleep(SETTLE_S)
            each = (usage.rss_bytes("hub") - before_bytes) / max(1, ready["open"]) if before_bytes else None
            connected = Connected(ready["open"], ready["seconds"], each, ready["snapshot"], ready["reason"])
            if not connected.dashboards:
                raise Unavailable(f"No dashboard could connect: {connected.reason}")
            dashboards.tell("go")
            await dashboards.answer("going", within_s=PUBLISHER_READY_S)
            cpu_s = usage.cpu_s()
            async with self._devices(load) as publish:
                published, publisher_cpu_s = await publish()
                dashboards.tell(f"end {published.messages}")
                result = await dashboards.answer("result", within_s=DRAIN_S)
            used = {name: round(value - cpu_s[name], 2) for name, value in usage.cpu_s().items()}
        own_cpu_s = round(result["cpu_s"] + publisher_cpu_s, 2)
        received = Received.of(result)
        return Outcome(load, set_up, connected, published, received, used, own_cpu_s, usage.rss_bytes("hub"))

    @asynccontextmanager
    async def _devices(self, load: Load) -> AsyncIterator[Callable[[], Awaitable[tuple[Published, float]]]]:
        """Devices that are connected; what is given makes them send."""
        if not load.messages:
            yield partial(_silence, load.seconds)
            return
        async with generator(self._programs.publisher, self._publisher_options(load)) as half:
            await half.answer("ready", within_s=PUBLISHER_READY_S)
            yield partial(_publish, half, load)

    async def _seed(self) -> None:
        """Let each device send once, and wait until the hub has it all."""
        load = self._load
        seed = replace(load, rate=SEED_RATE, seconds=load.devices / SEED_RATE)
        look = replace(load, dashboards=1, own=0, rate=0, seconds=0, deflate=False, snapshot=True, stuck=0)
        async with self._devices(seed) as publish:
            await publish()
            async with asyncio.timeout(SNAPSHOT_S):
                while True:
                    async with self._dashboards(look) as dashboards:
                        if (await dashboards.answer("ready", within_s=CONNECT_S))["snapshot"] >= load.devices:
                            return

    @asynccontextmanager
    async def _dashboards(self, load: Load) -> AsyncIterator[Generator]:
        async with generator(self._programs.dashboards, self._dashboards_options(load)) as half:
            yield half

    def _dashboards_options(self, load: Load) -> Iterator[Option]:
        target = self._target
        yield from (("host", target.host), ("port", target.port), ("path", target.path), ("prefix", self._prefix))
        yield from (("devices", load.devices), ("groups", load.groups), ("most", load.messages))
        yield from (("count", load.dashboards), ("verify", self._verify), ("stuck", load.stuck))
        yield from (("deflate", int(load.deflate)), ("snapshot", int(load.snapshot)))
        yield "auth", json.dumps({"type": "auth", "id": 1, "token": target.token})
        for dashboard in range(min(load.groups, load.dashboards)):
            frame = {"type": "subscribe", "id": 2, "filters": load.filters(dashboard, prefix=self._prefix)}
            yield "subscribe", json.dumps(frame | ({"snapshot": True} if load.snapshot else {}))

    def _publisher_options(self, load: Load) -> Iterator[Option]:
        broker = self._target.broker
        yield from (("host", broker.host), ("port", broker.port), ("prefix", self._prefix))
        if broker.user is not None:
            yield "user", broker.user
        if broker.password is not None:
            yield "password", broker.password
        yield from (("devices", load.devices), ("rate", load.rate), ("count", load.messages), ("qos", load.qos))
        yield from (("seconds", load.seconds), ("connections", min(LINKS, load.devices)), ("members", load.members))


async def _publish(half: Generator, load: Load) -> tuple[Published, float]:
    half.tell("go")
    told = await half.answer("result", within_s=load.seconds + DRAIN_S)
    published = Published(told["published"], told["unacknowledged"], told["seconds"], told["behind_us"] / 1000)
    return published, told["cpu_s"]


async def _silence(seconds: float) -> tuple[Published, float]:
    await asyncio.sleep(seconds)
    return Published(), 0.0
