"""Carries commands to devices: sends them by the family's own wire, waits for answer and effect, minds the clock.

Every process with a broker runs one; what they do is decided by the log (see `commands.command`), so that no two send
the same command, and what one leaves behind another one finishes.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from hub.command_flight import Flight, Flights
from hub.commanding import Commands, has_steps
from hub.commands import encode
from hub.commands.command import ANSWER_S, Command, State
from hub.commands.wire import Sending, Uncommandable
from hub.decoders.base import Knowledge
from hub.engine.base import Engine
from hub.errors import HubError, Unavailable, Unrecoverable
from hub.events import Batch, Position, decode_event
from hub.message import time_of
from hub.mqtt.base import MqttClient, Response
from hub.twin import PREFIX as TWIN_PREFIX
from hub.twin import twin_of

log = logging.getLogger(__name__)

TURN_S = 0.25
"""How often all open commands are looked at, at least."""
REST = 5
"""After a turn of t seconds the next one waits so many times t: looking at thousands must not fill the process."""
MAX_FLIGHTS = 2_000
"""Commands that are sent or waited for at once; others stay queued."""
LEFT_S = 2.0
"""How long after its deadline another runner's command is judged by this one: its own runner must be gone."""
READ_BATCHES = 500
ANSWER_MS = ANSWER_S * 1000


class CommandRunner:
    """Runs the commands of `commands` with one MQTT client. `name` says whose a command is that is being sent."""

    def __init__(
        self,
        commands: Commands,
        *,
        client: MqttClient,
        engine: Engine,
        knowledge: Knowledge,
        name: str,
    ) -> None:
        self.flights = Flights()
        self._commands = commands
        self._node = commands.node
        self._client = client
        self._engine = engine
        self._knowledge = knowledge
        self._name = name
        self._some = asyncio.Event()
        self._busy: set[str] = set()
        self._carried: set[str] = set()

    async def run(self) -> None:
        """Carry commands for ever."""
        await self._commands.ready.wait()
        for command in self._commands.ledger.open():
            if command.state is State.SENDING and command.runner == self._name:
                await self._commands.put(command.doubted(self._commands.now_ms()))
        loop = asyncio.get_running_loop()
        with self._node.watch.following(self._look):
            async with asyncio.TaskGroup() as tasks:
                while True:
                    started = loop.time()
                    for command in self._commands.ledger.open():
                        self._consider(command, tasks)
                    await asyncio.sleep((loop.time() - started) * REST)
                    await self._wait()

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(TURN_S):
                await self._some.wait()
        except TimeoutError:
            return
        self._some.clear()

    def _look(self, batch: Batch) -> None:
        if has_steps(batch):
            self._some.set()
        watched = self.flights.watched
        if watched:
            for i, topic in enumerate(batch.topics):
                if topic in watched and batch.position is not None:
                    self.flights.see(topic, decode_event(batch.pieces()[i]), batch.position)

    def _consider(self, command: Command, tasks: asyncio.TaskGroup) -> None:
        """Begin whatever is to be done with a command now."""
        if command.id in self._carried:
            return
        now_ms, deadline = self._commands.now_ms(), command.deadline()
        work: Callable[[Command], Any] | None = None
        if command.state in (State.SENT, State.ANSWERED):
            if command.expect is not None and command.runner == self._name:
                work = self._resume
            elif deadline is not None and now_ms > deadline + LEFT_S * 1000:
                work = self._judge
        elif deadline is not None and now_ms >= deadline:
            work = self._end
        elif command.state is State.QUEUED and self._is_due(command, now_ms):
            self._busy.add(command.device)
            work = self._carry
        if work is not None and len(self._carried) < MAX_FLIGHTS:
            self._carried.add(command.id)
            tasks.create_task(self._guarded(work, command), name=f"hub.command_runner[{command.id}]")
        elif work == self._carry:
            self._busy.discard(command.device)

    def _is_due(self, command: Command, now_ms: int) -> bool:
        if command.at > now_ms or command.device in self._busy or not self._client.link.connected:
            return False
        if command.twin and not self._is_wanted(command):
            # Whoever keeps the twin takes it back.
            return False
        told = self._node.latest.get(f"connectivity/{command.device}")
        return told is None or _data(told).get("state") != "offline"

    def _is_wanted(self, command: Command) -> bool:
        twin = twin_of(self._node.latest.get(TWIN_PREFIX + command.device))
        return twin.wants(command.twin, time_of(command.id) or 0)

    async def _guarded(self, work: Callable[[Command], Any], command: Command) -> None:
        try:
            await work(command)
        except HubError as error:
            # The log did not answer; whatever the command's state is then, its deadline is looked at again.
            log.warning("Command %s to %s waits: %s", command.id, command.device, error)
        except Exception:
            log.exception("Carrying command %s to %s failed.", command.id, command.device)
        finally:
            self._carried.discard(command.id)
            if work == self._carry:
                self._busy.discard(command.device)
            self._some.set()

    # One command

    async def _end(self, command: Command) -> None:
        await self._commands.put(command.overdue(self._commands.now_ms()))

    async def _carry(self, command: Command) -> None:
        try:
            sending = encode(command, self._family(command.device), self._knowledge, now_ms=self._commands.now_ms())
        except Uncommandable as error:
            await self._put(command, State.FAILED, reason=str(error))
            return
        now = await self._put(command, State.SENDING, runner=self._name, reason="", since=str(self._node.position))
        if now is None:
            return
        with self.flights.flying(now, sending) as flight:
            sent = await self._publish(now, sending)
            self._busy.discard(command.device)
            if sent is not None:
                await self._follow(sent, flight)

    async def _publish(self, command: Command, sending: Sending) -> Command | None:
        asked = sending.response if self._client.takes_response else None
        response = None if asked is None else Response(asked.topic, asked.correlation)
        try:
            for each in sending.outgoing:
                await self._client.publish(
                    each.topic, each.payload, qos=each.qos, retain=each.retain, response=response
                )
        except Unavailable as error:
            if command.idempotent:
                return await self._put(
                    command, State.QUEUED, reason=f"it may have been sent before: {error}", runner=""
                )
            return await self._put(command, State.FAILED, reason=f"outcome unknown: {error}")
        proof: dict[str, Any] = {"topic": sending.outgoing[-1].topic, "qos": sending.outgoing[-1].qos}
        if response is not None:
            proof["response_topic"] = response.topic
        evidence = command.proved(sent=proof)
        return await self._put(command, State.SENT, sent=self._commands.now_ms(), evidence=evidence)

    async def _follow(self, command: Command, flight: Flight) -> None:
        """Wait for the answer and the effect of a command that was sent, and put on the log what comes."""
        now: Command | None = command
        while now is not None and now.is_open(self._commands.now_ms()):
            if flight.answer is not None and now.state is State.SENT:
                now = await self._answered(now, flight)
            elif flight.effect is not None:
                now = await self._put(now, State.OBSERVED, evidence=now.proved(observed=flight.effect))
            elif flight.is_awaited(now.state) and not await flight.come(self._left_s(now)):
                if now.expect is not None:
                    await self._end(now)
                return
            elif not flight.is_awaited(now.state):
                return

    async def _answered(self, command: Command, flight: Flight) -> Command | None:
        answer, flight.answer = flight.answer, None
        if answer is None:
            return command
        evidence = command.proved(answered=answer.proof)
        if not answer.ok:
            return await self._put(command, State.FAILED, reason="the device refused it", evidence=evidence)
        return await self._put(command, State.ANSWERED, evidence=evidence)

    def _left_s(self, command: Command) -> float:
        deadline = command.deadline() or command.sent + ANSWER_MS
        return max(0.0, (deadline - self._commands.now_ms()) / 1000)

    async def _resume(self, command: Command) -> None:
        """Go on waiting for the effect of a command that this runner sent before it was started again."""
        with self.flights.flying(command) as flight:
            await self._look_back(command)
            await self._follow(command, flight)

    async def _judge(self, command: Command) -> None:
        """Decide about a command that another runner has sent and left: the log knows whether it had an effect."""
        with self.flights.flying(command) as flight:
            await self._look_back(command)
            if flight.effect is not None:
                await self._put(command, State.OBSERVED, evidence=command.proved(observed=flight.effect))
            else:
                await self._end(command)

    async def _look_back(self, command: Command) -> None:
        """See what the device has said since the command was sent, as far as the log reaches."""
        deadline = command.deadline() or 0
        since = Position.parse(command.since)
        topic = f"telemetry/{command.device}"
        try:
            while batches := await self._engine.history(since, limit=READ_BATCHES):
                for batch in batches:
                    since = batch.position or since
                    for i, its in enumerate(batch.topics):
                        if its == topic and batch.times[i] <= deadline:
                            self.flights.see(topic, decode_event(batch.pieces()[i]), since)
        except Unrecoverable:
            return

    async def _put(self, command: Command, state: State, **changes: Any) -> Command | None:
        """Put the next step on the log; the command then, None where somebody else's step came first."""
        after = command.step(state, now_ms=self._commands.now_ms(), **changes)
        holds, _ = await self._commands.put(after)
        return after if holds and after.state not in (State.QUEUED, State.FAILED) else None

    def _family(self, device: str) -> str:
        told = self._node.latest.get(f"device/{device}")
        return "" if told is None else str(_data(told).get("family", ""))


def _data(piece: bytes) -> dict[str, Any]:
    data = decode_event(piece)["data"]
    return data if isinstance(data, dict) else {}
