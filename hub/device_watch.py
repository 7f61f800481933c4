"""Looks after the devices that this process hears: tells who has fallen silent, and heeds what people say of them."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence

from hub import registry
from hub.auth import MAX_EXPIRES_S, Identity, Role
from hub.descriptions import CONNECTIVITY_PREFIX, DEVICE_PREFIX, Descriptions
from hub.engine.base import Engine
from hub.errors import CloseCode
from hub.events import Batch, encode_event
from hub.interest import Interest
from hub.node import Node
from hub.protocol import Frame
from hub.session import Session

LOOK_EVERY_S = 1.0
TIMEOUT_S = 5.0
RECORDS = registry.PREFIX + "+"
_HUB = Identity("hub", Role.ADMIN, MAX_EXPIRES_S)


class DeviceWatch:
    """Keeps the descriptions of this process true to the clock and to the log. `run` goes on for ever.

    A process that hears devices of a broker calls `restore` before it does.
    """

    def __init__(self, descriptions: Descriptions, *, node: Node, engine: Engine, now_ms: Callable[[], int]) -> None:
        self._descriptions = descriptions
        self._node = node
        self._engine = engine
        self._now_ms = now_ms
        self._gaps = 0
        self._follows = False

    def follow(self) -> None:
        """Know what people have said of devices, and what they will say; a second call changes nothing."""
        if self._follows:
            return
        self._follows = True
        node = self._node
        node.listeners += 1
        ear = Session(_HUB, _Records(self._heed), limit_bytes=0, slow={})
        node.fanout.audiences.move(ear, frozenset({Interest(RECORDS)}))
        self._gaps = node.gaps
        self._heed(node.latest.snapshot([RECORDS]))

    def restore(self) -> None:
        """Know all that the log has of devices: for the process that hears them, once the node has caught up."""
        self.follow()
        for topic_filter in (f"{DEVICE_PREFIX}+", f"{CONNECTIVITY_PREFIX}+"):
            self._descriptions.restore(self._node.latest.snapshot([topic_filter]), self._now_ms())

    def readings(self) -> Iterator[tuple[str, str, float]]:
        """What is counted here, by the names of the metrics table."""
        quarantine = self._descriptions.quarantine
        yield "hub_devices", "", len(self._descriptions)
        yield "hub_devices_waiting", "", len(quarantine)
        yield "hub_quarantine_messages", "", quarantine.messages
        yield "hub_quarantine_dropped", "", quarantine.dropped

    async def run(self) -> None:
        """Look once a second; a log that does not answer makes it try again."""
        await self._node.ready.wait()
        self.follow()
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            if self._gaps != self._node.gaps:
                self._gaps = self._node.gaps
                self._heed(self._node.latest.snapshot([RECORDS]))
            topics = [topic for topic, _ in self._descriptions.take_due(self._now_ms())]
            if topics:
                await self._tell(topics)

    def _heed(self, pieces: Iterable[bytes]) -> None:
        self._descriptions.restore(pieces, self._now_ms())

    async def _tell(self, topics: Sequence[str]) -> None:
        """Tell what is true of these devices, until nothing of it has changed while it was being told."""
        while topics:
            events = [event for event in map(self._descriptions.connectivity, topics) if event is not None]
            if not events:
                return
            at_ms = self._now_ms()
            pieces = [encode_event(topic, at_ms, data) for topic, data in events]
            # Without a limit: what is not told now is not noticed again, and nothing else waits for it.
            await self._engine.publish(Batch.of([topic for topic, _ in events], [at_ms] * len(pieces), pieces))
            # A device that spoke meanwhile was told of in another batch, and which came first is not known.
            topics = [event[0] for event in events if self._descriptions.connectivity(event[0]) != event]


class _Records:
    """A Wire whose frames are changes of records."""

    def __init__(self, heed: Callable[[Iterable[bytes]], None]) -> None:
        self._heed = heed

    def write(self, frame: Frame) -> None:
        """Heed them."""
        self._heed(frame.pieces)

    def waiting_bytes(self) -> int:
        """Nothing ever waits."""
        return 0

    def close(self, _: CloseCode, __: str) -> None:
        """Nothing is to be closed."""
