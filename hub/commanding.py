"""What people ask of devices, put on the log: orders, approvals, refusals; and what is known of every command."""

import asyncio
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from hub.auth import Identity
from hub.commands.command import PREFIX, Command, State
from hub.commands.ledger import Ledger, fold
from hub.commands.request import Decision, Order, read, read_order
from hub.engine.base import Engine
from hub.errors import CONFLICT, LIMIT_EXCEEDED, NOT_FOUND, HubError, PermissionDenied, Unrecoverable
from hub.events import Batch, Position, decode_event, encode_event
from hub.message import SALTS, message_id
from hub.node import PUBLISH_TIMEOUT_S, Node
from hub.registry import record_of
from hub.store.base import EventStore
from hub.store.step_base import StepStore

MAX_OPEN = 10_000
"""Commands that may be under way at once; another one is refused."""
RESTORED = 20_000
"""Commands of before a start that are looked at for those still under way."""
READ_BATCHES = 500
TICK_S = 1.0


class Commands:
    """All commands, as the log tells them; `run` keeps `ledger` at its live end and sets `ready` when it is there.

    Devices whose id or one of whose tags is in `approval` get a command only when a second person approves it.
    """

    def __init__(
        self,
        node: Node,
        *,
        engine: Engine,
        store: EventStore,
        steps: StepStore,
        now_ms: Callable[[], int],
        approval: frozenset[str] = frozenset(),
    ) -> None:
        self.ledger = Ledger()
        self.ready = asyncio.Event()
        self.node = node
        self.now_ms = now_ms
        self._engine = engine
        self._store = store
        self._steps = steps
        self._approval = approval
        self._held: list[Batch] | None = None

    async def run(self) -> None:
        """Follow the log for ever."""
        await self.node.ready.wait()
        with self.node.watch.following(self._look):
            gaps = -1
            while True:
                if gaps != self.node.gaps:
                    gaps = self.node.gaps
                    await self._restore()
                    self.ready.set()
                await asyncio.sleep(TICK_S)
                self.ledger.settle(self.now_ms())

    def _look(self, batch: Batch) -> None:
        if not has_steps(batch):
            return
        if self._held is not None:
            self._held.append(batch)
            return
        for topic, piece in zip(batch.topics, batch.pieces(), strict=True):
            self.ledger.take(topic, decode_event(piece)["data"], now_ms=self.now_ms())

    async def _restore(self) -> None:
        """Take what the store has, then what only the log has, then what came meanwhile."""
        self._held = []
        until = self.node.position
        try:
            since = await self._store.position() or Position(until.epoch, 0)
            for steps in await self._steps.newest(limit=RESTORED):
                self.ledger.restore(steps, now_ms=self.now_ms())
            await self._read(since, until)
        finally:
            held, self._held = self._held, None
            for batch in held:
                self._look(batch)

    async def _read(self, since: Position, until: Position) -> None:
        try:
            while since.epoch == until.epoch and since.offset < until.offset:
                batches = await self._engine.history(since, limit=READ_BATCHES)
                if not batches:
                    return
                for batch in batches:
                    if has_steps(batch):
                        self.ledger.restore(map(decode_event, batch.pieces()), now_ms=self.now_ms())
                    since = batch.position or since
        except Unrecoverable:
            # Trimmed away before the recorder came to it: what is older than the log is in the store or nowhere.
            return

    # What people do

    async def publish(self, by: Identity, topic: str, data: Mapping[str, Any]) -> Position:
        """Do what somebody publishes on `command/<device>`, where the role allows it (see `Node.publish`).

        Raises HubError: INVALID_DATA, TOO_LARGE, NOT_FOUND, LIMIT_EXCEEDED, CONFLICT; PermissionDenied, Unavailable.
        """
        device, request = topic.removeprefix(PREFIX), read(data, now_ms=self.now_ms())
        if isinstance(request, Decision):
            _, position = await self.decide(by, request, device=device)
        else:
            _, position = await self._give(by, [device], request)
        return position

    async def order(self, by: Identity, device: str, data: Mapping[str, Any]) -> Command:
        """Give a command; the same errors."""
        [command], _ = await self._give(by, [device], read_order(data, now_ms=self.now_ms()))
        return command

    async def order_all(
        self, by: Identity, devices: Sequence[str], data: Mapping[str, Any], *, rate: float
    ) -> list[Command]:
        """Give one command to many devices, at most `rate` a second; they have one `bulk`. The same errors."""
        order = read_order(data, now_ms=self.now_ms())
        commands, _ = await self._give(
            by, devices, order, bulk=message_id(self.now_ms(), secrets.randbelow(SALTS)), apart_ms=1000 / rate
        )
        return commands

    async def give(self, commands: Sequence[Command]) -> None:
        """Give commands that the hub itself has made, each once by its id; the same errors, and then none is given."""
        if len(self.ledger) + len(commands) > MAX_OPEN:
            raise HubError(f"Over {MAX_OPEN} commands would be under way.", code=LIMIT_EXCEEDED)
        waits = [self._needs_approval(each.device) for each in commands]
        states = [State.WAITING if each else State.QUEUED for each in waits]
        given = [replace(each, state=state) for each, state in zip(commands, states, strict=True)]
        await self.put_all(given)

    async def decide(self, by: Identity, decision: Decision, *, device: str) -> tuple[Command, Position]:
        """Approve or refuse a command of a device; raises HubError (NOT_FOUND, CONFLICT), PermissionDenied."""
        await self.ready.wait()
        command = self.ledger.get(decision.id)
        if command is None or command.device != device:
            raise _unknown(decision.id)
        now_ms = self.now_ms()
        if not decision.approved:
            after = command.step(State.REFUSED, now_ms=now_ms, reason=f"refused by {by.user}")
        elif command.state is not State.WAITING:
            raise HubError(f"The command is {command.state.value}; it waits for nobody.", code=CONFLICT)
        elif command.by == by.user:
            raise PermissionDenied("Somebody else than who gave the command has to approve it.")
        else:
            after = command.step(State.QUEUED, now_ms=now_ms, approved_by=by.user)
        holds, position = await self.put(after)
        if not holds:
            raise HubError("The command has moved on in the same moment.", code=CONFLICT)
        return after, position

    async def _give(
        self, by: Identity, devices: Sequence[str], order: Order, *, bulk: str = "", apart_ms: float = 0
    ) -> tuple[list[Command], Position]:
        await self.ready.wait()
        if len(self.ledger) + len(devices) > MAX_OPEN:
            raise HubError(
                f"Over {MAX_OPEN} commands would be under way; wait until some are done.", code=LIMIT_EXCEEDED
            )
        now_ms, salt = self.now_ms(), secrets.randbelow(SALTS)
        commands = []
        for number, device in enumerate(devices):
            at = (order.at or now_ms) + round(number * apart_ms)
            commands.append(
                Command(
                    id=message_id(now_ms, salt + number),
                    device=device,
                    name=order.name,
                    value=order.value,
                    by=by.user,
                    created=now_ms,
                    time=now_ms,
                    at=at if at > now_ms else 0,
                    expires=at + round(order.expires_s * 1000),
                    expect=order.expect,
                    idempotent=order.idempotent,
                    bulk=bulk,
                    state=State.WAITING if self._needs_approval(device) else State.QUEUED,
                )
            )
        return commands, await self.put_all(commands)

    def _needs_approval(self, device: str) -> bool:
        """Whether somebody else has to approve it; raises HubError(NOT_FOUND) for a device that nobody heard of."""
        latest = self.node.latest
        if not any(f"{root}/{device}" in latest for root in ("device", "telemetry", "connectivity")):
            raise HubError(f"There is no device {device!r}.", code=NOT_FOUND)
        tags = record_of(latest.get(f"registry/{device}")).tags
        return not self._approval.isdisjoint([device, *tags])

    # The log

    async def put(self, after: Command) -> tuple[bool, Position]:
        """Put a step on the log; whether it holds (nobody else made another one before). Raises Unavailable."""
        position = await self.put_all([after])
        now = self.ledger.get(after.id)
        return now is not None and _same(now, after), position

    async def put_all(self, commands: Sequence[Command]) -> Position:
        """Put a step of each on the log, and wait until this process has seen them; raises Unavailable."""
        topics = [command.topic for command in commands]
        times = [command.time for command in commands]
        pieces = [encode_event(each.topic, each.time, each.shown()) for each in commands]
        position = await self._engine.publish(Batch.of(topics, times, pieces), timeout_s=PUBLISH_TIMEOUT_S)
        await self.node.chat.reach(position)
        return position

    # What is known

    async def find(self, command_id: str) -> Command:
        """The command of an id; raises HubError(NOT_FOUND)."""
        await self.ready.wait()
        found = self.ledger.get(command_id) or fold(await self._steps.of_command(command_id))
        if found is None:
            raise _unknown(command_id)
        return found

    async def of_device(self, device: str, *, before: str | None, limit: int) -> list[Command]:
        """The newest `limit` commands of a device with an id before this one, newest first."""
        await self.ready.wait()
        kept = [fold(steps) for steps in await self._steps.of_device(device, before=before, limit=limit)]
        found = {command.id: command for command in kept if command is not None}
        for command in self.ledger.known():
            if command.device == device and (before is None or command.id < before):
                found[command.id] = command
        return sorted(found.values(), key=_id, reverse=True)[:limit]

    async def steps_of(self, command: Command) -> list[dict[str, Any]]:
        """The steps of a command as the store has them, each with what is new in it."""
        return [dict(step) for step in await self._steps.of_command(command.id)]

    def of_bulk(self, bulk: str) -> list[Command]:
        """The commands that were given together, oldest first."""
        return sorted((each for each in self.ledger.known() if each.bulk == bulk), key=_id)


def has_steps(batch: Batch) -> bool:
    """Whether a batch has steps of commands: they are alone in theirs, so that others cost nothing to pass over."""
    return bool(batch.topics) and batch.topics[0].startswith(PREFIX)


def _same(one: Command, other: Command) -> bool:
    return (one.version, one.state, one.runner, one.time) == (other.version, other.state, other.runner, other.time)


def _id(command: Command) -> str:
    return command.id


def _unknown(command_id: str) -> HubError:
    return HubError(f"There is no command {command_id!r}.", code=NOT_FOUND)
