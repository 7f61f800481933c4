"""From broker to log: what devices say is decoded, encoded once, appended, and only then acknowledged."""

import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol
from zlib import crc32

from hub.decoders.base import Malformed, Unsupported
from hub.decoders.registry import Decoders
from hub.descriptions import Descriptions
from hub.engine.base import Engine
from hub.errors import InvalidTopic
from hub.events import Batch, Packet, encode_event
from hub.mqtt.base import Message, MqttClient
from hub.topics import validate_topic

log = logging.getLogger(__name__)

IN_FLIGHT = 32_768
"""Messages a broker may send again after a kill: Mosquitto 2.0 sends far more than the receive maximum and may leave
acknowledgements unread. Half the packet ids: a message that is new must not be taken for the last one with its id."""
TAIL_BATCHES = (500, 4_000, 16_000)
"""How far back the log is read for them, in steps: mostly the first is enough."""
RAW_TEXT_BYTES = 1024
READY_TOPIC = "hub/ready/"
READY_EVENT_PREFIX = "system/ready/"
"""A message below the first comes back as an event below the second: the proof that broker, ingest and log work."""


class Add(Protocol):
    """Puts one event into the batch that is being made; without a device's own time it gets the hub's."""

    def __call__(self, topic: str, data: Mapping[str, object], time_ms: int | None = None) -> None:
        """Add the event."""
        ...


class Ingest:
    """The one reader of a broker. `run` goes on for ever; what can't be appended is not acknowledged."""

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
        self.refused: dict[str, int] = {"malformed": 0, "unsupported": 0, "unclaimed": 0, "failed": 0}
        self.on_batch: Callable[[int, float], None] = lambda _messages, _seconds: None
        self._client = client
        self._source = source
        self._engine = engine
        self._decoders = decoders
        self._descriptions = descriptions
        self._now_ms = now_ms
        self._connection = 0
        self._taken: dict[int, int] = {}

    @property
    def connected(self) -> bool:
        """Whether the hub is subscribed at the broker."""
        return self._client.link.connected

    @property
    def devices_forgotten(self) -> int:
        """Devices dropped from memory because it is full."""
        return self._descriptions.forgotten

    async def run(self) -> None:
        """Take delivery after delivery; each is on the log before the next is looked at."""
        async for delivery in self._client.deliveries():
            if delivery.connection != self._connection:
                self._connection = delivery.connection
                self._taken = await self._taken_before() if delivery.resumed else {}
            started = time.perf_counter()
            batch = self._batch(delivery.messages, self._now_ms())
            if batch is not None:
                await self._engine.publish(batch)
                self.events += len(batch.topics)
            self._client.ack(delivery)
            self.messages += len(delivery.messages)
            self.on_batch(len(delivery.messages), time.perf_counter() - started)

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
        topics: list[str] = []
        times: list[int] = []
        pieces: list[bytes] = []
        packets: list[Packet] = []

        def add(topic: str, data: Mapping[str, object], time_ms: int | None = None) -> None:
            topics.append(topic)
            times.append(now_ms if time_ms is None else time_ms)
            pieces.append(encode_event(topic, times[-1], data, None if time_ms is None else now_ms))

        for message in messages:
            if message.packet_id:
                digest = crc32(message.payload, crc32(message.topic.encode()))
                if self._taken and self._came_before(message, digest):
                    continue
                packets.append((message.packet_id, digest))
            self._decode(message, now_ms, add)
        if not pieces:
            return None
        return Batch.of(topics, times, pieces, source=self._source, packets=packets)

    def _came_before(self, message: Message, digest: int) -> bool:
        """Whether the log has this redelivered message already. The broker sends those first, so a new one ends it."""
        if not message.duplicate:
            self._taken = {}
            return False
        if self._taken.pop(message.packet_id, None) == digest:
            self.redelivered += 1
            return True
        return False

    def _decode(self, message: Message, now_ms: int, add: Add) -> None:
        topic, payload = message.topic, message.payload
        if topic.startswith(READY_TOPIC):
            add(READY_EVENT_PREFIX + topic.removeprefix(READY_TOPIC), {})
            return
        try:
            outcome = self._decoders.decode(topic, payload, now_ms)
        except Malformed as error:
            self._refuse(message, "malformed", str(error), add)
            return
        except Unsupported as error:
            self._refuse(message, "unsupported", str(error), add)
            return
        except Exception:
            log.exception("A decoder failed on %d bytes of %r; the message is kept as raw.", len(payload), topic)
            self._refuse(message, "failed", "the decoder failed; the hub's log says where", add)
            return
        if outcome is None:
            self._refuse(message, "unclaimed", "no decoder claims this topic", add)
            return
        for decoded in outcome.events:
            if decoded.device is not None and decoded.data:
                add("telemetry/" + decoded.device, decoded.data, decoded.time)
            for told_topic, data in self._descriptions.learn(decoded, outcome.family, retained=message.retain):
                add(told_topic, data)

    def _refuse(self, message: Message, refusal: str, reason: str, add: Add) -> None:
        self.refused[refusal] += 1
        payload = message.payload[:RAW_TEXT_BYTES].decode("utf-8", "backslashreplace")
        data = {"refusal": refusal, "reason": reason, "payload": payload, "bytes": len(message.payload)}
        topic = "raw/" + message.topic.lstrip("/")
        try:
            add(validate_topic(topic), data)
        except InvalidTopic:
            add("raw/topic", {**data, "topic": message.topic})


def _newest_packets(newest_first: Iterable[Batch]) -> dict[int, int]:
    taken: dict[int, int] = {}
    for batch in newest_first:
        for packet_id, digest in reversed(batch.packets):
            taken.setdefault(packet_id, digest)
            if len(taken) >= IN_FLIGHT:
                return taken
    return taken
