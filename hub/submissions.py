"""What devices say by HTTP: read by the decoders that read MQTT, on the log as one batch, before it is answered."""

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import NamedTuple, NoReturn

from hub.auth import Identity, Role
from hub.decoders.base import Decoded, Knowledge, Malformed, Unsupported
from hub.decoders.identity import fits
from hub.decoders.mapped import Mapped
from hub.decoders.registry import Decoders, Outcome
from hub.descriptions import CONNECTIVITY_PREFIX, DEVICE_PREFIX, Descriptions
from hub.draft import Draft
from hub.engine.base import Engine
from hub.errors import INVALID_DATA, TOO_LARGE, HubError, PermissionDenied, TooManyRequests, Unavailable, Unrecoverable
from hub.events import NOWHERE, TELEMETRY_PREFIX, Batch, Packet, Position, encode_event
from hub.mappings import Mappings
from hub.quota import Quota
from hub.repeats import SOURCE, Done, Repeats
from hub.submission_forms import FORMS, MAPPED, mapped_topic_of, messages_of, topic_of
from hub.topics import matches, to_level, validate_topic

log = logging.getLogger(__name__)

REQUESTS_PER_S = 50
REQUESTS_AT_ONCE = 200
"""Of one user or key for one device: what has more to say says it in fewer requests."""
MAX_WAITING_BYTES = 32 * 1024 * 1024
"""Bodies that wait for the log; overflow: 429, the device comes again."""
MAX_READINGS = 10_000
"""Events of one request: it is decoded in one go, while dashboards wait."""
PUBLISH_TIMEOUT_S = 10.0
TAIL_BATCHES = 4_000
"""How far back the log is read for the requests of before, at the first with an Idempotency-Key."""
READ_BATCHES = 500
_READS = 8
"""After so many reads at a time it is the tail that is read: who is asked once a day must not read a day's log."""
_MAX_TOPICS = 20_000

MAX_REMINDED = 100_000


class Accepted(NamedTuple):
    """A request that is on the log; `repeated`: it was there before."""

    position: Position
    readings: int
    repeated: bool


def may_submit(identity: Identity, device: str) -> bool:
    """Whether it may speak as the device: operators' tokens and keys that name it, and admins who are not narrowed.

    To be an operator is not enough: what a person may do to a device is one thing, to be the device another.
    """
    if identity.publish is None:
        return identity.role is Role.ADMIN
    topic = TELEMETRY_PREFIX + device
    return identity.role >= Role.OPERATOR and any(matches(one, topic) for one in identity.publish)


class Submissions:
    """Takes bodies from devices. `descriptions`, `knowledge`, `mappings` are those of the process' ingest."""

    def __init__(
        self,
        *,
        engine: Engine,
        descriptions: Descriptions,
        knowledge: Knowledge,
        mappings: Mappings,
        now_ms: Callable[[], int],
        remind: Callable[[Descriptions, str], None],
    ) -> None:
        self.accepted = 0
        self.repeated = 0
        self.refused: Counter[str] = Counter()
        self.repeats = Repeats()
        self.quota = Quota(per_s=REQUESTS_PER_S, burst=REQUESTS_AT_ONCE)
        self._engine = engine
        self._descriptions = descriptions
        self._now_ms = now_ms
        self._remind = remind
        self._decoders = {form: Decoders(of, knowledge, max_topics=_MAX_TOPICS) for form, of in FORMS.items()}
        self._mappings = mappings
        self._waiting_bytes = 0
        self._read_to = NOWHERE
        self._under_way: set[int] = set()

    def readings(self) -> Iterator[tuple[str, str, float]]:
        """The counters, by the names of the metrics table."""
        yield "hub_http_ingest_requests", "accepted", self.accepted
        yield "hub_http_ingest_requests", "repeated", self.repeated
        yield "hub_http_ingest_requests", "too_many", self.quota.refused
        for why, number in self.refused.items():
            yield "hub_http_ingest_requests", why, number
        yield "hub_http_ingest_keys_forgotten", "", self.repeats.forgotten

    def check(self, identity: Identity, device: str, *, size_bytes: int) -> None:
        """Raise what stands against a request before its body is looked at.

        InvalidTopic, PermissionDenied, TooManyRequests.
        """
        topic = validate_topic(TELEMETRY_PREFIX + device)
        if "/" in device or not fits(device):
            raise HubError(f"{device[:40]!r} can't be the id of a device.", code=INVALID_DATA)
        if not may_submit(identity, device):
            raise PermissionDenied(f"You may not speak as {device!r}: `publish` of the key must name {topic!r}.")
        self.quota.take(f"{identity.user}/{device}", "requests of one device", now_s=self._now_ms() / 1000)
        if self._waiting_bytes and self._waiting_bytes + size_bytes > MAX_WAITING_BYTES:
            self.refused["busy"] += 1
            raise TooManyRequests("Too much waits for the log; come again.", retry_after_s=1)

    async def submit(
        self, identity: Identity, device: str, body: bytes, *, form: str, packet: Packet | None = None
    ) -> Accepted:
        """Decode a body and put it on the log; a request whose `packet` is there already is answered as it was.

        Raises HubError with INVALID_DATA for what can't be read or says nothing, TOO_LARGE, CONFLICT, PermissionDenied
        where the body names a device the identity may not speak as, Unavailable (the same packet may come again).
        """
        self._waiting_bytes += len(body)
        try:
            with self._alone(packet):
                done = None if packet is None else await self._found(packet)
                if done is not None:
                    self.repeated += 1
                    return Accepted(done.position, done.readings, repeated=True)
                return await self._append(self._draft(identity, device, body, form), packet)
        finally:
            self._waiting_bytes -= len(body)

    @contextmanager
    def _alone(self, packet: Packet | None) -> Iterator[None]:
        """Have no other request with the same key under way; raises TooManyRequests where there is one."""
        if packet is None:
            yield
            return
        if packet[0] in self._under_way:
            self.refused["busy"] += 1
            raise TooManyRequests("The same request is under way; come again.", retry_after_s=1)
        self._under_way.add(packet[0])
        try:
            yield
        finally:
            self._under_way.discard(packet[0])

    async def _found(self, packet: Packet) -> Done | None:
        await self._catch_up()
        return self.repeats.find(packet)

    async def _append(self, draft: Draft, packet: Packet | None) -> Accepted:
        if not len(draft):
            # Of a device that waits for somebody's approval.
            return Accepted(await self._engine.head(), 0, repeated=False)
        batch = draft.batch(source=SOURCE, packets=() if packet is None else (packet,))
        try:
            position = await self._engine.publish(batch, timeout_s=PUBLISH_TIMEOUT_S)
        except HubError:
            self._untell(batch)
            raise
        self.accepted += 1
        if packet is not None:
            self.repeats.learn([replace(batch, position=position)])
        return Accepted(position, draft.readings, repeated=False)

    def _draft(self, identity: Identity, device: str, body: bytes, form: str) -> Draft:
        draft = Draft(self._descriptions, now_ms=self._now_ms())
        outcomes = [self._decoded(device, message, form, draft.now_ms) for message in messages_of(form, body)]
        events = [event for outcome in outcomes for event in outcome.events]
        if len(events) > MAX_READINGS:
            self._refuse("too_many", f"At most {MAX_READINGS} readings in one request.", too_large=True)
        for named in dict.fromkeys(event.device for event in events):
            if named is not None and named != device and not may_submit(identity, named):
                self.refused["forged"] += 1
                raise PermissionDenied(f"The body is of {named[:80]!r}, as which you may not speak.")
            self._remind(self._descriptions, named or device)
        if not any(event.data for event in events) and not any(_is_ignored(outcome) for outcome in outcomes):
            self._refuse("empty", "No reading is in the body.")
        for outcome in outcomes:
            draft.tell(outcome, retained=False)
        return draft

    def _untell(self, batch: Batch) -> None:
        """What a batch told of devices may not be on the log: it is told again with their next readings."""
        topics = [topic for topic in batch.topics if topic.startswith((DEVICE_PREFIX, CONNECTIVITY_PREFIX))]
        self._descriptions.restore(encode_event(topic, 0, {}) for topic in topics)

    def _decoded(self, device: str, message: bytes, form: str, now_ms: int) -> Outcome:
        try:
            mapped = self._mappings.decode_of(mapped_topic_of(device), MAPPED.get(form, ()))
            if mapped is not None:
                return Outcome(Mapped.family, list(_addressed(mapped(message, now_ms), device)))
            outcome = self._decoders[form].decode(topic_of(form, device), message, now_ms)
        except (Malformed, Unsupported) as error:
            self._refuse("malformed" if isinstance(error, Malformed) else "unsupported", f"{error}.")
        except Exception:
            log.exception("A decoder failed on %d bytes of %s for %r.", len(message), form, device)
            self._refuse("failed", "The decoder failed; the hub's log says where.")
        if outcome is None:
            self._refuse("unclaimed", f"The body is not {form} that says anything.")
        return Outcome(outcome.family, list(_addressed(outcome.events, device)))

    def _refuse(self, why: str, sentence: str, *, too_large: bool = False) -> NoReturn:
        self.refused[why] += 1
        raise HubError(sentence[:1].upper() + sentence[1:], code=TOO_LARGE if too_large else INVALID_DATA)

    async def _catch_up(self) -> None:
        """Know what the log has of requests with a key: whoever put them there, before a restart or on another node."""
        for _ in range(_READS):
            try:
                batches = await self._engine.history(self._read_to, limit=READ_BATCHES)
            except Unrecoverable:
                break
            self._learn(batches)
            if len(batches) < READ_BATCHES:
                return
        self._learn(await self._engine.tail(limit=TAIL_BATCHES))

    def _learn(self, batches: list[Batch]) -> None:
        self.repeats.learn(batches)
        if batches and batches[-1].position is not None:
            self._read_to = batches[-1].position


def _is_ignored(outcome: Outcome) -> bool:
    """Whether a mapping says that the message says nothing."""
    return outcome.family == Mapped.family and not outcome.events


def _addressed(events: Iterable[Decoded], device: str) -> Iterator[Decoded]:
    """The events; those of the topic's device, and of none, are the device's, whose id may be an encoded name."""
    of_topic = to_level(device)
    for event in events:
        yield replace(event, device=device) if event.device in (None, of_topic) else event


class Reminder:
    """Reminds a process of what is on the log about a device, before it tells of it.

    `latest` gives the latest event of a topic. With `once` only the first time: no other process tells of devices.
    """

    def __init__(self, latest: Callable[[str], bytes | None], *, ready: Callable[[], bool], once: bool) -> None:
        self._latest = latest
        self._ready = ready
        self._once = once
        self._reminded: dict[str, None] = {}

    def remind(self, descriptions: Descriptions, device: str) -> None:
        """Restore the device's description; raises Unavailable where this process has not caught up with the log."""
        if not self._ready():
            raise Unavailable("The hub is starting and has not read its log yet.")
        if device in self._reminded:
            return
        told = (self._latest(DEVICE_PREFIX + device), self._latest(CONNECTIVITY_PREFIX + device))
        descriptions.restore(piece for piece in told if piece is not None)
        if self._once:
            if len(self._reminded) >= MAX_REMINDED:
                del self._reminded[next(iter(self._reminded))]
            self._reminded[device] = None
