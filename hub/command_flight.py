"""Commands that are on their way: what messages answer them, and what telemetry shows their effect."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from hub.commands.command import Command, State
from hub.commands.wire import Answer, Sending
from hub.events import Position
from hub.mqtt.base import Message
from hub.predicate import Predicate

_NOTHING = Sending((), {})
"""What is sent of a command that was sent before."""


class Flight:
    """One command: its `answer` and its `effect`, as soon as they have come."""

    def __init__(self, command: Command, sending: Sending) -> None:
        self.answer: Answer | None = None
        self.effect: dict[str, Any] | None = None
        self.telemetry = f"telemetry/{command.device}"
        self.topics = {*sending.answers, *(each.topic for each in sending.outgoing)}
        if sending.response is not None:
            self.topics.add(sending.response.topic)
        self.answered = False
        self._sending = sending
        self._own = {(each.topic, each.payload) for each in sending.outgoing}
        self._expect = command.expect
        self._predicate = None if command.expect is None else Predicate.parse(command.expect.condition)
        self._come = asyncio.Event()

    def is_awaited(self, state: State) -> bool:
        """Whether anything may still come for a command in this state."""
        return self._expect is not None or (state is State.SENT and self._is_answered_at_all)

    @property
    def _is_answered_at_all(self) -> bool:
        return bool(self._sending.answers) or self._sending.response is not None

    def is_own(self, message: Message) -> bool:
        """Whether a message is what was sent, as the broker brings it back to the hub once."""
        own = (message.topic, message.payload)
        if own not in self._own:
            return False
        self._own.discard(own)
        return True

    async def come(self, within_s: float) -> bool:
        """Whether something comes within the time."""
        try:
            async with asyncio.timeout(within_s):
                await self._come.wait()
        except TimeoutError:
            return False
        self._come.clear()
        return True

    def hear(self, message: Message) -> bool:
        """Whether a message on one of its topics was the answer."""
        found = None if self.answered else self._read(message)
        if found is not None:
            self.answer, self.answered = found, True
            self._come.set()
        return found is not None

    def _read(self, message: Message) -> Answer | None:
        response = self._sending.response
        if response is not None and (message.topic, message.correlation) == (response.topic, response.correlation):
            return response.read(message.payload)
        read = self._sending.answers.get(message.topic)
        return None if read is None else read(message.payload)

    def see(self, event: Mapping[str, Any], position: Position) -> None:
        """Take an event of the device's telemetry: the first that meets what is expected is the effect."""
        data, expect = event["data"], self._expect
        if expect is None or self._predicate is None or self.effect is not None or not self._predicate.matches(data):
            return
        self.effect = {
            "position": str(position),
            "time": event["time"],
            "key": expect.key,
            "value": data.get(expect.key),
        }
        self._come.set()


class Flights:
    """All of them.

    `awaited` gives, for each topic on which an answer may come or a command was sent, who is to be told what comes
    there. It gives true for what the hub itself has sent: of a device that says its state there too that would prove
    nothing.
    """

    def __init__(self) -> None:
        self.awaited: dict[str, Callable[[Message], bool]] = {}
        self.watched: dict[str, list[Flight]] = {}
        self._hearing: dict[str, list[Flight]] = {}

    @contextmanager
    def flying(self, command: Command, sending: Sending = _NOTHING) -> Iterator[Flight]:
        """A command is on its way."""
        flight = Flight(command, sending)
        for topic in flight.topics:
            self._hearing.setdefault(topic, []).append(flight)
            self.awaited[topic] = self._hear
        if command.expect is not None:
            self.watched.setdefault(flight.telemetry, []).append(flight)
        try:
            yield flight
        finally:
            for topic in flight.topics:
                _discard(self._hearing, topic, flight)
                if topic not in self._hearing:
                    del self.awaited[topic]
            if command.expect is not None:
                _discard(self.watched, flight.telemetry, flight)

    def see(self, topic: str, event: Mapping[str, Any], position: Position) -> None:
        """Take an event of watched telemetry."""
        for flight in self.watched.get(topic, ()):
            flight.see(event, position)

    def _hear(self, message: Message) -> bool:
        flights = self._hearing.get(message.topic, ())
        if any(flight.is_own(message) for flight in flights):
            return True
        # The oldest that it may be for: an answer that names no command answers one.
        any(flight.hear(message) for flight in flights)
        return False


def _discard(flights: dict[str, list[Flight]], topic: str, flight: Flight) -> None:
    flights[topic].remove(flight)
    if not flights[topic]:
        del flights[topic]
