"""This process: the log's live end on one side, sessions on the other."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Self

from hub import chat, protocol
from hub.audience import AudienceIndex
from hub.auth import Identity, may
from hub.engine.base import Engine
from hub.errors import (
    CLOSE_EXPIRED,
    CLOSE_SHUTDOWN,
    LIMIT_EXCEEDED,
    HubError,
    PermissionDenied,
    Unrecoverable,
)
from hub.events import NOWHERE, Batch, Position, encode_event
from hub.expiry import Expiry
from hub.follower import Follower
from hub.latest import Latest
from hub.recovery import Missed, missed_since
from hub.session import Session, Wire
from hub.store.base import EventStore

log = logging.getLogger(__name__)

HEARTBEAT_S = 25
HEAD_TIMEOUT_S = 2.0
PUBLISH_TIMEOUT_S = 5.0
REACH_TRY_S = 0.02
REACH_TRIES = 100


class Node:
    """Sessions of this process, and what they are due. Opened and closed by `async with`.

    A client that subscribes is answered with the reply, then what it missed or a snapshot, then live events.
    """

    def __init__(
        self, *, engine: Engine, store: EventStore, now_ms: Callable[[], int], session_limit_bytes: int
    ) -> None:
        self.audiences = AudienceIndex()
        self.sessions: dict[Session, None] = {}
        self.on_flush: Callable[[float], object] = lambda _: None
        self.delivered_frames = 0
        self.closed: dict[str, int] = {}
        self.recoveries = {True: 0, False: 0}
        self._engine = engine
        self._now_ms = now_ms
        self._limit_bytes = session_limit_bytes
        self._follower = Follower(engine, store, take=self._take, burst=self._schedule_flush, gap=self._say_gap)
        self._expiry = Expiry()
        self._watchers: dict[str, asyncio.Event] = {}
        self._flush_timer: asyncio.TimerHandle | None = None
        self._flush_from = 0.0
        self._flushed = NOWHERE
        self._behind_since: int | None = None
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def position(self) -> Position:
        """The last batch that was cut for the audiences."""
        return self._follower.position

    @property
    def latest(self) -> Latest:
        """The latest event of each topic at that position."""
        return self._follower.latest

    @property
    def ready(self) -> asyncio.Event:
        """Set when this node has caught up with the log."""
        return self._follower.ready

    @property
    def gaps(self) -> int:
        """Times that the log could not be followed without a gap."""
        return self._follower.gaps

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._tasks = [
            loop.create_task(self._follower.run(), name="hub.node[follow]"),
            loop.create_task(self._beat(), name="hub.node[beat]"),
        ]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close_sessions()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._flush_timer is not None:
            self._flush_timer.cancel()

    def close_sessions(self) -> None:
        """Give every session what waits for it, then end it with `shutdown`: the client comes back elsewhere."""
        self._flush()
        for session in list(self.sessions):
            session.close(CLOSE_SHUTDOWN)

    # The log

    def _take(self, batch: Batch) -> None:
        self.audiences.offer(batch)
        if self._watchers:
            for topic in batch.topics:
                watcher = self._watchers.get(topic)
                if watcher is not None:
                    watcher.set()

    def _say_gap(self) -> None:
        self._flush()
        for session in list(self.sessions):
            session.deliver(protocol.gap(self.position))
            if session.filters:
                pieces = self.latest.snapshot(sorted(session.filters))
                for frame in protocol.snapshot_frames(self.position, pieces):
                    session.deliver(frame)

    async def append(self, topic: str, data: Mapping[str, object]) -> Position:
        """Put an event of the hub's own on the log; raises Unavailable."""
        time = self._now_ms()
        batch = Batch.of([topic], [time], [encode_event(topic, time, data)])
        return await self._engine.publish(batch, timeout_s=PUBLISH_TIMEOUT_S)

    async def wait_for(self, topic: str, *, timeout_s: float) -> bool:
        """Whether an event on the topic comes by within the time: the proof that all hops before this one work."""
        watcher = self._watchers.setdefault(topic, asyncio.Event())
        try:
            async with asyncio.timeout(timeout_s):
                await watcher.wait()
        except TimeoutError:
            return False
        finally:
            self._watchers.pop(topic, None)
        return True

    # Flush: one frame per audience

    def _schedule_flush(self) -> None:
        """Flush now, or after half the time that the last flush took: idle means at once, load makes frames larger."""
        if self._flush_timer is not None:
            return
        loop = asyncio.get_running_loop()
        if loop.time() >= self._flush_from:
            self._flush()
        else:
            self._flush_timer = loop.call_at(self._flush_from, self._flush)

    def _flush(self) -> None:
        loop = asyncio.get_running_loop()
        started = loop.time()
        self._flush_timer = None
        position, sent = self.position, 0
        for audience in self.audiences.take_waiting():
            frames = protocol.events_frames(self._flushed, position, audience.take())
            for frame in frames:
                for session in audience.sessions:
                    session.deliver(frame)
                sent += len(audience.sessions)
        self._flushed = position
        if sent:
            took = loop.time() - started
            self.delivered_frames += sent
            self._flush_from = started + took * 1.5
            self.on_flush(took)

    # Sessions

    def open(self, identity: Identity, wire: Wire) -> Session:
        """A session for a client that has signed in."""
        session = Session(identity, wire, limit_bytes=self._limit_bytes)
        self.sessions[session] = None
        self._expiry.add(session)
        return session

    def renew(self, session: Session, identity: Identity) -> None:
        """Let a session live as long as a new token of the same user; raises PermissionDenied for another user's."""
        if identity.user != session.identity.user:
            raise PermissionDenied(f"This session is {session.identity.user!r}; sign in anew as {identity.user!r}.")
        self._expiry.discard(session)
        session.identity = identity
        self._expiry.add(session)

    def close(self, session: Session) -> None:
        """Forget a session whose connection is gone."""
        if session in self.sessions and session.closed is not None:
            self.closed[session.closed.name] = self.closed.get(session.closed.name, 0) + 1
        self.sessions.pop(session, None)
        self._expiry.discard(session)
        self.audiences.move(session, frozenset())

    async def subscribe(self, session: Session, frame: protocol.Subscribe) -> None:
        """Add filters and answer: the reply, what was missed or the snapshot, then live; no hole and no repetition.

        Raises PermissionDenied, or HubError with LIMIT_EXCEEDED; nothing has changed then.
        """
        for topic_filter in frame.filters:
            if not may(session.identity, "subscribe", topic_filter):
                raise PermissionDenied(f"Your role {session.identity.role} may not subscribe to {topic_filter!r}.")
        wanted = session.filters.union(frame.filters)
        if len(wanted) > protocol.MAX_FILTERS:
            raise HubError(f"A session may have {protocol.MAX_FILTERS} filters.", code=LIMIT_EXCEEDED)
        await self.ready.wait()
        self._flush()
        session.hold()
        self.audiences.move(session, wanted)
        try:
            await self._begin(session, frame)
        finally:
            session.release()

    async def _begin(self, session: Session, frame: protocol.Subscribe) -> None:
        if frame.since is None:
            own = None if frame.snapshot else self.position
            session.answer(protocol.reply(frame.id, {"position": str(self.position)}, own))
            if frame.snapshot:
                self._send_snapshot(session, frame)
            return
        await self._reach(frame.since)
        position = self.position
        try:
            missed = await missed_since(self._engine, frame.since, position, frame.filters, limit=frame.limit)
        except Unrecoverable as error:
            log.info("Session of %s can't recover from %s: %s", session.identity.user, frame.since, error)
            self.recoveries[False] += 1
            self._flush()
            session.hold()
            session.answer(protocol.reply(frame.id, {"position": str(self.position), "recovered": False}))
            self._send_snapshot(session, frame)
            return
        self.recoveries[True] += 1
        session.answer(protocol.reply(frame.id, {"position": str(position), "recovered": True}))
        self._send_missed(session, frame.since, missed)
        if missed.position != position:
            # The limit cut it: what was held meanwhile lies behind what the client will ask for next.
            self.audiences.move(session, frozenset())
            session.hold()

    async def _reach(self, since: Position) -> None:
        """Wait until this node is where a client already was on another one; not for a position the log has not."""
        if since.epoch != self.position.epoch or since.offset <= self.position.offset:
            return
        head = await self._engine.head()
        tries = 0
        while head.offset >= since.offset > self.position.offset and tries < REACH_TRIES:
            await asyncio.sleep(REACH_TRY_S)
            tries += 1

    def _send_missed(self, session: Session, since: Position, missed: Missed) -> None:
        for frame in protocol.events_frames(since, missed.position, missed.pieces):
            session.answer(frame)

    def _send_snapshot(self, session: Session, frame: protocol.Subscribe) -> None:
        pieces = self.latest.snapshot(frame.filters)
        for part in protocol.snapshot_frames(self.position, pieces):
            session.answer(part)

    def unsubscribe(self, session: Session, frame: protocol.Unsubscribe) -> None:
        """Take filters away and answer; filters that are not there are passed over."""
        self._flush()
        self.audiences.move(session, session.filters.difference(frame.filters))
        session.answer(protocol.reply(frame.id, {"position": str(self.position)}))

    async def publish(self, identity: Identity, topic: str, data: Mapping[str, object]) -> Position:
        """Put a person's event on the log; raises PermissionDenied, HubError for unfit data, Unavailable."""
        if not may(identity, "publish", topic):
            raise PermissionDenied(f"Your role {identity.role} may not publish on {topic!r}.")
        if topic.startswith(chat.PREFIX):
            data = chat.compose(data, identity.user)
        return await self.append(topic, data)

    # Time

    async def _beat(self) -> None:
        """Once a second: end sessions whose token has expired; every HEARTBEAT_S: the heartbeat to all."""
        beats = 0
        while True:
            await asyncio.sleep(1)
            beats += 1
            for session in self._expiry.take(self._now_ms() // 1000):
                session.close(CLOSE_EXPIRED)
            if beats % HEARTBEAT_S == 0:
                await self._heartbeat()

    async def _heartbeat(self) -> None:
        try:
            async with asyncio.timeout(HEAD_TIMEOUT_S):
                head = await self._engine.head()
        except (HubError, TimeoutError) as error:
            log.warning("The log's head can't be read: %s", error)
            head = None
        if head is not None and head == self.position:
            self._behind_since = None
        elif self._behind_since is None:
            self._behind_since = self._now_ms()
        self._flush()
        lag_ms = 0 if self._behind_since is None else self._now_ms() - self._behind_since
        frame = protocol.heartbeat(self.position, lag_ms)
        for session in list(self.sessions):
            session.deliver(frame)
