"""This process: the log's live end on one side, sessions on the other."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

from hub import protocol
from hub.allowance import Allowance
from hub.auth import Identity, View, may, sees, view_of
from hub.chatting import Chat
from hub.conflation import Taken
from hub.engine.base import Engine
from hub.engine.ephemeral_base import Ephemeral
from hub.errors import (
    CLOSE_EXPIRED,
    CLOSE_INVALID_TOKEN,
    CLOSE_SHUTDOWN,
    LIMIT_EXCEEDED,
    HubError,
    PermissionDenied,
    Unavailable,
    Unrecoverable,
)
from hub.events import Batch, Position, encode_event
from hub.expiry import Expiry
from hub.fanout import FanOut, now_ms
from hub.follower import Follower
from hub.interest import Interest
from hub.latest import Latest
from hub.listener import HUB, Ear, Listener
from hub.presence import NodePresence
from hub.recovery import Missed, Wanted, missed_since
from hub.session import Session, Wire
from hub.store.base import EventStore
from hub.typing_notices import TypingNotices
from hub.watch import Watch

log = logging.getLogger(__name__)

HEARTBEAT_S = 25
EXPIRY_GRACE_S = 25
"""How long a session outlives its token: time for the client to renew it in place."""
HEAD_TIMEOUT_S = 2.0
TELEMETRY = "telemetry/"
PUBLISH_TIMEOUT_S = 5.0


class Node:
    """Sessions of this process, and what they are due. Opened and closed by `async with`.

    A client that subscribes is answered with the reply, then what it missed or a snapshot, then live events.
    """

    def __init__(
        self,
        *,
        engine: Engine,
        store: EventStore,
        presence: NodePresence,
        ephemeral: Ephemeral,
        now_ms: Callable[[], int],
        session_limit_bytes: int,
        allowance: Allowance | None = None,
    ) -> None:
        self.presence = presence
        self.fanout = FanOut()
        self.sessions: dict[Session, None] = {}
        self.on_refused: Callable[[Identity, str], object] = lambda _, __: None
        self.grace_s = EXPIRY_GRACE_S
        self.listeners = 0
        self.allowance = allowance or Allowance()
        self.watch = Watch()
        self.closed: dict[str, int] = {}
        self.publishers: dict[str, Callable[[Identity, str, Mapping[str, Any]], Awaitable[Position]]] = {}
        self.recoveries = {True: 0, False: 0}
        self._engine = engine
        self._now_ms = now_ms
        self._limit_bytes = session_limit_bytes
        self._follower = Follower(
            engine,
            store,
            begin=self.fanout.jump,
            take=self._take,
            burst=self.fanout.schedule,
            gap=self._say_gap,
        )
        self.chat = Chat(
            rooms=self._follower.rooms,
            store=store,
            append=self.append,
            reach=self._follower.reach,
            position=lambda: self.position,
            now_ms=now_ms,
        )
        self.typing = TypingNotices(ephemeral, check=self.chat.check_typing, deliver=self.fanout.notify)
        self._expiry = Expiry()
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
            loop.create_task(self.typing.run(), name="hub.node[typing]"),
        ]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close_sessions()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.fanout.close()

    def close_sessions(self) -> None:
        """Give every session what waits for it, then end it with `shutdown`: the client comes back elsewhere."""
        self.fanout.flush()
        for session in list(self.sessions):
            session.close(CLOSE_SHUTDOWN)

    # The log

    def _take(self, batch: Batch) -> None:
        moved = self.chat.rooms.apply(batch)
        if moved is not None:
            self._regroup(moved.gained)
        self.fanout.take(batch)
        if moved is not None:
            # Only now: the event that removes somebody is the last that he gets.
            self._regroup(moved.lost)
        if self.presence.asked:
            self.presence.see(batch.topics)
        self.watch.see(batch)

    def _say_gap(self) -> None:
        self.fanout.flush()
        self.fanout.jump(self.position)
        at_ms, gap = now_ms(), protocol.gap(self.position)
        snapshots: dict[tuple[frozenset[Interest], View | None], list[protocol.Frame]] = {}
        for session in list(self.sessions):
            self._move(session, session.interests)
            session.deliver(gap, at_ms)
            if session.interests:
                audience = session.interests, session.view
                if audience not in snapshots:
                    snapshots[audience] = self._snapshot(session, session.interests)
                for frame in snapshots[audience]:
                    session.deliver(frame, at_ms)

    async def append(
        self, topic: str, data: Mapping[str, object], *, time: int | None = None, received: int | None = None
    ) -> Position:
        """Put an event of the hub's own on the log, of now or of a time (ms); raises Unavailable."""
        time = self._now_ms() if time is None else time
        batch = Batch.of([topic], [time], [encode_event(topic, time, data, received)])
        return await self._engine.publish(batch, timeout_s=PUBLISH_TIMEOUT_S)

    # Sessions

    def open(self, identity: Identity, wire: Wire, *, address: str = "") -> Session:
        """A session for a client that has signed in; raises TooManyRequests where its user or address has too many."""
        self.allowance.connect(identity.user, address)
        session = Session(identity, wire, limit_bytes=self._limit_bytes, slow=self.fanout.slow, address=address)
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
        self._move(session, session.interests)

    def end_sessions(self, holds: Callable[[Identity], bool]) -> None:
        """End the sessions whose identity does not hold any more, for good."""
        for session in [session for session in self.sessions if not holds(session.identity)]:
            session.close(CLOSE_INVALID_TOKEN, "What this session signed in with was revoked; sign in anew.")

    def listen(self, topic_filter: str, heard: Callable[[], object] | Ear) -> None:
        """Call `heard` after each flush with events that the filter selects; other events cost nothing for it."""
        self.listeners += 1
        listener = Session(HUB, heard if isinstance(heard, Ear) else Listener(heard), limit_bytes=0, slow={})
        self._move(listener, frozenset({Interest(topic_filter)}))

    def close(self, session: Session) -> None:
        """Forget a session whose connection is gone."""
        if session in self.sessions:
            del self.sessions[session]
            self.allowance.disconnect(session.identity.user, session.address)
            if session.closed is not None:
                self.closed[session.closed.name] = self.closed.get(session.closed.name, 0) + 1
        self._expiry.discard(session)
        self.presence.leave(session, user=session.identity.user)
        self.fanout.slow.pop(session, None)
        self.fanout.audiences.move(session, ())

    async def subscribe(self, session: Session, frame: protocol.Subscribe) -> None:
        """Add filters and answer: the reply, what was missed or the snapshot, then live; no hole and no repetition.

        Raises PermissionDenied, HubError with LIMIT_EXCEEDED, or Unavailable; nothing has changed then.
        """
        for topic_filter in frame.filters:
            if not may(session.identity, "subscribe", topic_filter):
                raise PermissionDenied(f"Your role {session.identity.role} may not subscribe to {topic_filter!r}.")
        wanted = session.interests | frame.interests
        if len(wanted) > protocol.MAX_FILTERS:
            raise HubError(f"A session may have {protocol.MAX_FILTERS} filters.", code=LIMIT_EXCEEDED)
        await self.ready.wait()
        if frame.since is not None:
            # Before anything is held: what this node takes meanwhile is not missed.
            await self._reach(frame.since)
        before = session.interests
        self._move(session, wanted)
        session.settle(now_ms())
        session.hold()
        try:
            await self._begin(session, frame, before)
        except HubError:
            self._move(session, before)
            raise
        finally:
            session.release(now_ms())
        if frame.limit is None and session in self.sessions:
            # Not for a poll, which is a moment, nor for a connection that was gone before its answer.
            self._attend(session, frame.filters, asked=frame.presence)

    def _move(self, session: Session, interests: frozenset[Interest]) -> None:
        """Give what waits for the old interests, then go on with the new ones."""
        self.fanout.settle(session)
        view = self._view(session.identity, [interest.filter for interest in interests])
        self.fanout.audiences.move(session, interests, view)

    def _view(self, identity: Identity, filters: Sequence[str]) -> View | None:
        return view_of(identity, filters, self.chat.rooms.view(identity.user, filters))

    def _attend(self, session: Session, filters: Collection[str], *, asked: bool = False) -> None:
        """Be present on what the session sees of the topics that these filters name, and on none that it does not."""
        seen = [each for each in filters if sees(session.view, each)]
        hidden = [each for each in filters if each not in seen]
        self.presence.leave(session, hidden, user=session.identity.user)
        self.presence.enter(session, seen, user=session.identity.user, asked=asked)

    def _regroup(self, users: frozenset[str]) -> None:
        """What these users see has changed."""
        if users:
            for session in [each for each in self.sessions if each.identity.user in users]:
                self._move(session, session.interests)
                self._attend(session, session.filters)

    async def _begin(self, session: Session, frame: protocol.Subscribe, before: frozenset[Interest]) -> None:
        if frame.since is None:
            own = None if frame.snapshot else self.position
            session.answer(protocol.reply(frame.id, {"position": str(self.position)}, own))
            if frame.snapshot:
                self._send_snapshot(session, frame)
            return
        position = self.position
        try:
            missed = await missed_since(
                self._engine, frame.since, position, Wanted(frame.interests, session.view), limit=frame.limit
            )
        except Unrecoverable as error:
            log.info("Session of %s can't recover from %s: %s", session.identity.user, frame.since, error)
            self.recoveries[False] += 1
            self.fanout.flush()
            if before:
                # The snapshot is of the new filters; what came for the others meanwhile is in what was held.
                session.release(now_ms())
                session.settle(now_ms())
            session.hold()
            session.answer(protocol.reply(frame.id, {"position": str(self.position), "recovered": False}))
            self._send_snapshot(session, frame)
            return
        self.recoveries[True] += 1
        session.answer(protocol.reply(frame.id, {"position": str(position), "recovered": True}))
        self._send_missed(session, frame, missed)
        if missed.position != position:
            # The limit cut it: what was held meanwhile lies behind what the client will ask for next.
            self.fanout.audiences.move(session, ())
            session.hold()

    async def _reach(self, since: Position) -> None:
        """Wait until this node is where a client already was on another one; not for a position the log has not."""
        if since.epoch != self.position.epoch or since.offset <= self.position.offset:
            return
        if (await self._engine.head()).offset >= since.offset:
            with suppress(Unavailable):
                await self._follower.reach(since)

    def _send_missed(self, session: Session, frame: protocol.Subscribe, missed: Missed) -> None:
        at = missed.position
        for part in protocol.events_frames(frame.since or at, at, missed.pieces, conflated=missed.conflated):
            session.answer(part)
        if frame.options.max_rate is not None and frame.limit is None:
            # What the rate held back when the connection broke lies before `since`: the last values make it good.
            for part in protocol.late_frames(at, at, self._latest(session, frame.interests, of=TELEMETRY)):
                session.answer(part)

    def _send_snapshot(self, session: Session, frame: protocol.Subscribe) -> None:
        for part in self._snapshot(session, frame.interests):
            session.answer(part)

    def _snapshot(self, session: Session, interests: frozenset[Interest]) -> list[protocol.Frame]:
        return protocol.snapshot_frames(self.position, self._latest(session, interests).pieces)

    def _latest(self, session: Session, interests: frozenset[Interest], *, of: str = "") -> Taken:
        """What the session wants of the latest events, on topics that begin with `of`."""
        latest, view = self.latest, session.view
        topics = latest.topics(sorted({interest.filter for interest in interests}))
        seen = [topic for topic in topics if topic.startswith(of) and sees(view, topic)]
        return Wanted(interests, view).of([(topic, piece) for topic in seen for piece in latest.pieces(topic)])

    def unsubscribe(self, session: Session, frame: protocol.Unsubscribe) -> None:
        """Take filters away and answer; filters that are not there are passed over."""
        self._move(session, frozenset(each for each in session.interests if not frame.takes(each)))
        ended = [each for each in frame.filters if each not in session.filters]
        self.presence.leave(session, ended, user=session.identity.user)
        session.answer(protocol.reply(frame.id, {"position": str(self.position)}))

    async def present(self, identity: Identity, topic: str) -> dict[str, object]:
        """Who is on a topic, for who may subscribe to it; raises PermissionDenied, Unavailable."""
        if not may(identity, "subscribe", topic) or not sees(self._view(identity, [topic]), topic):
            raise PermissionDenied(f"You may not ask who is on {topic!r}.")
        members = await self.presence.members(topic)
        listed = [{"user": one.user, "sessions": one.sessions, "since": one.since_ms} for one in members.listed]
        return {"total": members.total, "members": listed}

    async def publish(
        self, identity: Identity, topic: str, data: Mapping[str, object], *, address: str = ""
    ) -> Position:
        """Put a person's event on the log; raises what `permit` does, HubError for unfit data, Unavailable."""
        self.permit(identity, topic, address=address)
        take = self.publishers.get(topic.partition("/")[0], self.chat.publish)
        return await take(identity, topic, data)

    def permit(self, identity: Identity, topic: str, *, address: str = "") -> None:
        """Raise PermissionDenied where the identity may not publish on the topic, and have that noted.

        Raises TooManyRequests where the user, or all from the address, have published too much just now.
        """
        if not may(identity, "publish", topic):
            self.on_refused(identity, topic)
            raise PermissionDenied(f"Your role {identity.role} may not publish on {topic!r}.")
        self.allowance.publish(identity.user, address, now_s=now_ms() / 1000)

    # Time

    async def _beat(self) -> None:
        """Once a second: end sessions whose token expired `grace_s` ago; every HEARTBEAT_S: the heartbeat to all."""
        beats = 0
        while True:
            await asyncio.sleep(1)
            beats += 1
            for session in self._expiry.take(self._now_ms() // 1000 - self.grace_s):
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
        lag_ms = 0 if self._behind_since is None else self._now_ms() - self._behind_since
        self.fanout.heartbeat(self.sessions, lag_ms)
