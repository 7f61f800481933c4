"""Whether this process really works: an event of its own goes through every hop of its roles and comes back."""

import asyncio
import time
from dataclasses import dataclass

from hub.errors import HubError
from hub.ingest import READY_EVENT_PREFIX, READY_TOPIC
from hub.mqtt.base import MqttClient
from hub.node import Node

TIMEOUT_S = 3.0
FRESH_S = 1.0
"""An answer is given again for that long, so that many who ask cost no more than one."""


@dataclass(frozen=True, slots=True)
class Readiness:
    """The outcome: `reason` says which hop failed, empty when all work."""

    ready: bool
    reason: str
    took_ms: float


class ReadinessCheck:
    """Publishes through the broker (where this process reads one) and the log, and waits at the node."""

    def __init__(self, *, node: Node, node_id: str, needs_broker: bool) -> None:
        self.client: MqttClient | None = None
        self._needs_broker = needs_broker
        self._node = node
        self._node_id = node_id
        self._lock = asyncio.Lock()
        self._last: Readiness | None = None
        self._last_at = 0.0

    def forget_client(self) -> None:
        """The client is closed; there will be another."""
        self.client = None

    async def check(self) -> Readiness:
        """The readiness now, or the last one if it is not FRESH_S old."""
        async with self._lock:
            if self._last is None or time.monotonic() - self._last_at > FRESH_S:
                started = time.monotonic()
                reason = await self._try()
                self._last_at = time.monotonic()
                self._last = Readiness(not reason, reason, round((self._last_at - started) * 1000, 2))
            return self._last

    async def _try(self) -> str:
        if not self._node.ready.is_set():
            return "The node has not caught up with the log yet."
        topic = READY_EVENT_PREFIX + self._node_id
        arrived = asyncio.ensure_future(self._node.watch.wait_for(topic, timeout_s=TIMEOUT_S))
        await asyncio.sleep(0)
        try:
            if self.client is not None:
                if not self.client.link.connected:
                    return f"Not subscribed at the broker: {self.client.link.reason}"
                await self.client.publish(READY_TOPIC + self._node_id, b"", timeout_s=TIMEOUT_S)
            elif self._needs_broker:
                return "The broker has not answered yet."
            else:
                await self._node.append(topic, {})
            return "" if await arrived else f"An event of its own did not come back in {TIMEOUT_S:.0f} s."
        except HubError as error:
            return str(error)
        finally:
            arrived.cancel()
