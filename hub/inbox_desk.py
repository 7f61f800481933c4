"""Keeps the inbox and the mappings of this process as the log tells them, and takes what people decide."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Protocol, Self

from hub.decoders.base import Decoded, Malformed, Unsupported
from hub.decoders.mapped import Mapped
from hub.decoders.registry import Outcome
from hub.descriptions import CONNECTIVITY_PREFIX, DEVICE_PREFIX, Descriptions
from hub.draft import Draft
from hub.engine.base import Engine
from hub.errors import LIMIT_EXCEEDED, NOT_FOUND, HubError, Unavailable
from hub.events import Batch, decode_event, encode_event
from hub.inbox import Inbox, Sample
from hub.listener import Ear
from hub.mapping import TopicMapping, parse_mapping
from hub.mappings import MAX_MAPPINGS, Mappings, Reader
from hub.raw_event import RAW_PREFIX
from hub.topics import matches

log = logging.getLogger(__name__)

MAPPING_PREFIX = "mapping/"
MAX_HEARD_PER_S = 2_000
"""Messages that the inbox looks at; of a flood it is a sample, the rest is `skipped`, and raw/… has it all."""
APPLY_TIMEOUT_S = 5.0
PUBLISH_TIMEOUT_S = 5.0


class Latest(Protocol):
    """The latest event of each topic."""

    def snapshot(self, filters: Sequence[str]) -> list[bytes]:
        """The events that the filters select."""
        ...

    def get(self, topic: str) -> bytes | None:
        """The latest event of a topic."""
        ...


class Heard(Protocol):
    """What the desk asks of a node."""

    @property
    def ready(self) -> asyncio.Event:
        """Set when it has caught up with the log."""
        ...

    @property
    def latest(self) -> Latest:
        """The latest events of this process."""
        ...

    def listen(self, topic_filter: str, heard: Ear) -> None:
        """Give the ear what the filter selects, from now on."""
        ...


class Accepted(NamedTuple):
    """What became of the kept messages when a mapping was stored: how many it read, and how many were cut off."""

    decoded: int
    cut: int


@dataclass(slots=True)
class _Kept:
    """A message that the inbox gave up to a mapping, and what it says; None where only its beginning was there."""

    sample: Sample
    said: Sequence[Decoded] | None


class InboxDesk:
    """The inbox of this process. Opened and closed by `async with`; `begun` is set when it knows what the log had.

    `descriptions` are those of this process' ingest; where it has none (`remind`), the log is asked for each device.
    """

    def __init__(
        self,
        *,
        node: Heard,
        engine: Engine,
        mappings: Mappings,
        descriptions: Descriptions,
        remind: bool,
        now_ms: Callable[[], int],
    ) -> None:
        self.inbox = Inbox()
        self.mappings = mappings
        self.begun = asyncio.Event()
        self.skipped = 0
        self._node = node
        self._engine = engine
        self._descriptions = descriptions
        self._remind = remind
        self._now_ms = now_ms
        self._heard: list[bytes] = []
        self._second = 0
        self._left = MAX_HEARD_PER_S
        self._storing = asyncio.Lock()
        self._stored: asyncio.Future[list[_Kept]] | None = None
        self._awaited = ""
        self._beginning: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._beginning = asyncio.create_task(self._begin(), name="hub.inbox_desk")
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._beginning is not None:
            self._beginning.cancel()
            await asyncio.gather(self._beginning, return_exceptions=True)

    async def _begin(self) -> None:
        await self._node.ready.wait()
        # No other task runs between the two: what is not among the latest events is heard.
        self._take(self._node.latest.snapshot([f"{RAW_PREFIX}#", f"{MAPPING_PREFIX}+"]))
        ear = Ear(self._hear)
        self._node.listen(f"{RAW_PREFIX}#", ear)
        self._node.listen(f"{MAPPING_PREFIX}+", ear)
        self.begun.set()

    # What people decide

    async def put(self, mapping: TopicMapping, *, user: str) -> Accepted:
        """Store a mapping and put on the log what it reads of the kept messages, as of when they came.

        Raises HubError with LIMIT_EXCEEDED, Unavailable (whether it was stored is then not known).
        """
        known = self.mappings.on_log
        if mapping.name not in known and len(known) >= MAX_MAPPINGS:
            raise HubError(f"There are {MAX_MAPPINGS} mappings; remove some.", code=LIMIT_EXCEEDED)
        kept = await self._store(mapping.name, {**mapping.record(), "by": user})
        batch = self._told(kept)
        if batch is not None:
            await self._engine.publish(batch, timeout_s=PUBLISH_TIMEOUT_S)
        cut = sum(each.said is None for each in kept)
        return Accepted(len(kept) - cut, cut)

    async def remove(self, name: str, *, user: str) -> None:
        """Forget a mapping of the log; raises HubError(NOT_FOUND), Unavailable."""
        if name not in self.mappings.on_log:
            raise HubError(f"There is no stored mapping {name!r}.", code=NOT_FOUND)
        await self._store(name, {"name": name, "removed": True, "by": user})

    async def _store(self, name: str, data: Mapping[str, object]) -> list[_Kept]:
        topic, now_ms = MAPPING_PREFIX + name, self._now_ms()
        async with self._storing:
            await self.begun.wait()
            self._awaited, self._stored = topic, asyncio.get_running_loop().create_future()
            try:
                batch = Batch.of([topic], [now_ms], [encode_event(topic, now_ms, data)])
                await self._engine.publish(batch, timeout_s=PUBLISH_TIMEOUT_S)
                async with asyncio.timeout(APPLY_TIMEOUT_S):
                    return await self._stored
            except TimeoutError:
                raise Unavailable("The mapping is on the log, but it did not come back in time.") from None
            finally:
                self._stored = None

    def _told(self, kept: Sequence[_Kept]) -> Batch | None:
        """The events that the kept messages make: late ones, which prove nothing of now."""
        if self._remind:
            self._remind_of({said.device for each in kept for said in each.said or ()})
        draft = Draft(self._descriptions, now_ms=self._now_ms())
        for each in kept:
            came_ms = each.sample.time_ms
            said = [
                replace(one, time=self._descriptions.when(one.device, one.time, came_ms) or came_ms, status=None)
                for one in each.said or ()
            ]
            draft.tell(Outcome(Mapped.family, said), retained=True)
        return draft.batch(source="", packets=()) if len(draft) else None

    def _remind_of(self, devices: Iterable[str | None]) -> None:
        for device in devices:
            known = (self._node.latest.get(f"{prefix}{device}") for prefix in (DEVICE_PREFIX, CONNECTIVITY_PREFIX))
            self._descriptions.restore(piece for piece in known if piece is not None)

    # What the log tells

    def _hear(self, pieces: Sequence[bytes]) -> None:
        if not self._heard:
            # At the end of the flush, which may bring mappings before the messages that came before them.
            asyncio.get_running_loop().call_soon(self._catch_up)
        self._heard += pieces

    def _catch_up(self) -> None:
        heard, self._heard = self._heard, []
        self._take(self._afforded(heard))

    def _afforded(self, pieces: list[bytes]) -> list[bytes]:
        """All mappings, and of the messages those that this second has room for, the newest."""
        second = self._now_ms() // 1000
        if second != self._second:
            self._second, self._left = second, MAX_HEARD_PER_S
        surplus = len(pieces) - self._left
        self._left = max(0, -surplus)
        if surplus <= 0:
            return pieces
        mapped = [piece for piece in pieces[:surplus] if piece.startswith(b'{"topic":"mapping/')]
        self.skipped += surplus - len(mapped)
        return [*mapped, *pieces[surplus:]]

    def _take(self, pieces: Sequence[bytes]) -> None:
        events = [decode_event(piece) for piece in pieces]
        for event in events:
            if str(event["topic"]).startswith(RAW_PREFIX):
                self.inbox.add(event)
        for event in events:
            if str(event["topic"]).startswith(MAPPING_PREFIX):
                self._apply(str(event["topic"]), event["data"])

    def _apply(self, topic: str, data: Any) -> None:
        kept: list[_Kept] = []
        try:
            if data.get("removed"):
                self.mappings.remove(data["name"])
            else:
                mapping = parse_mapping({name: value for name, value in data.items() if name != "by"})
                kept = self._understood(self.mappings.put(mapping))
        except (HubError, AttributeError, KeyError) as error:
            log.warning("%s on the log can't be used: %s", topic, error)
        if self._stored is not None and topic == self._awaited and not self._stored.done():
            self._stored.set_result(kept)

    def _understood(self, reader: Reader) -> list[_Kept]:
        """Take from the inbox what the mapping reads, and what it would have read but for its end."""
        said: dict[int, Sequence[Decoded] | None] = {}

        def understands(sample: Sample) -> bool:
            if not sample.fit or not matches(reader.mapping.filter, sample.topic):
                return False
            said[id(sample)] = None
            if sample.whole:
                with suppress(Malformed, Unsupported):
                    decode = reader.bind(sample.topic)
                    said[id(sample)] = None if decode is None else decode(sample.payload, sample.time_ms)
            return said[id(sample)] is not None or not sample.whole

        return [_Kept(sample, said[id(sample)]) for sample in self.inbox.take(understands)]
