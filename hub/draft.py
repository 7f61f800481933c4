"""A batch in the making: what messages say, encoded once, whichever way they came; pure."""

from collections.abc import Mapping, Sequence

from hub.decoders.clock import LocalTime
from hub.decoders.passage import Passage
from hub.decoders.registry import Outcome
from hub.descriptions import Descriptions
from hub.events import TELEMETRY_PREFIX, Batch, Packet, encode_behind, encode_event
from hub.reporting_interval import BURST_MS

NEVER = -1
"""No number of changes."""


class Draft:
    """Collects the events of one batch. `now_ms` is when they came; a device's own sane clock stands before it."""

    def __init__(self, descriptions: Descriptions, *, now_ms: int) -> None:
        self.now_ms = now_ms
        self.readings = 0
        self._descriptions = descriptions
        self._topics: list[str] = []
        self._times: list[int] = []
        self._pieces: list[bytes] = []

    def __len__(self) -> int:
        return len(self._pieces)

    def add(self, topic: str, data: Mapping[str, object], time_ms: int | None = None) -> None:
        """Put in one event of a valid topic; without a device's own time it gets the draft's."""
        received_ms = None if time_ms is None else self.now_ms
        time_ms = self.now_ms if time_ms is None else time_ms
        # Encoded first: what can't be leaves nothing behind.
        self._pieces.append(encode_event(topic, time_ms, data, received_ms))
        self._topics.append(topic)
        self._times.append(time_ms)

    def tell(self, outcome: Outcome, *, retained: bool) -> int:
        """Put in what a decoded message says: its readings, and what it tells anew of the devices.

        How many readings name no device is returned: they are not put in.
        """
        nameless = 0
        descriptions = self._descriptions
        for said in outcome.events:
            decoded = said if descriptions.open else descriptions.admit(said)
            if decoded is None:
                for topic, data in descriptions.hold(said, outcome.family, self.now_ms):
                    self.add(topic, data)
                continue
            if decoded.device is None:
                nameless += bool(decoded.data)
            elif decoded.data:
                self.readings += 1
                time = said.time
                if isinstance(time, LocalTime):
                    # Of the device as it calls itself: what it is merged into may be on another wall.
                    time = descriptions.when(said.device, time, self.now_ms)
                self.add(TELEMETRY_PREFIX + decoded.device, decoded.data, time)
            for topic, data in descriptions.learn(decoded, outcome.family, retained=retained, now_ms=self.now_ms):
                self.add(topic, data)
        return nameless

    def pass_on(self, passage: Passage, data: bytes) -> None:
        """Put in what a live message says that needs no decoding: the encoded data of its event.

        Only where its device is taken for what it says it is (`Descriptions.takes`).
        """
        now_ms, descriptions = self.now_ms, self._descriptions
        self.readings += 1
        self._pieces.append(encode_behind(passage.head, now_ms, data))
        self._topics.append(passage.topic)
        self._times.append(now_ms)
        until_ms, changes = passage.quiet
        if now_ms < until_ms and changes == descriptions.changes:
            return
        said = passage.said
        for told, facts in descriptions.learn(said, passage.family, retained=False, now_ms=now_ms):
            self.add(told, facts)
        # Not worth the asking for a device that takes its time.
        dense = now_ms - until_ms < BURST_MS
        passage.quiet = descriptions.quiet(said) if dense else (now_ms, NEVER)

    def batch(self, *, source: str, packets: Sequence[Packet]) -> Batch:
        """The batch of all that was put in, which is something; `source` and `packets` as in `Batch`."""
        return Batch.of(self._topics, self._times, self._pieces, source=source, packets=packets)
