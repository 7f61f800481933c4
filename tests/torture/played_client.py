"""A client of a node in the same process, frame by frame: between any two of them the test may cut."""

import asyncio
from collections import deque
from typing import Any, NamedTuple

from hub import protocol
from hub.auth import Identity, Role
from hub.client.conditions import Condition
from hub.client.exchange import Exchange
from hub.client.frames import Event
from hub.client.inbox import Batch, Inbox
from hub.client.interest import Interest
from hub.client.narrowing import Narrowing, NarrowingOptions
from hub.errors import CloseCode
from hub.events import Position
from hub.node import Node
from hub.protocol import Frame
from hub.replaying import Replaying
from hub.topics import matches
from hub.transports.conversation import Conversation
from tests.torture.played_engine import TELEMETRY, Entry
from tests.torture.virtual_loop import spend, virtual_time

EVEN = range(0, 512, 2)
"""The numbers of a subscription with `where`."""
WHERE: Condition = {"key": "n", "op": "in", "value": list(EVEN)}


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
        nothing: Any = None
        replaying = Replaying(nothing, node.chat.rooms)
        anna = Identity("anna", Role.ADMIN, 2**40)
        self._conversation = Conversation(node, self.wire, lambda _: anna, replaying=replaying)
        self.serving = asyncio.create_task(self._serve())

    async def _serve(self) -> None:
        self._conversation.sign_in("a token")
        while (payload := await self.said.get()) is not None:
            await self._conversation.carry_out(protocol.parse(payload.decode()))
        self._conversation.end()


class Seen(NamedTuple):
    """A subscription, what it asked for beside topics, and what it has been given."""

    interest: Interest
    since: str | None
    asked: NarrowingOptions
    batches: list[Batch]

    def wants(self, entry: Entry) -> bool:
        """Whether an event of the log is due to it."""
        selected = any(matches(topic_filter, entry.topic) for topic_filter in self.interest.filters)
        return selected and ("where" not in self.asked or entry.number in EVEN)


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

    def subscribe(
        self, *filters: str, snapshot: bool = False, since: str | None = None, asked: NarrowingOptions | None = None
    ) -> None:
        asked = asked or {}
        narrowing = Narrowing(**asked)
        interest = Interest(filters, snapshot=snapshot, since=since, inbox=Inbox(), narrowing=narrowing)
        self.seen.append(Seen(interest, since, asked, []))
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
        for interest, _, _, batches in self.seen:
            if interest.begun and not batches and not interest.snapshot:
                # It begins here: all after this position is due.
                batches.append(Batch([], interest.position, snapshot=True))
            while (batch := interest.inbox.take()) is not None:
                batches.append(batch)

    async def close(self) -> None:
        self.cut()
        await asyncio.gather(*self._serving)


class Stretch(NamedTuple):
    """What a subscription was given from a position on, up to a hole that was said."""

    start: Position
    events: list[Event]


def check(seen: Seen, entries: list[Entry], *, complete: bool) -> None:
    """What was seen is the log filtered by the filters from the first position on; every hole is said."""
    stretch = None if seen.since is None else Stretch(Position.parse(seen.since), [])
    for batch in seen.batches:
        if batch.gap:
            _check_stretch(seen, stretch, entries, complete=False)
            stretch = None
        elif batch.snapshot:
            if batch.position is not None and (stretch is None or stretch.events or seen.since is None):
                assert stretch is None, "a snapshot in the middle"
                stretch = Stretch(Position.parse(batch.position), [])
        else:
            assert stretch is not None, "events before the snapshot"
            stretch.events.extend(batch.events)
    if complete:
        assert stretch is not None or not seen.interest.filters
    _check_stretch(seen, stretch, entries, complete=complete)


def _check_stretch(seen: Seen, stretch: Stretch | None, entries: list[Entry], *, complete: bool) -> None:
    if stretch is None:
        return
    start = stretch.start
    later = [each for each in entries if each.position.epoch == start.epoch and each.position.offset > start.offset]
    due = [entry for entry in later if seen.wants(entry)]
    numbers = [event.data["n"] for event in stretch.events if not event.topic.startswith(TELEMETRY)]
    wanted = [entry.number for entry in due if not entry.topic.startswith(TELEMETRY)]
    if any(entry.topic.startswith(TELEMETRY) for entry in entries):
        numbers = _without_repetition(numbers, wanted)
    wanted = wanted if complete else wanted[: len(numbers)]
    assert numbers == wanted, f"{seen.interest.filters} from {start}: {numbers} instead of {wanted}"
    for topic in {entry.topic for entry in due if entry.topic.startswith(TELEMETRY)}:
        told = [event for event in stretch.events if event.topic == topic]
        _check_telemetry(seen, told, [entry.number for entry in due if entry.topic == topic], complete=complete)


def _without_repetition(numbers: list[int], wanted: list[int]) -> list[int]:
    """Beside telemetry that was merged, what a link that broke has brought may come again, in its order."""
    places = {number: place for place, number in enumerate(wanted)}
    reached = before = -1
    for number in numbers:
        assert places[number] <= before + 1, f"{number} comes too early in {numbers}"
        before = places[number]
        reached = max(reached, before)
    return wanted[: reached + 1]


def _check_telemetry(seen: Seen, told: list[Event], due: list[int], *, complete: bool) -> None:
    """Telemetry may be merged and told again, but no value is passed over; under a rate, no last one."""
    # What is told again for a subscription with fewer keys comes to the others with no more than those.
    assert all("n" in event.data for event in told)
    assert "fields" not in seen.asked or all(set(event.data) == {"n"} for event in told)
    reached = max((event.data["n"] for event in told), default=0)
    # The last values come again after a cut, but of those only what still satisfies the condition.
    if complete and due and not {"where", "max_rate"} <= seen.asked.keys():
        assert reached >= due[-1], f"{seen.interest.filters}, {seen.asked}: the last of {due} did not come"
    if "max_rate" in seen.asked:
        return
    spans = [(event.conflated["min"]["n"] if event.conflated else event.data["n"], event.data["n"]) for event in told]
    missing = [n for n in due if n <= reached and not any(low <= n <= high for low, high in spans)]
    assert not missing, f"{seen.interest.filters}, {seen.asked}: {missing} of {due} are in none of {spans}"
