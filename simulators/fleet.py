"""A fleet: simulators of all kinds, their links, the pace at which they report, and what goes wrong now and then."""

import asyncio
import logging
import math
import time
from dataclasses import dataclass, field
from random import Random

from simulators.base import Gateway, Simulator
from simulators.kinds import DEFAULT, make, titles
from simulators.link import CONNECTING, Broker, Link
from simulators.scenario import Scenario

log = logging.getLogger(__name__)

TICK_S = 0.005
"""Above 200 messages/s several are sent at once: timers of a shared machine are no finer."""
AT_ONCE = 100
"""Reports that are made before links may send them; a link holds some hundreds."""
LONGEST_BURST_S = 1.0
"""What was missed for longer (a suspended machine) is not made up for."""
WATCH_S = 2.0
"""How often it is looked whether any device reaches the broker; an embedded one may start after the fleet."""
FAREWELL_S = 3.0
REBOOT_LOOK_S = 0.5
"""How often it is looked whether the scenario has a device reboot."""
LOST_S = (8.0, 30.0)
REBOOT_S = (3.0, 8.0)
OUT_OF_REACH_S = (20.0, 90.0)


@dataclass(frozen=True)
class Plan:
    """What to simulate: so many devices, `rate` messages per second in all, a mishap every so often (0: never)."""

    devices: int
    rate: float
    seed: int = 1
    mishap_every_s: float = 60.0
    kinds: tuple[str, ...] = DEFAULT
    scenario: Scenario = field(default_factory=Scenario)

    def counts(self) -> tuple[int, ...]:
        """How many of each kind."""
        kinds = len(self.kinds)
        return tuple((self.devices + kinds - 1 - i) // kinds for i in range(kinds))

    def simulators(self) -> list[Simulator]:
        """The same ones for the same plan."""
        fleet: list[Simulator] = []
        for kind, count in zip(self.kinds, self.counts(), strict=True):
            fleet += make(kind, count, seed=self.seed)
        return fleet

    def __str__(self) -> str:
        kinds = ", ".join(titles(self.kinds, self.counts()))
        return f"{self.devices} devices ({kinds}), {self.rate:g} messages/s, seed {self.seed}"


class Fleet:
    """All simulators of a plan at one broker; `run` lives until its event is set."""

    def __init__(self, plan: Plan, broker: Broker) -> None:
        self.plan = plan
        self.broker = broker
        door = asyncio.Semaphore(CONNECTING)
        self.links = [Link(simulator, broker, door=door) for simulator in plan.simulators()]
        self._random = Random(f"{plan.seed}/fleet")
        self._voices = [(link, member) for link in self.links for member in range(link.simulator.members)]

    @property
    def sent(self) -> int:
        """Messages published so far."""
        return sum(link.sent for link in self.links)

    async def run(self, stop: asyncio.Event) -> None:
        """Simulate until `stop` is set, then say goodbye."""
        async with asyncio.TaskGroup() as tasks:
            living = [
                tasks.create_task(link.run(), name=f"simulators.fleet[{link.simulator.client_id}]")
                for link in self.links
            ]
            pacing = tasks.create_task(self._pace(), name="simulators.fleet[pace]")
            mishaps = tasks.create_task(self._mishaps(), name="simulators.fleet[mishaps]")
            rebooting = tasks.create_task(self._reboots(), name="simulators.fleet[reboots]")
            watching = tasks.create_task(self._watch(), name="simulators.fleet[watch]")
            await stop.wait()
            for task in (pacing, mishaps, rebooting, watching):
                task.cancel()
            for link in self.links:
                link.stop()
            if living:
                _, late = await asyncio.wait(living, timeout=FAREWELL_S)
                for task in late:
                    task.cancel()

    async def _pace(self) -> None:
        voices = self._random.sample(self._voices, len(self._voices))
        loop = asyncio.get_running_loop()
        begin, turn = loop.time(), 0
        while self.plan.rate > 0 and voices:
            due = math.floor((loop.time() - begin) * self.plan.rate)
            turn = max(turn, due - math.ceil(self.plan.rate * LONGEST_BURST_S))
            until = min(due, turn + AT_ONCE)
            for i in range(turn, until):
                link, member = voices[i % len(voices)]
                if link.connected:
                    self._report(link, member, time.time())
            turn = max(turn, until)
            next_s = begin + (turn + 1) / self.plan.rate - loop.time()
            await asyncio.sleep(max(TICK_S, next_s) if turn >= due else 0)

    def _report(self, link: Link, member: int, now: float) -> None:
        simulator = link.simulator
        link.send(self.plan.scenario.change(simulator.client_id, simulator.report(member, now), now))

    async def _reboots(self) -> None:
        before = time.time()
        while self.plan.scenario.rules:
            await asyncio.sleep(REBOOT_LOOK_S)
            now = time.time()
            for link in self.links:
                away_s = self.plan.scenario.reboot_s(link.simulator.client_id, before, now)
                if away_s is not None and link.connected:
                    link.reboot(away_s=away_s)
            before = now

    async def _mishaps(self) -> None:
        while self.plan.mishap_every_s > 0 and self._voices:
            await asyncio.sleep(self._random.expovariate(1 / self.plan.mishap_every_s))
            self.mishap(self._random)

    def mishap(self, random: Random) -> None:
        """Let one device lose its link, reboot, or get out of reach of its gateway."""
        link, member = random.choice(self._voices)
        simulator = link.simulator
        if not link.connected:
            return
        if isinstance(simulator, Gateway):
            link.send(simulator.lose(member, time.time(), random.uniform(*OUT_OF_REACH_S)))
        elif random.random() < 1 / 2:
            link.cut(away_s=random.uniform(*LOST_S))
        else:
            link.reboot(away_s=random.uniform(*REBOOT_S))

    async def _watch(self) -> None:
        reachable = True
        while self.links:
            await asyncio.sleep(WATCH_S)
            failures = [link.failure for link in self.links if link.failure]
            reached = len(failures) == 0 or any(link.connected for link in self.links)
            if reachable and not reached:
                log.warning("%s: %s; trying again", self.broker, failures[0])
            elif reached and not reachable:
                log.warning("%s: back again", self.broker)
            reachable = reached
