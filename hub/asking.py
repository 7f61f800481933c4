"""Sends devices what their family expects of a server: rebirth requests, keep-alives, answers to their questions."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import cast

from hub.decoders.base import Knowledge
from hub.errors import HubError
from hub.events import TELEMETRY_PREFIX, Scalar, decode_event
from hub.family_requests import Intervals, take_due
from hub.mqtt.base import MqttClient
from hub.twin import PREFIX as TWIN_PREFIX
from hub.twin import Twin, twin_of

log = logging.getLogger(__name__)

LOOK_S = 1.0
AT_ONCE = 20
"""Requests of one look: what is beyond it is dropped and counted; devices say again what makes it due."""


class Asking:
    """The one of a broker: it belongs to the process that reads it. `latest` gives the latest event of a topic."""

    def __init__(
        self,
        *,
        client: MqttClient,
        knowledge: Knowledge,
        latest: Callable[[str], bytes | None],
        now_ms: Callable[[], int],
    ) -> None:
        self.sent: Counter[str] = Counter()
        self.failed = 0
        self.dropped = 0
        self._client = client
        self._knowledge = knowledge
        self._latest = latest
        self._now_ms = now_ms
        self._intervals = Intervals()

    async def run(self) -> None:
        """Look every LOOK_S, for ever."""
        while True:
            await asyncio.sleep(LOOK_S)
            if self._client.link.connected:
                await self.look()

    async def look(self) -> None:
        """Send what is due, with QoS 1; a broker that does not take it is logged, and asked again where it matters."""
        now_ms, left = self._now_ms(), AT_ONCE
        for request in take_due(self._knowledge, now_ms, self._values_of, self._twin_of):
            payload = self._intervals.payload_of(request, now_ms)
            if payload is None:
                continue
            if not left:
                self._intervals.forget(request)
                self.dropped += 1
                continue
            left -= 1
            try:
                await self._client.publish(request.topic, payload, qos=1)
            except HubError as error:
                self._intervals.forget(request)
                self.failed += 1
                log.warning(
                    "A %s device was not told what it waits for on %r: %s", request.family, request.topic, error
                )
            else:
                self.sent[request.family] += 1

    def readings(self) -> Iterator[tuple[str, str, float]]:
        """The counters, by the names of the metrics table."""
        for family, number in self.sent.items():
            yield "hub_family_requests", family, number
        yield "hub_family_requests_failed", "refused", self.failed
        yield "hub_family_requests_failed", "too_many", self.dropped

    def _values_of(self, device: str) -> Mapping[str, Scalar]:
        piece = self._latest(TELEMETRY_PREFIX + device)
        data = {} if piece is None else decode_event(piece)["data"]
        return cast("Mapping[str, Scalar]", data) if isinstance(data, dict) else {}

    def _twin_of(self, device: str) -> Twin:
        return twin_of(self._latest(TWIN_PREFIX + device)).reporting(self._values_of(device), now_ms=self._now_ms())
