"""Replays: the past plays to a session through the frames of the present (docs/protocol.md)."""

import asyncio
import logging
from collections import deque
from collections.abc import Sequence

from hub.auth import Identity, View, may, sees, view_of
from hub.errors import BAD_REQUEST, CONFLICT, LIMIT_EXCEEDED, NOT_FOUND, HubError, PermissionDenied
from hub.events import NOWHERE, Position, decode_event
from hub.protocol import reply
from hub.replay_clock import ReplayClock
from hub.replay_frames import replay_end, replay_gap, replayed
from hub.replay_place import PAGE_EVENTS, of_one_batch, place_of, recorded_ms
from hub.replay_request import Replay, ReplayAction
from hub.rooms import Rooms
from hub.session import Session
from hub.store.archive_base import Archive, Archived, Moment
from hub.topics import matches

log = logging.getLogger(__name__)

MAX_REPLAYS = 2
"""Of a session."""
MAX_STATES = 2
"""How many may read at a time how things were: each is as large as all that is latest."""
MAX_FRAME_EVENTS = 1_000
MAX_FRAME_BYTES = 512 * 1024
"""Past either, batches that are due come with the next frames: between two it is looked what waits on the wire."""

WAITING_SHARE = 4
"""A replay waits while the wire has this part of the session's limit waiting: live events come first."""
DRAIN_S = 0.05


class Replaying:
    """What all replays of this process share."""

    def __init__(self, archive: Archive, rooms: Rooms) -> None:
        self.archive = archive
        self.states = asyncio.Semaphore(MAX_STATES)
        self._rooms = rooms

    def view(self, identity: Identity, filters: Sequence[str]) -> View | None:
        """What somebody sees now of what the filters select."""
        return view_of(identity, filters, self._rooms.view(identity.user, filters))


class Replays:
    """The replays of one session; `end` when its connection is gone."""

    def __init__(self, replaying: Replaying, session: Session) -> None:
        self._replaying = replaying
        self._session = session
        self._playing: dict[int, _Play] = {}

    async def start(self, frame: Replay) -> None:
        """Begin and answer; raises PermissionDenied, HubError, Unrecoverable or Unavailable."""
        identity, archive = self._session.identity, self._replaying.archive
        for topic_filter in frame.filters:
            if not may(identity, "subscribe", topic_filter):
                raise PermissionDenied(f"Your role {identity.role} may not subscribe to {topic_filter!r}.")
        start = await place_of(archive, frame.start)
        end = None if frame.end is None else await place_of(archive, frame.end)
        if end is not None and _is_after(start, end, frame):
            raise HubError("`from` must be before `to`.", code=BAD_REQUEST)
        # Looked at last: while the archive was read, others may have begun.
        if frame.id in self._playing:
            raise HubError(f"The replay {frame.id} plays already; give another id.", code=CONFLICT)
        if len(self._playing) >= MAX_REPLAYS:
            raise HubError(f"A session may have {MAX_REPLAYS} replays; stop one.", code=LIMIT_EXCEEDED)
        play = self._playing[frame.id] = _Play(self._replaying, self._session, frame, start=start, end=end)
        play.task = asyncio.create_task(self._run(play), name=f"{__name__}[{frame.id}]")
        self._session.answer(reply(frame.id, {"replay": frame.id, "time": int(play.clock.moment(play.now()))}))

    async def act(self, frame: ReplayAction) -> None:
        """Do what is asked to a replay and answer; raises HubError, Unrecoverable or Unavailable."""
        play = self._playing.get(frame.replay)
        if play is None:
            raise HubError(f"No replay {frame.replay} plays here.", code=NOT_FOUND)
        if frame.start is not None:
            play.seek(await place_of(self._replaying.archive, frame.start))
        elif frame.speed is not None:
            play.clock.run_at(frame.speed, play.now())
        elif frame.action == "pause":
            play.clock.pause(play.now())
        elif frame.action == "resume":
            play.clock.resume(play.now())
        else:
            self._stop(play)
        play.changed.set()
        time = int(play.clock.moment(play.now()))
        self._session.answer(reply(frame.id, {"replay": frame.replay, "time": time}))

    def end(self) -> None:
        """Stop all of them."""
        for play in list(self._playing.values()):
            self._stop(play)

    def _stop(self, play: "_Play") -> None:
        self._playing.pop(play.frame.id, None)
        if play.task is not None:
            play.task.cancel()

    async def _run(self, play: "_Play") -> None:
        try:
            await play.run()
        except HubError as error:
            play.finish(error)
        except Exception:
            log.exception("A replay failed.")
            play.finish(HubError())
        finally:
            if self._playing.get(play.frame.id) is play:
                del self._playing[play.frame.id]


def _is_after(start: Moment, end: Moment, frame: Replay) -> bool:
    if isinstance(frame.start, int) and isinstance(frame.end, int):
        return frame.start > frame.end
    return start.place > end.place


class _Play:
    """One replay: reads the archive ahead by a page, and gives each batch when it is due."""

    def __init__(
        self, replaying: Replaying, session: Session, frame: Replay, *, start: Moment, end: Moment | None
    ) -> None:
        self.frame = frame
        self.changed = asyncio.Event()
        self.task: asyncio.Task[None] | None = None
        self.now = asyncio.get_running_loop().time
        self._replaying = replaying
        self._session = session
        self._until = end.place if end is not None and not isinstance(frame.end, int) else None
        self._end_ms = frame.end if isinstance(frame.end, int) else None
        self.clock = ReplayClock(0, speed=frame.speed, now_s=self.now(), paused=frame.paused)
        self._jumps = 0
        self._go(start)
        self._snapshot_due = frame.snapshot

    def seek(self, moment: Moment) -> None:
        """Go on from another moment, after how things were there."""
        self._go(moment)
        self._snapshot_due = True

    def _go(self, moment: Moment) -> None:
        self._ahead: deque[Archived] = deque()
        self._read = moment.place
        self._exhausted = False
        self._place = moment.place
        self._position = moment.position
        self._time = moment.time
        self._jumps += 1
        self.clock.seek(self._time, self.now())

    def finish(self, error: HubError | None = None) -> None:
        """Say that nothing follows."""
        self._session.answer(replay_end(self.frame.id, position=self._position, time=self._time, error=error))

    async def run(self) -> None:
        """Play to the end."""
        while self._session.closed is None:
            self.changed.clear()
            if self._snapshot_due:
                await self._drained()
                await self._give_state()
                continue
            jumps = self._jumps
            await self._fill()
            if jumps != self._jumps:
                continue
            due_ms = self._due_ms()
            if due_ms is None and not self.clock.paused:
                break
            if await self._waited(due_ms):
                continue
            if self._over(due_ms):
                break
            await self._give_due()
        self.finish()

    def _due_ms(self) -> int | None:
        """When the next batch, or the end, is due; None where there is nothing left."""
        if not self._ahead:
            return None
        due_ms = max(self._time, recorded_ms(self._ahead[0]))
        return due_ms if self._end_ms is None else min(due_ms, self._end_ms)

    def _over(self, due_ms: int | None) -> bool:
        return due_ms is not None and self._end_ms is not None and recorded_ms(self._ahead[0]) > self._end_ms

    async def _waited(self, due_ms: int | None) -> bool:
        """Wait until something is due; True where something else changed meanwhile, or the wire was full."""
        wait_s = None if due_ms is None else self.clock.wait_s(due_ms, self.now())
        if wait_s != 0:
            try:
                async with asyncio.timeout(wait_s):
                    await self.changed.wait()
            except TimeoutError:
                return False
            return True
        return await self._drained()

    async def _drained(self) -> bool:
        session, waited = self._session, False
        while session.closed is None and session.wire.waiting_bytes() * WAITING_SHARE > session.limit_bytes:
            waited = True
            await asyncio.sleep(DRAIN_S)
        if waited and not self._snapshot_due:
            # The clock waited too: else all that was due meanwhile would come at once.
            self.clock.seek(self._time, self.now())
        return waited

    async def _give_state(self) -> None:
        self._snapshot_due, jumps = False, self._jumps
        if self._place < 0:
            first = await self._replaying.archive.read(after=-1, limit=1)
            pieces: list[bytes] = []
        else:
            first = ()
            async with self._replaying.states:
                pieces = await self._replaying.archive.state(self._place)
                # In a thread: it looks at each topic that there was.
                pieces = await asyncio.to_thread(_seen_of, pieces, self.frame.filters, self._view())
        if jumps != self._jumps:
            return
        for one in first:
            self._session.answer(replay_gap(self.frame.id, position=one.position, time=recorded_ms(one)))
        self._give(pieces, self._position, self._time, snapshot=True)
        # Reading it took time that has not played.
        self.clock.seek(self._time, self.now())

    async def _fill(self) -> None:
        """Read until the next batch is here as a whole."""
        ahead, jumps = self._ahead, self._jumps
        while not self._exhausted and (not ahead or of_one_batch(ahead[0], ahead[-1])):
            page = await self._replaying.archive.read(
                after=self._read, until=self._until, filters=self.frame.filters, limit=PAGE_EVENTS
            )
            if jumps != self._jumps:
                return
            ahead.extend(page)
            self._exhausted = len(page) < PAGE_EVENTS
            if page:
                self._read = page[-1].place

    async def _give_due(self) -> None:
        """Give the next batch, and those behind it that are here and due as well."""
        given: list[Archived] = []
        time, position, now_s = self._time, self._position, self.now()
        size_bytes = 0
        while self._ahead and len(given) < MAX_FRAME_EVENTS and size_bytes < MAX_FRAME_BYTES:
            first = self._ahead[0]
            due_ms = max(time, recorded_ms(first))
            if given and (not self._is_whole() or self.clock.wait_s(due_ms, now_s) != 0 or self._is_beyond(first)):
                break
            if NOWHERE not in (position, first.position) and position.epoch != first.position.epoch:
                if given:
                    break
                self._session.answer(replay_gap(self.frame.id, position=first.position, time=due_ms))
            time, position = due_ms, first.position
            while self._ahead and of_one_batch(first, self._ahead[0]):
                given.append(self._ahead.popleft())
                size_bytes += len(given[-1].piece)
        self._place = given[-1].place
        view = self._view()
        pieces = [one.piece for one in given if sees(view, one.topic)]
        self._give(pieces, position, time)
        # Others have their turn between any two, at any speed.
        await asyncio.sleep(0)

    def _is_whole(self) -> bool:
        return self._exhausted or not of_one_batch(self._ahead[0], self._ahead[-1])

    def _is_beyond(self, one: Archived) -> bool:
        return self._end_ms is not None and recorded_ms(one) > self._end_ms

    def _give(self, pieces: Sequence[bytes], position: Position, time: int, *, snapshot: bool = False) -> None:
        since, self._position, self._time = self._position, position, time
        if not pieces and not snapshot:
            return
        for frame in replayed(
            self.frame.id, since=since, position=position, time=time, pieces=pieces, snapshot=snapshot
        ):
            self._session.answer(frame)

    def _view(self) -> View | None:
        return self._replaying.view(self._session.identity, self.frame.filters)


def _seen_of(pieces: Sequence[bytes], filters: Sequence[str], view: View | None) -> list[bytes]:
    topics = (str(decode_event(piece)["topic"]) for piece in pieces)
    return [
        piece
        for piece, topic in zip(pieces, topics, strict=True)
        if any(matches(one, topic) for one in filters) and sees(view, topic)
    ]
