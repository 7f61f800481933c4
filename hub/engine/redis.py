"""The engine of several processes: the log is a Redis stream, announcements are Redis Pub/Sub."""

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Self

from hub.engine.base import CLAIM_IDLE_S
from hub.engine.ephemeral_redis import Hear
from hub.engine.intake import Waiting
from hub.engine.redis_client import Argument, RedisClient
from hub.engine.redis_group import RedisGroup
from hub.engine.redis_live import Listen, RedisLive
from hub.engine.redis_member import RedisMember
from hub.engine.redis_names import Entry, Names, script
from hub.engine.redis_sender import RedisSender
from hub.errors import Unrecoverable
from hub.events import Batch, Position

logger = logging.getLogger(__name__)

NOTHING_KNOWN = Position("", 0)


class RedisEngine:
    """Engine (see `base`) on the Redis at `url`, for any number of processes.

    kill -9 of Redis loses nothing that was acknowledged where its append-only file is on with `appendfsync always`
    (with `everysec`, what it took while an fsync was running can be gone). Whenever acknowledged batches are gone, a
    new epoch begins with offsets above all that were acknowledged; what is left keeps the positions it had. The stream
    is trimmed with publishes: what is older than `max_age_s` or beyond `max_bytes`, but what a consumer group has not
    acked only beyond twice `max_bytes` (`overrun_batches` counts these).
    """

    def __init__(
        self, url: str, *, prefix: str = "hub", max_bytes: int, max_age_s: float, claim_idle_s: float = CLAIM_IDLE_S
    ) -> None:
        self._client = RedisClient(url)
        self._names = Names(prefix, secrets.token_hex(8))
        self._max_bytes = max_bytes
        self._max_age_ms = int(max_age_s * 1000)
        self._claim_idle_s = claim_idle_s
        self._sender = RedisSender(self._append)
        self._members: dict[tuple[str, str], RedisMember] = {}
        self._known = NOTHING_KNOWN
        self._publish_script = script("epoch", "append", "publish")
        self._head_script = script("epoch", "head")
        self._tasks: asyncio.TaskGroup
        self._running: set[asyncio.Task[None]] = set()
        self.overrun_batches = 0

    @property
    def lost_batches(self) -> int:
        """Batches that were trimmed before the members here came to them."""
        return sum(member.lost_batches for member in self._members.values())

    @property
    def waiting_bytes(self) -> int:
        """What publishers wait with."""
        return self._sender.waiting_bytes

    @property
    def write_failures(self) -> int:
        """Attempts to publish that failed and were made again."""
        return self._sender.failures

    async def __aenter__(self) -> Self:
        self._client.open()
        self._tasks = await asyncio.TaskGroup().__aenter__()
        self._start("publish", self._sender.run())
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._running:
            task.cancel()
        await self._tasks.__aexit__(None, None, None)
        self._sender.close()
        await self._client.close()

    async def publish(self, batch: Batch, *, timeout_s: float | None = None) -> Position:
        """See Engine."""
        return await self._sender.publish(batch, timeout_s=timeout_s)

    @asynccontextmanager
    async def subscribe(self) -> AsyncIterator[RedisLive]:
        """See Engine."""
        live = RedisLive(self)
        task = self._start("subscribe", live.run())
        try:
            await live.start()
            yield live
        finally:
            task.cancel()
            await asyncio.wait([task])

    def listen(self) -> AbstractAsyncContextManager[Listen]:
        """Announcements from now on (see `redis_live.Source`)."""
        return self._client.listen(self._names.channel)

    async def head(self) -> Position:
        """See Engine; begins a new epoch where the log is behind what this process knows of it."""
        (answer,) = await self._client.run(self._head_script, [(2, self._names.log, self._names.stream, *self._life())])
        return self._learn(answer)

    def heard(self, position: Position) -> None:
        """This position was announced (see `redis_live.Source`)."""
        if position.epoch == self._known.epoch and position.offset > self._known.offset:
            self._known = position

    async def history(self, since: Position, *, limit: int) -> list[Batch]:
        """See Engine; what is left of an earlier epoch is no history of this one."""
        head = await self.head()
        if since.epoch != head.epoch or since.offset > head.offset:
            raise Unrecoverable(f"Position {since} is not of this log; its head is {head}.")
        if since.offset == head.offset or limit <= 0:
            return []
        found = await self._client.command("XRANGE", self._names.stream, f"{since.offset + 1}-0", "+", "COUNT", limit)
        batches = [batch for entry in found if (batch := Entry.of(*entry).batch)]
        expected = [Position(since.epoch, since.offset + i) for i in range(1, len(batches) + 1)]
        if not batches or [batch.position for batch in batches] != expected:
            raise Unrecoverable(f"What follows position {since} is not on the log any more.")
        return batches

    async def tail(self, *, limit: int) -> list[Batch]:
        """See Engine; a batch that is left of an earlier epoch has the position it was acknowledged with."""
        if limit <= 0:
            return []
        found = await self._client.command("XREVRANGE", self._names.stream, "+", "-", "COUNT", limit)
        return [batch for entry in reversed(found) if (batch := Entry.of(*entry).batch)]

    @asynccontextmanager
    async def consume(self, group: str, member: str) -> AsyncIterator[RedisMember]:
        """See Engine; while Redis is away the iteration waits."""
        source = RedisGroup(self._client, stream=self._names.stream, group=group, member=member)
        consumer = RedisMember(source, idle_s=self._claim_idle_s)
        if (group, member) in self._members:
            consumer.lost_batches = self._members[group, member].lost_batches
        self._members[group, member] = consumer
        await consumer.start()
        yield consumer

    async def ack(self, group: str, position: Position) -> None:
        """See Engine."""
        for (name, _), member in self._members.items():
            if name == group and position in member.held:
                await member.ack(position)
                return

    async def run_on_log(self, source: str, *arguments: Argument) -> list[Any]:
        """The answer of a script that may append to the log by itself (see `presence.lua`); raises Unavailable."""
        names = self._names
        keys = (names.log, names.stream, names.index, names.presence)
        limits = (names.channel, self._max_bytes, self._max_age_ms)
        call = (len(keys), *keys, *self._life(), *limits, *arguments)
        rest: list[Any]
        ((position, overrun, *rest),) = await self._client.run(source, [call])
        if position:
            self._learn(position)
        self._count_overrun(overrun)
        return rest

    async def tell(self, message: bytes) -> None:
        """Say it beside the log (see `ephemeral_redis.Speaker`)."""
        await self._client.command("PUBLISH", self._names.notices, message)

    def hear(self) -> AbstractAsyncContextManager[Hear]:
        """What is said beside the log from now on (see `ephemeral_redis.Speaker`)."""
        return self._client.hear(self._names.notices)

    def _start(self, name: str, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = self._tasks.create_task(work, name=f"hub.engine.redis[{name}]")
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    def _life(self) -> tuple[Argument, ...]:
        """What the scripts must know to see that acknowledged batches are gone, and a name for a new epoch."""
        return self._known.epoch, self._known.offset, secrets.token_hex(4)

    def _learn(self, answer: bytes) -> Position:
        position = Position.parse(answer.decode())
        if position.epoch != self._known.epoch or position.offset > self._known.offset:
            self._known = position
        return position

    async def _append(self, window: Sequence[Waiting], confirm: Callable[[Position], None]) -> None:
        names, first = self._names, window[0].sequence
        keys = (4, names.log, names.stream, names.index, names.producer)
        limits = (self._max_bytes, self._max_age_ms, names.channel)
        life = self._life()
        calls = [(*keys, *life, waiting.entry, waiting.sequence, first, *limits) for waiting in window]
        for answer, overrun in await self._client.run(self._publish_script, calls):
            confirm(self._learn(answer))
            self._count_overrun(overrun)

    def _count_overrun(self, overrun: int) -> None:
        if overrun and not self.overrun_batches:
            logger.error(
                "The log in Redis is over twice its %d bytes: batches are trimmed that a consumer group has not acked.",
                self._max_bytes,
            )
        self.overrun_batches += overrun
