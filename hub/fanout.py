"""From the live end of the log to sessions: one frame per audience, as soon as the last one is out."""

import asyncio
from collections.abc import Callable, Iterable

from hub import protocol
from hub.audience import Audience, AudienceIndex
from hub.events import NOWHERE, Batch, Position
from hub.protocol import Frame
from hub.session import Session

DRAIN_S = 0.05
"""How often slow sessions are looked after."""


def now_ms() -> float:
    """Milliseconds of the loop's clock, which never goes back."""
    return asyncio.get_running_loop().time() * 1000


class FanOut:
    """Cuts batches for audiences and flushes them.

    Idle, a batch is on the wires at once; after a flush that took t seconds the next one waits t, so that load makes
    frames larger and ingest has half of the time. `flushed` is the position up to which every audience has been given
    what it is due.
    """

    def __init__(self) -> None:
        self.audiences = AudienceIndex()
        self.slow: dict[Session, None] = {}
        self.flushed = NOWHERE
        self.frames = 0
        self.conflated = {"slow": 0, "rate": 0}
        self.early = 0
        self.on_flush: Callable[[float], object] = lambda _: None
        self._cut = NOWHERE
        self._flush_from = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._drain_timer: asyncio.TimerHandle | None = None

    def take(self, batch: Batch) -> None:
        """Cut a batch of the log; `schedule` when the burst it is of has ended."""
        self.audiences.offer(batch, before=self._cut, now_ms=now_ms())
        self._cut = batch.position or self._cut

    def jump(self, position: Position) -> None:
        """The log goes on from here, without what lies before."""
        self._cut = self.flushed = position

    def schedule(self) -> None:
        """Flush now, or when the last flush allows it."""
        loop = asyncio.get_running_loop()
        if loop.time() >= self._flush_from:
            self.flush()
        elif self._timer is None or self._timer.when() > self._flush_from:
            self._flush_at(self._flush_from)

    def flush(self) -> None:
        """Give every audience what it is due now."""
        loop = asyncio.get_running_loop()
        started = loop.time()
        self._cancel_timer()
        sent = 0
        due_ms = None
        # First: what is said next has the position, and an interest without a rate may wait for some of these.
        for audience in self.audiences.paced():
            sent += self._flush_paced(audience, started * 1000)
            if audience.pace is not None and audience.pace.due_ms is not None:
                due_ms = audience.pace.due_ms if due_ms is None else min(due_ms, audience.pace.due_ms)
        for audience in self.audiences.take_waiting():
            sent += self._flush_audience(audience, started * 1000)
        self.flushed = self._cut
        if sent:
            self.frames += sent
            took = loop.time() - started
            self._flush_from = started + took * 2
            self.on_flush(took)
        if due_ms is not None:
            self._flush_at(max(self._flush_from, due_ms / 1000))
        self._look_after_slow()

    def _flush_audience(self, audience: Audience, at_ms: float) -> int:
        return _send(protocol.events_frames(self.flushed, self._cut, audience.take()), audience.sessions, at_ms)

    def _flush_paced(self, audience: Audience, at_ms: float) -> int:
        pace, turns = audience.pace, []
        while pace and pace.due_ms is not None and pace.due_ms <= at_ms:
            early = pace.early
            taken = pace.take(at_ms, max_bytes=protocol.MAX_EVENTS_FRAME_BYTES)
            if not taken.pieces:
                break
            self.early += pace.early - early
            self.conflated["rate"] += taken.conflated
            turns.append(taken)
        sent = 0
        for number, taken in enumerate(turns, 1):
            last = number == len(turns) and not audience.pending
            frames = protocol.late_frames(self.flushed, self._cut if last else self.flushed, taken)
            sent += _send(frames, audience.sessions, at_ms)
        return sent

    def settle(self, session: Session) -> None:
        """Give all sessions of a session's audience what is due or held back there, before it goes to another one."""
        self.flush()
        audience = self.audiences.of(session)
        if audience is None or not audience.pace:
            return
        at_ms = now_ms()
        taken = audience.pace.take(at_ms, everything=True)
        self.conflated["rate"] += taken.conflated
        self.frames += _send(protocol.late_frames(self.flushed, self.flushed, taken), audience.sessions, at_ms)

    def notify(self, topic: str, user: str, frame: Frame) -> None:
        """Give a frame that is on no log to the sessions that a topic is for, except those of a user."""
        for audience in self.audiences.on(topic):
            for session in list(audience.sessions):
                if session.identity.user != user:
                    session.notify(frame)

    def heartbeat(self, sessions: Iterable[Session], lag_ms: int) -> None:
        """Tell each session up to where it has everything."""
        self.flush()
        at_ms = now_ms()
        frame = protocol.heartbeat(self.flushed, lag_ms)
        for session in list(sessions):
            session.deliver(frame, at_ms)

    def close(self) -> None:
        """Flush no more."""
        self._cancel_timer()
        if self._drain_timer is not None:
            self._drain_timer.cancel()
            self._drain_timer = None

    def _flush_at(self, when: float) -> None:
        self._cancel_timer()
        self._timer = asyncio.get_running_loop().call_at(when, self.flush)

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look_after_slow(self) -> None:
        if self.slow and self._drain_timer is None:
            self._drain_timer = asyncio.get_running_loop().call_later(DRAIN_S, self._drain)

    def _drain(self) -> None:
        self._drain_timer = None
        at_ms = now_ms()
        for session in list(self.slow):
            self.conflated["slow"] += session.drain(at_ms)
        self._look_after_slow()


def _send(frames: list[Frame], sessions: Iterable[Session], at_ms: float) -> int:
    sent = 0
    for frame in frames:
        for session in list(sessions):
            session.deliver(frame, at_ms)
            sent += 1
    return sent
