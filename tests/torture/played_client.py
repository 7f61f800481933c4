"""A client of a node in the same process, frame by frame: between any two of them the test may cut."""

import asyncio
from collections import deque
from typing import NamedTuple

from hub import protocol
from hub.auth import Identity, Role
from hub.client.exchange import Exchange
from hub.client.inbox import Batch, Inbox
from hub.client.interest import Interest
from hub.errors import CloseCode
from hub.events import Position
from hub.node import Node
from hub.protocol import Frame
from hub.topics import matches
from hub.transports.conversation import Conversation
from tests.torture.played_engine import Entry
from tests.torture.virtual_loop import spend, virtual_time


class PlayedWire:
    """The Wire of one link: frames wait until the test lets the client have them."""

    def __init__(self) -> None:
        self.frames: deque[bytes] = deque()
        self.takes = True
        self.write_s = 0.0
        self.closed: CloseCode | None = None

    def write(self, frame: Frame) -> None:
        self.frames.append(frame.payload)
        spend(self.write_s)

    def waiting_bytes(self) -> int:
        return 0 if self.takes else sum(map(len, self.frames))

    def close(self, code: CloseCode, reason: str) -> None:
        del reason
        self.closed = code


class Link:
    """One link of the client: what it says is carried out one after another, as on every transport."""

    def __init__(self, node: Node) -> None:
        self.wire = PlayedWire()
        self.said: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._conversation = Conversation(node, self.wire, lambda _: Identity("anna", Role.ADMIN, 2**40))
        self.serving = asyncio.create_task(self._serve())

    async def _serve(self) -> None:
        self._conversation.sign_in("a token")
        while (payload := await self.said.get()) is not None:
            await self._conversation.carry_out(protocol.parse(payload.decode()))
        self._conversation.end()


class Seen(NamedTuple):
    """A subscription and what it has been given."""

    interest: Interest
    since: str | None
    batches: list[Batch]


class PlayedClient:
    """The exchange of the client library over links to a node, and what its subscriptions see."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self.exchange = Exchange(tell=lambda _: None)
        self.link: Link | None = None
        self.seen: list[Seen] = []
        self.ended: list[Seen] = []
        self._serving: list[asyncio.Task[None]] = []

    def open(self) -> None:
        if self.link is None:
            self.link = Link(self.node)
            self._serving.append(self.link.serving)
            self.exchange.opened(None, now_s=virtual_time())
            self._say()

    def cut(self) -> None:
        """What was written and not received is gone; the hub finds out when it has done what it was asked."""
        if self.link is not None:
            self.link.said.put_nowait(None)
            self.link = None
            self.exchange.lost()

    def receive(self, most: int) -> int:
        """Let the client have so many frames; the number of those that were there."""
        received = 0
        while self.link is not None and self.link.wire.frames and received < most:
            received += 1
            self.exchange.received(self.link.wire.frames.popleft(), now_s=virtual_time())
            self._collect()
            self._say()
            if self.exchange.failed is not None:
                self.cut()
        if self.link is not None and self.link.wire.closed is not None and not self.link.wire.frames:
            self.cut()
        return received

    def subscribe(self, *filters: str, snapshot: bool = False, since: str | None = None) -> None:
        interest = Interest(filters, snapshot=snapshot, since=since, inbox=Inbox())
        self.seen.append(Seen(interest, since, []))
        self.exchange.subscribe(interest, now_s=virtual_time())
        self._collect()
        self._say()

    def unsubscribe(self, which: int) -> None:
        if self.seen:
            gone = self.seen.pop(which % len(self.seen))
            self.ended.append(gone)
            self.exchange.unsubscribe(gone.interest, now_s=virtual_time())
            self._say()

    def _say(self) -> None:
        for payload in self.exchange.take_outgoing():
            if self.link is not None:
                self.link.said.put_nowait(payload)

    def _collect(self) -> None:
        for interest, _, batches in self.seen:
            if interest.begun and not batches and not interest.snapshot:
                # It begins here: all after this position is due.
                batches.append(Batch([], interest.position, snapshot=True))
            while (batch := interest.inbox.take()) is not None:
                batches.append(batch)

    async def close(self) -> None:
        self.cut()
        await asyncio.gather(*self._serving)


def check(seen: Seen, entries: list[Entry], *, complete: bool) -> None:
    """What was seen is the log filtered by the filters from the first position on; every hole is said."""
    stretch: tuple[Position, list[int]] | None = None if seen.since is None else (Position.parse(seen.since), [])
    for batch in seen.batches:
        if batch.gap:
            _check_stretch(seen, stretch, entries, complete=False)
            stretch = None
        elif batch.snapshot:
            if batch.position is not None and (stretch is None or stretch[1] or seen.since is None):
                assert stretch is None, "a snapshot in the middle"
                stretch = (Position.parse(batch.position), [])
        else:
            assert stretch is not None, "events before the snapshot"
            stretch[1].extend(event.data["n"] for event in batch.events)
    if complete:
        assert stretch is not None or not seen.interest.filters
    _check_stretch(seen, stretch, entries, complete=complete)


def _check_stretch(
    seen: Seen, stretch: tuple[Position, list[int]] | None, entries: list[Entry], *, complete: bool
) -> None:
    if stretch is None:
        return
    start, numbers = stretch
    due = [
        entry.number
        for entry in entries
        if entry.position.epoch == start.epoch
        and entry.position.offset > start.offset
        and any(matches(topic_filter, entry.topic) for topic_filter in seen.interest.filters)
    ]
    wanted = due if complete else due[: len(numbers)]
    assert numbers == wanted, f"{seen.interest.filters} from {start}: {numbers} instead of {wanted}"
