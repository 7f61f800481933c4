"""A client that keeps its link to a broker: connects, subscribes, comes back by itself."""

import asyncio
import logging
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Protocol, Self

from hub.errors import Unavailable
from hub.mqtt.backoff import CAP_S, Backoff
from hub.mqtt.base import Delivery, LinkState, Message, Response
from hub.mqtt.inbox import MAX_WAITING_BYTES, MAX_WAITING_MESSAGES, Inbox
from hub.mqtt.url import BrokerUrl
from hub.topics import validate_filter, validate_topic

log = logging.getLogger(__name__)


class Connection(Protocol):
    """One accepted connection to the broker."""

    async def subscribe(self, filters: Sequence[str]) -> None:
        """Returns when the broker has granted every filter; raises Unavailable with the reason when it has not."""
        ...

    async def ended(self) -> str:
        """Returns when the connection is gone, with the reason."""
        ...

    def ack(self, messages: Sequence[Message]) -> None:
        """Acknowledge what came on this connection with QoS 1 or 2, in the order it came, with one write."""
        ...

    def read_on(self) -> None:
        """Read again: there is room in the inbox."""
        ...

    async def publish(self, topic: str, payload: bytes, *, qos: int, retain: bool, response: Response | None) -> None:
        """Returns when the broker has acknowledged it; raises Unavailable when it refuses or the connection is lost."""
        ...


class KeptClient(ABC):
    """What every implementation of MqttClient shares; a subclass says how one connection is opened.

    `$`-topics are selected by filters of their own (`$SYS/#`), never by `#`. `publish` raises InvalidTopic for a topic
    that is none. A session that another client with the same id takes over comes and goes; the link's reason says so.
    """

    takes_response: bool

    def __init__(
        self,
        url: str,
        *,
        client_id: str,
        filters: Sequence[str],
        max_waiting_messages: int = MAX_WAITING_MESSAGES,
        max_waiting_bytes: int = MAX_WAITING_BYTES,
    ) -> None:
        self._url = BrokerUrl.parse(url)
        self._client_id = client_id
        self._filters = tuple(filters)
        self._inbox = Inbox(max_messages=max_waiting_messages, max_bytes=max_waiting_bytes)
        self._link = LinkState(connected=False, since_ms=0, reason="not opened")
        self._connection: Connection | None = None
        self._tasks = asyncio.TaskGroup()
        self._task: asyncio.Task[None] | None = None

    @abstractmethod
    def _open(self) -> AbstractAsyncContextManager[Connection]:
        """Connect; raises Unavailable. Calls `_begin` in the same step that reads the broker's acceptance."""

    async def __aenter__(self) -> Self:
        for topic_filter in self._filters:
            validate_filter(topic_filter)
        self._set_link("not connected yet")
        await self._tasks.__aenter__()
        self._task = self._tasks.create_task(self._stay_connected(), name=f"hub.mqtt[{self._client_id}]")
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._task is not None:
            self._task.cancel()
        # Without the caller's exception, which the group would wrap into one of its own.
        await self._tasks.__aexit__(None, None, None)
        self._set_link("closed")

    @property
    def link(self) -> LinkState:
        """How the link stands now."""
        return self._link

    def deliveries(self) -> AsyncIterator[Delivery]:
        """What arrives, for ever; one iterator at a time. While nobody asks for more, reading pauses (backpressure)."""
        return self._inbox.deliveries()

    def ack(self, delivery: Delivery) -> None:
        """Acknowledge all messages of it with QoS 1 or 2, one write for all; nothing if its connection is gone."""
        if self._connection is not None and delivery.connection == self._inbox.connection:
            self._connection.ack(delivery.messages)

    async def publish(
        self,
        topic: str,
        payload: bytes,
        *,
        qos: int = 1,
        retain: bool = False,
        timeout_s: float = 5,
        response: Response | None = None,
    ) -> None:
        """Returns when the broker has acknowledged it; raises Unavailable when it has not in time or refuses."""
        validate_topic(topic)
        if response is not None:
            validate_topic(response.topic)
        if self._connection is None or not self._link.connected:
            raise Unavailable(f"The broker at {self._url} is away: {self._link.reason}.")
        try:
            async with asyncio.timeout(timeout_s):
                await self._connection.publish(topic, payload, qos=qos, retain=retain, response=response)
        except TimeoutError:
            raise Unavailable(f"The broker at {self._url} has not acknowledged a message in {timeout_s} s.") from None

    def _begin(self, connection: Connection, *, resumed: bool) -> None:
        """The broker has accepted the connection: from here on its messages arrive and can be acknowledged."""
        self._connection = connection
        self._inbox.when_room = connection.read_on
        self._inbox.begin(resumed=resumed)

    async def _stay_connected(self) -> None:
        backoff = Backoff()
        loop = asyncio.get_running_loop()
        while True:
            started_s = loop.time()
            try:
                reason = await self._connect_once()
            except Exception as error:
                log.exception(
                    "The client %s of the broker at %s failed; it connects again.", self._client_id, self._url
                )
                reason = f"failed: {error}"
            # Only a link that held has earned a short wait: two clients with one id would else take turns without end.
            if loop.time() - started_s > CAP_S:
                backoff.reset()
            wait_s = backoff.next_s()
            if reason != self._link.reason:  # once, not at each attempt
                log.warning("No link to the broker at %s: %s. Trying again.", self._url, reason)
            self._set_link(reason)
            await asyncio.sleep(wait_s)

    async def _connect_once(self) -> str:
        """Connect, subscribe, wait for the end; gives its reason."""
        try:
            async with self._open() as connection:
                await connection.subscribe(self._filters)
                self._set_link("")
                log.info("Connected to the broker at %s as %s.", self._url, self._client_id)
                return await connection.ended()
        except Unavailable as error:
            return str(error)
        finally:
            self._connection = None

    def _set_link(self, reason: str) -> None:
        connected = not reason
        same = connected == self._link.connected and self._link.since_ms
        since_ms = self._link.since_ms if same else time.time_ns() // 1_000_000
        self._link = LinkState(connected=connected, since_ms=since_ms, reason=reason)
