"""From broker to log: what devices say is decoded, encoded once, appended, and only then acknowledged."""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from zlib import crc32

from hub.decoders.base import Malformed, Unsupported
from hub.decoders.registry import Decoders
from hub.descriptions import Descriptions
from hub.draft import Draft
from hub.engine.base import Engine
from hub.events import Batch, Packet
from hub.mqtt.base import Delivery, Message, MqttClient
from hub.raw_event import NAMELESS, REFUSALS, raw_event

log = logging.getLogger(__name__)

IN_FLIGHT = 32_768
"""Messages a broker may send again after a kill: Mosquitto 2.0 sends far more than the receive maximum and may leave
acknowledgements unread. Half the packet ids: a message that is new must not be taken for the last one with its id."""
TAIL_BATCHES = (500, 4_000, 16_000)
"""How far back the log is read for them, in steps: mostly the first is enough."""
UNDER_WAY = 2
"""Batches on their way to the log at once: while one is committed, the next is decoded."""
READY_TOPIC = "hub/ready/"
READY_EVENT_PREFIX = "system/ready/"
"""A message below the first comes back as an event below the second: the proof that broker, ingest and log work."""
MAX_READY_CHARS = 64
"""A longer topic there is not the hub's own."""


class Ingest:
    """The one reader of a broker. `run` goes on for ever; what can't be appended is not acknowledged.

    `awaited` has who is told the messages of a topic as they are: answers to commands, and commands. Where that gives
    true, the hub itself has sent the message, and nothing else becomes of it.
    """

    def __init__(
        self,
        *,
        client: MqttClient,
        source: str,
        engine: Engine,
        decoders: Decoders,
        descriptions: Descriptions,
        now_ms: Callable[[], int],
    ) -> None:
        self.messages = 0
        self.events = 0
        self.redelivered = 0
        self.refused: dict[str, int] = dict.fromkeys(REFUSALS, 0)
        self.on_batch: Callable[[int, float], None] = lambda _messages, _seconds: None
        self.awaited: Mapping[str, Callable[[Message], bool]] = {}
        self._client = client
        self._source = source
        self._engine = engine
        self._decoders = decoders
        self._descriptions = descriptions
        self._now_ms = now_ms
        self._connection = 0
        self._taken: dict[int, int] = {}
        self._room = asyncio.Semaphore(UNDER_WAY)

    @property
    def connected(self) -> bool:
        """Whether the hub is subscribed at the broker."""
        return self._client.link.connected

    @property
    def devices_forgotten(self) -> int:
        """Devices dropped from memory because it is full."""
        return self._descriptions.forgotten

    async def run(self) -> None:
        """Take delivery after delivery, in order; each is acknowledged when the log has it."""
        self._room = asyncio.Semaphore(UNDER_WAY)
        async with asyncio.TaskGroup() as tasks:
            async for delivery in self._client.deliveries():
                if delivery.connection != self._connection:
                    await self._settle()
                    self._connection = delivery.connection
                    self._taken = await self._taken_before() if delivery.resumed else {}
                started = time.perf_counter()
                batch = self._batch(delivery.messages, self._now_ms())
                if batch is None:
                    await self._settle()  # acknowledgements keep their order
                    self._end(delivery, started)
                    continue
                await self._room.acquire()
                tasks.create_task(self._append(batch, delivery, started), name="hub.ingest[append]")
                await asyncio.sleep(0)  # it is on its way before the next is decoded

    async def _append(self, batch: Batch, delivery: Delivery, started: float) -> None:
        try:
            await self._engine.publish(batch)
            self.events += len(batch.topics)
            self._end(delivery, started)
        finally:
            self._room.release()

    def _end(self, delivery: Delivery, started: float) -> None:
        self._client.ack(delivery)
        self.messages += len(delivery.messages)
        self.on_batch(len(delivery.messages), time.perf_counter() - started)

    async def _settle(self) -> None:
        """Nothing is on its way to the log any more."""
        for _ in range(UNDER_WAY):
            await self._room.acquire()
        for _ in range(UNDER_WAY):
            self._room.release()

    async def _taken_before(self) -> dict[int, int]:
        """Packet id → digest of the newest message with it that the log took from this client: it may come again."""
        taken: dict[int, int] = {}
        for limit in TAIL_BATCHES:
            batches = await self._engine.tail(limit=limit)
            taken = _newest_packets(batch for batch in reversed(batches) if batch.source == self._source)
            if len(batches) < limit or len(taken) >= IN_FLIGHT:
                break
        return taken

    def _batch(self, messages: Sequence[Message], now_ms: int) -> Batch | None:
        draft = Draft(self._descriptions, now_ms=now_ms)
        packets: list[Packet] = []
        for message in messages:
            if message.packet_id:
                digest = crc32(message.payload, crc32(message.topic.encode()))
                if self._taken and self._came_before(message, digest):
                    continue
                packets.append((message.packet_id, digest))
            self._take(message, draft)
        return draft.batch(source=self._source, packets=packets) if len(draft) else None

    def _came_before(self, message: Message, digest: int) -> bool:
        """Whether the log has this redelivered message already. The broker sends those first, so a new one ends it."""
        if not message.duplicate:
            self._taken = {}
            return False
        if self._taken.pop(message.packet_id, None) == digest:
            self.redelivered += 1
            return True
        return False

    def _take(self, message: Message, draft: Draft) -> None:
        topic, payload = message.topic, message.payload
        if topic in self.awaited and not message.retain and self.awaited[topic](message):
            return
        passage = self._decoders.passage(topic)
        if passage is not None and not message.retain and self._descriptions.takes(passage.said.device):
            data = passage.data(payload)
            if data is not None:
                draft.pass_on(passage, data)
                return
        if topic.startswith(READY_TOPIC) and len(topic) <= MAX_READY_CHARS:
            draft.add(READY_EVENT_PREFIX + topic.removeprefix(READY_TOPIC), {})
            return
        self._decode(message, draft)

    def _decode(self, message: Message, draft: Draft) -> None:
        topic, payload = message.topic, message.payload
        try:
            outcome = self._decoders.decode(topic, payload, draft.now_ms)
            nameless = 0 if outcome is None else draft.tell(outcome, retained=message.retain)
        except Malformed as error:
            self._refuse(message, "malformed", str(error), draft)
        except Unsupported as error:
            self._refuse(message, "unsupported", str(error), draft)
        except Exception:
            log.exception("A decoder failed on %d bytes of %r; the message is kept as raw.", len(payload), topic[:200])
            self._refuse(message, "failed", "the decoder failed; the hub's log says where", draft)
        else:
            if outcome is None:
                self._refuse(message, "unclaimed", "no decoder claims this topic", draft)
            elif nameless:
                self._refuse(message, "nameless", NAMELESS, draft)

    def _refuse(self, message: Message, refusal: str, reason: str, draft: Draft) -> None:
        self.refused[refusal] += 1
        topic, payload = message.topic, message.payload
        family = self._decoders.family_of(topic)
        draft.add(*raw_event(topic, payload, refusal=refusal, reason=reason, family=family))


def _newest_packets(newest_first: Iterable[Batch]) -> dict[int, int]:
    taken: dict[int, int] = {}
    for batch in newest_first:
        for packet_id, digest in reversed(batch.packets):
            taken.setdefault(packet_id, digest)
            if len(taken) >= IN_FLIGHT:
                return taken
    return taken
