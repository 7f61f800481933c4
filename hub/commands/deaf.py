"""Families that can't be told anything: sensors that a receiver hears, brokers that speak about themselves."""

from collections.abc import Mapping

from hub.commands.command import Command
from hub.commands.wire import Control, Sending, Uncommandable
from hub.decoders.base import Knowledge
from hub.events import Scalar


class DeafWire:
    """`because` is the reason, as a person reads it."""

    def __init__(self, because: str) -> None:
        self._because = because

    def encode(self, command: Command, knowledge: Knowledge, *, now_ms: int) -> Sending:  # noqa: ARG002 - it never does
        """See Wire."""
        raise Uncommandable(self._because)

    def controls(self, data: Mapping[str, Scalar]) -> list[Control]:  # noqa: ARG002 - there are none
        """None."""
        return []
