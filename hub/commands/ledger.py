"""All commands that a process knows of, by what the log says of them; pure."""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import Any

from hub.commands.command import Command, command_of

MAX_CLOSED = 5_000
"""Commands that nothing can come of any more, kept at hand; the oldest are then only in the store (`forgotten`)."""


class Ledger:
    """Commands by id. A step that does not follow from the last one is passed over (`ignored`).

    `steps` counts those that came live and hold, by state.
    """

    def __init__(self) -> None:
        self.ignored = 0
        self.forgotten = 0
        self.steps: dict[str, int] = {}
        self._open: dict[str, Command] = {}
        self._open_of: dict[str, dict[str, Command]] = {}
        self._closed: OrderedDict[str, Command] = OrderedDict()

    def __len__(self) -> int:
        return len(self._open)

    def get(self, command_id: str) -> Command | None:
        """The command of an id."""
        return self._open.get(command_id) or self._closed.get(command_id)

    def open(self) -> list[Command]:
        """Commands that something may still come of, oldest first."""
        return list(self._open.values())

    def open_of(self, device: str) -> list[Command]:
        """Those of one device, oldest first."""
        return list(self._open_of.get(device, {}).values())

    def known(self) -> list[Command]:
        """All that are at hand."""
        return [*self._closed.values(), *self._open.values()]

    def take(self, topic: str, data: object, *, now_ms: int) -> Command | None:
        """Take a step, in the order of the log; the command if the step holds."""
        after = self._apply(topic, data, now_ms)
        if after is None:
            self.ignored += 1
        else:
            self.steps[after.state.value] = self.steps.get(after.state.value, 0) + 1
        return after

    def restore(self, events: Iterable[Mapping[str, Any]], *, now_ms: int) -> None:
        """Take events that a store has kept, those of one command in the order of the log."""
        for event in events:
            self._apply(event["topic"], event["data"], now_ms)

    def settle(self, now_ms: int) -> None:
        """Put away what has closed by itself: `sent`, and no answer came."""
        for command in [each for each in self._open.values() if not each.is_open(now_ms)]:
            self._put(command, now_ms)

    def _apply(self, topic: str, data: object, now_ms: int) -> Command | None:
        after = command_of(topic, data)
        if after is None or not after.follows(self.get(after.id)):
            return None
        self._put(after, now_ms)
        return after

    def _put(self, command: Command, now_ms: int) -> None:
        its = self._open_of.setdefault(command.device, {})
        if command.is_open(now_ms):
            self._open[command.id] = its[command.id] = command
            return
        self._open.pop(command.id, None)
        its.pop(command.id, None)
        if not its:
            del self._open_of[command.device]
        self._closed[command.id] = command
        if len(self._closed) > MAX_CLOSED:
            self._closed.popitem(last=False)
            self.forgotten += 1


def fold(events: Iterable[Mapping[str, Any]]) -> Command | None:
    """The command that its steps, in the order of the log, have made; None of none."""
    command = None
    for event in events:
        after = command_of(event["topic"], event["data"])
        if after is not None and after.follows(command):
            command = after
    return command
