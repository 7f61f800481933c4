"""The client: one WebSocket at a time, any number of subscriptions, nothing lost without a word."""

import asyncio
import inspect
import logging
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import suppress
from types import TracebackType
from typing import Literal, NoReturn, Self, Unpack

from hub.client.changes import Change
from hub.client.errors import Ended, NotConnected, OutcomeUnknown
from hub.client.exchange import Exchange
from hub.client.frames import Reply, Typing
from hub.client.inbox import MAX_EVENTS, Inbox, Overflow
from hub.client.interest import Interest
from hub.client.link import Link, LinkLost, websocket_url
from hub.client.narrowing import Narrowing, NarrowingOptions
from hub.client.presence import PREFIX, Present, presence_of
from hub.client.renewal import renew_in_s
from hub.client.room import Room
from hub.client.subscription import Subscription
from hub.client.tries import Tries
from hub.errors import BAD_REQUEST, HubError
from hub.topics import validate_filter, validate_topic

log = logging.getLogger(__name__)

COMMAND_TIMEOUT_S = 5.0

Token = str | Callable[[], str | Awaitable[str]] | None
"""A token, or what gives the one for the next try."""


class HubClient:
    """A connection to a hub that comes back by itself and recovers by position. Opened and closed by `async with`."""

    def __init__(
        self,
        url: str,
        *,
        token: Token,
        on_change: Callable[[Change], None],
        on_typing: Callable[[Typing], None] = lambda _: None,
    ) -> None:
        self.url = websocket_url(url)
        self._token = token
        self._on_change = on_change
        self._on_typing = on_typing
        self._exchange = Exchange(tell=self._tell, hear=self._hear, expires=self._expires)
        self._expires_s: float | None = None
        self._expiry_known = asyncio.Event()
        self._inboxes: set[Inbox] = set()
        self._tries = Tries(random.random)
        self._state: Literal["connecting", "connected", "disconnected"] = "disconnected"
        self._reason = ""
        self._ended: Ended | None = None
        self._link: Link | None = None
        self._changed = asyncio.Event()
        self._to_send = asyncio.Event()
        self._room = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def state(self) -> Literal["connecting", "connected", "disconnected"]:
        """Whether the hub is there now."""
        return self._state

    @property
    def lag_ms(self) -> float:
        """How far the hub said with its last heartbeat that this connection is behind its log."""
        return self._exchange.lag_ms

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._run(), name=f"hub.client[{self.url}]")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._ended is None:
            self._end(Ended("The client was closed."), error=None)

    def subscribe(
        self,
        *filters: str,
        snapshot: bool = False,
        since: str | None = None,
        presence: bool = False,
        max_events: int = MAX_EVENTS,
        overflow: Overflow = "pause",
        **narrowing: Unpack[NarrowingOptions],
    ) -> Subscription:
        """Events of all topics that the filters select; `snapshot`: the latest of each topic first.

        `since`: all after that position first. `where`: only events whose data satisfy the condition; of telemetry
        only the keys `fields`, and at most `max_rate` events per second and topic. `presence`: be present on topics
        without a wildcard. At most `max_events` wait for the program, then `overflow` says what happens: `pause`
        reading, for all subscriptions, or `drop_oldest`. Raises InvalidFilter, InvalidPredicate, InvalidFrame.
        """
        if not filters:
            raise HubError("A subscription has at least one filter.", code=BAD_REQUEST)
        inbox = Inbox(max_events=max_events, overflow=overflow)
        interest = Interest(
            map(validate_filter, filters),
            snapshot=snapshot,
            since=since,
            inbox=inbox,
            narrowing=Narrowing(**narrowing),
            presence=presence,
        )
        if self._ended is not None:
            inbox.end(self._ended)
            return Subscription(interest, close=lambda _: None, room=lambda: None)
        self._inboxes.add(inbox)
        self._exchange.subscribe(interest, now_s=_now_s())
        self._after()
        return Subscription(interest, close=self._unsubscribe, room=self._room.set)

    def _unsubscribe(self, interest: Interest) -> None:
        inbox = interest.inbox
        self._inboxes.discard(inbox)
        if inbox.ended:
            return
        self._exchange.unsubscribe(interest, now_s=_now_s())
        self._room.set()
        self._after()

    async def publish(self, topic: str, data: Mapping[str, object], *, timeout_s: float = COMMAND_TIMEOUT_S) -> str:
        """Put an event on the log and give its position.

        Raises HubError with the hub's code where it refuses; NotConnected where there was no link in time and nothing
        was sent; OutcomeUnknown where it was sent and no answer came; Ended.
        """
        frame = {"type": "publish", "topic": validate_topic(topic), "data": data}
        return (await self._ask(frame, timeout_s=timeout_s)).position or ""

    async def presence(self, topic: str, *, timeout_s: float = COMMAND_TIMEOUT_S) -> Present:
        """Who is on a topic now; raises as `publish` does."""
        reply = await self._ask({"type": "presence", "topic": validate_topic(topic)}, timeout_s=timeout_s)
        return Present(reply.total, reply.members)

    async def watch_presence(self, topic: str) -> AsyncIterator[Present]:
        """Who is on a topic, at first and after each change, over every reconnect; it puts nobody there."""
        present: Present | None = None
        async with self.subscribe(PREFIX + topic, snapshot=True) as subscription:
            async for batch in subscription.batches():
                if present is None or batch.snapshot:
                    # Joins and leaves that wait in line are on the answer already; once more they change nothing.
                    with suppress(NotConnected, OutcomeUnknown):
                        present = await self.presence(topic)
                else:
                    present = present.after(filter(None, map(presence_of, batch.events)))
                if present is not None:
                    yield present

    async def typing(self, topic: str, *, timeout_s: float = COMMAND_TIMEOUT_S) -> None:
        """Tell those in the room of a topic that one is typing, at most once in 2 s; raises as `publish` does."""
        await self._ask({"type": "typing", "topic": validate_topic(topic)}, timeout_s=timeout_s)

    def room(self, name: str) -> Room:
        """A chat room, and what can be done in it."""
        return Room(self, name)

    async def _ask(self, frame: Mapping[str, object], *, timeout_s: float) -> Reply:
        due_s = _now_s() + timeout_s
        await self._connected(due_s)
        answer: asyncio.Future[Reply | None] = asyncio.get_running_loop().create_future()

        def settle(reply: Reply | None) -> None:
            if not answer.done():
                answer.set_result(reply)

        frame_id = self._exchange.ask(frame, settle)
        self._room.set()
        self._after()
        try:
            async with asyncio.timeout_at(due_s):
                reply = await answer
        except TimeoutError:
            raise OutcomeUnknown("No answer came in time; it may have happened.") from None
        finally:
            self._exchange.forget(frame_id)
        if reply is None:
            raise OutcomeUnknown("The link broke before an answer; it may have happened.")
        if reply.error is not None:
            raise reply.error
        return reply

    async def _connected(self, due_s: float) -> None:
        try:
            async with asyncio.timeout_at(due_s):
                while not self._exchange.connected:
                    if self._ended is not None:
                        raise self._ended
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            raise NotConnected(f"Not connected; nothing was sent. {self._reason}".strip()) from None

    # The link

    async def _run(self) -> None:
        """Connect, and again, until it is closed or the hub says that this is of no use."""
        while True:
            self._tries.begin()
            self._tell(Change("connecting"))
            lost = await self._until_lost()
            wait_s = None if lost.final else self._tries.lost(lost.close_code)
            self._exchange.lost()
            self._reason = str(lost)
            self._tell(Change("disconnected", self._reason, lost.close_code, wait_s))
            if wait_s is None:
                ended = Ended(self._reason, close_code=lost.close_code)
                self._end(ended, error=ended)
                return
            await asyncio.sleep(wait_s)

    async def _until_lost(self) -> LinkLost:
        try:
            await self._talk()
        except LinkLost as lost:
            return lost
        except Exception as error:
            log.exception("The link failed; it is tried again.")
            return LinkLost(f"The client failed: {error!r}.")

    async def _talk(self) -> NoReturn:
        """One link, until it is lost."""
        token = await self._next_token()
        self._link = link = await Link.open(self.url, token)
        tasks = [
            asyncio.create_task(self._write(link), name="hub.client[write]"),
            asyncio.create_task(self._stay_signed_in(), name="hub.client[renew]"),
        ]
        try:
            self._exchange.opened(token, now_s=_now_s())
            self._after()
            while True:
                await self._have_room()
                self._exchange.received(await link.receive(), now_s=_now_s())
                self._tries.understood()
                self._after()
        except LinkLost as lost:
            raise (LinkLost(self._exchange.failed) if self._exchange.failed else lost) from None
        finally:
            self._link = None
            self._disarm()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await link.close()

    async def _next_token(self) -> str | None:
        if not callable(self._token):
            return self._token
        try:
            token = self._token()
            return await token if inspect.isawaitable(token) else token
        except Exception as error:
            log.exception("The program gave no token.")
            raise LinkLost(f"There was no token: {error!r}.") from None

    async def _stay_signed_in(self) -> None:
        """Ask for another token before each expiry, as long as there are any to be had."""
        self._expiry_known.clear()
        while callable(self._token):
            await self._expiry_known.wait()
            self._expiry_known.clear()
            await asyncio.sleep(renew_in_s(self._expires_s or 0, now_s=time.time()))
            try:
                token = await self._next_token()
            except LinkLost as missing:
                self._tell(Change("not_renewed", str(missing)))
                self._expiry_known.set()
            else:
                if token is not None:
                    self._exchange.renew(token, now_s=_now_s())
                    self._after()

    def _expires(self, at_s: float) -> None:
        self._expires_s = at_s
        self._expiry_known.set()

    def _hear(self, typing: Typing) -> None:
        asyncio.get_running_loop().call_soon(self._on_typing, typing)

    async def _write(self, link: Link) -> None:
        with suppress(LinkLost):  # the reader is told too
            while True:
                await self._to_send.wait()
                self._to_send.clear()
                for payload in self._exchange.take_outgoing():
                    await link.send(payload)

    async def _have_room(self) -> None:
        """Wait until all subscribers have room: backpressure."""
        if self._may_read():
            return
        self._disarm()
        since_s = _now_s()
        while not self._may_read():
            self._room.clear()
            await self._room.wait()
        self._exchange.resumed(paused_s=_now_s() - since_s, now_s=_now_s())
        self._after()

    def _may_read(self) -> bool:
        hard = self._exchange.awaits
        return not any(inbox.full(hard=hard) for inbox in self._inboxes)

    def _after(self) -> None:
        """What is due after each call of the exchange."""
        if self._link is None:
            return
        self._to_send.set()
        if self._exchange.failed is not None:
            self._link.abort()
        due_s = self._exchange.due_s
        if due_s is not None and (self._timer is None or due_s < self._timer.when()):
            self._disarm()
            self._timer = asyncio.get_running_loop().call_at(due_s, self._judge)

    def _judge(self) -> None:
        self._timer = None
        self._exchange.judge(_now_s())
        self._after()

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _tell(self, change: Change) -> None:
        if change.kind in {"connecting", "connected", "disconnected"}:
            self._state = change.kind
            self._changed.set()
        # Not from here: what the program does with it must not break the exchange.
        asyncio.get_running_loop().call_soon(self._on_change, change)

    def _end(self, ended: Ended, *, error: Ended | None) -> None:
        """Nothing comes any more; subscribers get the error, where there is one, after what has come."""
        self._ended = ended
        self._state = "disconnected"
        self._exchange.end(error)
        self._inboxes.clear()
        self._changed.set()


def _now_s() -> float:
    return asyncio.get_running_loop().time()
