"""Keeps twins true: tells what devices report of what is desired, and has them told what they do not report yet.

Every process with a broker runs one, and each looks first after the devices that it hears itself. What another one has
told or asked is seen on the log; the id of a command follows from what was desired when, so that it is given once.
"""

import asyncio
import logging
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import NamedTuple
from zlib import crc32

from hub.commanding import Commands
from hub.commands import controls
from hub.commands.command import FIRST, Command, Expectation, State
from hub.commands.request import MAX_EXPIRES_S
from hub.errors import CONFLICT, NOT_FOUND, HubError
from hub.events import Batch, Scalar
from hub.message import message_id, time_of
from hub.registry import PREFIX as REGISTRY_PREFIX
from hub.twin import PREFIX as TWIN_PREFIX
from hub.twin import Twin
from hub.twin_delta import in_form_of, truth_of
from hub.twins import Twins

log = logging.getLogger(__name__)

LEFT_S = 0.5
"""How long a device that this process does not hear is left to the one that does."""
TELL_EVERY_S = 1.0
"""How often a value that is on its way to the desired one is told; that it is there or not is told at once."""
AT_ONCE = 64
"""Devices of one turn: some 10 ms, in which nothing else runs."""
REST = 2
"""After a turn of t seconds the next one waits so many times t: ten thousand twins must not fill the process."""
AGAIN_S = 5.0
"""How soon a device is looked at again whose command is still under way, or for which the log did not answer."""
ID_TRIES = 8
"""Ids of a millisecond that another device may have before this one."""
RETURN_MS = 60_000
"""What a device reports within so long of coming back, it has come back with."""
TELEMETRY_PREFIX, DEVICE_PREFIX, CONNECTIVITY_PREFIX = _ROOTS = ("telemetry/", "device/", "connectivity/")
DONE, WAIT = "done", "wait"
"""There is nothing to give now; it is to be seen soon whether there is."""
_ALONE = (TWIN_PREFIX, REGISTRY_PREFIX)
"""Events that are alone with their like in a batch, so that others cost nothing to pass over."""


class Seen(NamedTuple):
    """What decides whether a device is to be told anything: looked at again only when one of it changes."""

    version: int
    delta: frozenset[str]
    since: int


class TwinKeeper:
    """Keeps the twins of `twins`. `given` counts the commands that it has given."""

    def __init__(self, twins: Twins, commands: Commands) -> None:
        self.given = 0
        self._twins = twins
        self._commands = commands
        self._node = twins.node
        self._now_ms = twins.now_ms
        self._watched: dict[str, str] = {}
        self._due: dict[str, float] = {}
        self._told_s: dict[str, float] = {}
        self._seen: dict[str, Seen] = {}
        self._some = asyncio.Event()

    def readings(self) -> Iterator[tuple[str, str, float]]:
        """What is counted here, by the names of the metrics table."""
        yield "hub_twins", "", len(self._watched) // len(_ROOTS)
        yield "hub_twins_apart", "", sum(bool(seen.delta) for seen in self._seen.values())
        yield "hub_twin_commands", "", self.given

    async def run(self) -> None:
        """Keep them for ever."""
        await self._commands.ready.wait()
        loop, node = asyncio.get_running_loop(), self._node
        gaps = -1
        with node.watch.following(self._look):
            while True:
                if gaps != node.gaps:
                    gaps = node.gaps
                    for device in self._twins.devices():
                        self._mark(device, loop.time() + LEFT_S)
                await self._wait(loop.time())
                started = loop.time()
                due = list(islice((device for device, at_s in self._due.items() if at_s <= started), AT_ONCE))
                for device in due:
                    del self._due[device]
                await self._keep(due, started)
                await asyncio.sleep(min(AGAIN_S, (loop.time() - started) * REST))

    def _look(self, batch: Batch) -> None:
        watched, first = self._watched, batch.topics[0] if batch.topics else ""
        if first.startswith(_ALONE):
            heard = [topic.partition("/")[2] for topic in batch.topics]
        elif watched:
            heard = [watched[topic] for topic in batch.topics if topic in watched]
        else:
            return
        # What people say of devices nobody hears first.
        own = batch.source == self._twins.source or first.startswith(REGISTRY_PREFIX)
        due_s = asyncio.get_running_loop().time() + (0 if own else LEFT_S)
        for device in heard:
            self._mark(device, due_s)

    def _mark(self, device: str, due_s: float) -> None:
        if self._due.get(device, due_s) >= due_s:
            self._due[device] = due_s
            self._some.set()

    async def _wait(self, now_s: float) -> None:
        self._some.clear()
        left_s = max(0.0, min(self._due.values(), default=now_s + AGAIN_S) - now_s)
        try:
            async with asyncio.timeout(left_s):
                await self._some.wait()
        except TimeoutError:
            return

    # What devices report

    async def _keep(self, devices: list[str], now_s: float) -> None:
        twins = {device: self._twins.now(device) for device in devices}
        news = []
        for device, twin in twins.items():
            self._watch(device, wanted=bool(twin.desired))
            told, next_s = self._twins.told(device), self._told_s.get(device, 0.0) + TELL_EVERY_S
            if twin == told:
                continue
            if twin.apart.keys() != told.apart.keys() or now_s >= next_s:
                news.append((device, twin))
                self._told_s[device] = now_s
            else:
                self._mark(device, next_s)
        try:
            if news:
                await self._twins.put(news)
            await self._tell(twins, now_s)
        except HubError as error:
            log.warning("%d twins wait: %s", len(devices), error)
            for device in devices:
                self._mark(device, now_s + AGAIN_S)

    def _watch(self, device: str, *, wanted: bool) -> None:
        for root in _ROOTS:
            if wanted:
                self._watched[root + device] = device
            else:
                self._watched.pop(root + device, None)
        if not wanted:
            self._told_s.pop(device, None)

    # What devices are told

    async def _tell(self, twins: Mapping[str, Twin], now_s: float) -> None:
        """Give the commands that bring devices to what is desired, and take back those that no longer do."""
        gone: list[Command] = []
        given: list[Command] = []
        seen: dict[str, Seen] = {}
        for device, twin in twins.items():
            link = self._twins.data(CONNECTIVITY_PREFIX + device)
            since = link.get("since") if link.get("state") == "online" else 0
            now = Seen(twin.version, frozenset(twin.apart), since if isinstance(since, int) else 0)
            if self._seen.get(device) == now:
                continue
            gone += self._unwanted(device, twin)
            plans = [await self._plan(device, key, twin, now.since) for key in twin.apart]
            given += [each for each in plans if isinstance(each, Command)]
            if WAIT in plans:
                self._mark(device, now_s + AGAIN_S)
            else:
                seen[device] = now
        if gone:
            await self._commands.put_all(gone)
        if given:
            await self._commands.give(given)
            self.given += len(given)
        for device, now in seen.items():
            if twins[device].desired:
                self._seen[device] = now
            else:
                self._seen.pop(device, None)

    def _unwanted(self, device: str, twin: Twin) -> Iterator[Command]:
        """The last steps of commands that wait and ask for what is not to be told any more."""
        for command in self._commands.ledger.open_of(device):
            if command.twin and command.state in FIRST and not twin.wants(command.twin, time_of(command.id) or 0):
                told = command.twin in twin.desired and command.twin not in twin.apart
                reason = "the device reports it already" if told else "it is not desired any more"
                yield command.step(State.REFUSED, now_ms=self._now_ms(), reason=reason)

    async def _plan(self, device: str, key: str, twin: Twin, since_ms: int) -> Command | str:
        """The command to give for a key; DONE where there is none to give, WAIT where that is to be seen soon."""
        set_ms = twin.since.get(key, 0)
        first_id, first = await self._find(device, key, set_ms)
        if first is None:
            return self._command(first_id, device, key, twin)
        if since_ms <= set_ms or twin.apart[key] > since_ms + RETURN_MS:
            return DONE
        newest = max(
            (each for each in self._commands.ledger.open_of(device) if each.twin == key),
            key=lambda each: each.id,
            default=first,
        )
        if (newest.sent or newest.time) >= since_ms or newest.state in FIRST:
            return DONE
        if newest.is_open(self._now_ms()):
            # It was sent to a device that has gone since: its end is waited for.
            return WAIT
        again_id, again = await self._find(device, key, since_ms)
        return DONE if again is not None else self._command(again_id, device, key, twin)

    async def _find(self, device: str, key: str, at_ms: int) -> tuple[str, Command | None]:
        """The id of what is given for a key at a time, and the command if it was given."""
        for number in range(ID_TRIES):
            command_id = message_id(at_ms, crc32(f"{device}/{key}".encode()) + number)
            try:
                found = await self._commands.find(command_id)
            except HubError as error:
                if error.code is not NOT_FOUND:
                    raise
                return command_id, None
            if (found.device, found.twin) == (device, key):
                return command_id, found
        raise HubError(f"{ID_TRIES} commands have the ids of one to {device[:40]!r}.", code=CONFLICT)

    def _command(self, command_id: str, device: str, key: str, twin: Twin) -> Command:
        now_ms = self._now_ms()
        name, value, expect = self._order(device, key, twin.desired[key])
        return Command(
            id=command_id,
            device=device,
            name=name,
            value=value,
            by=twin.by,
            created=now_ms,
            time=now_ms,
            expires=now_ms + MAX_EXPIRES_S * 1000,
            expect=expect,
            idempotent=True,
            twin=key,
        )

    def _order(self, device: str, key: str, wanted: Scalar) -> tuple[str, Scalar, Expectation | None]:
        """How the device is told a key: the command's name and value, and what telemetry then shows."""
        data = self._twins.data(TELEMETRY_PREFIX + device)
        family = str(self._twins.data(DEVICE_PREFIX + device).get("family", ""))
        control = next((each for each in controls(family, data) if each.key == key), None)
        shown = in_form_of(wanted, data.get(key))
        # What only attributes show is no telemetry: no effect of it could be seen.
        expect = None if key not in data and key in self._twins.reported(device) else Expectation(key, "eq", shown)
        if control is None:
            return key, wanted, expect
        truth = truth_of(wanted) if control.kind == "switch" else None
        return control.name, wanted if truth is None else control.on if truth else control.off, expect
