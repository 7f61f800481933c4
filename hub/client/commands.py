"""Frames that wait for their reply."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from hub.client.frames import Reply, encode
from hub.errors import TOO_MANY_REQUESTS, HubError

MAX_WAITING = 256
"""At most so many frames wait for replies; more are refused with `too_many_requests` before they are sent."""

Settle = Callable[[Reply | None], None]
"""Takes the one outcome of a frame: its reply, or None where the link was lost."""


class _Waiting(NamedTuple):
    settle: Settle
    due_s: float | None


class Commands:
    """Numbers the client's frames and gives each its one outcome. `outgoing` is what is to be sent, in order."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.outgoing: list[bytes] = []
        self._waiting: dict[int, _Waiting] = {}
        self._last_id = 0

    def __len__(self) -> int:
        """Frames without an answer."""
        return len(self._waiting)

    @property
    def due_s(self) -> float | None:
        """When the first answer is due that must come in time."""
        return min((waiting.due_s for waiting in self._waiting.values() if waiting.due_s is not None), default=None)

    def issue(self, frame: Mapping[str, object], settle: Settle, *, patience_s: float | None = None) -> int:
        """Send a frame and give its id; raises HubError where it can't be sent (then `settle` is not called)."""
        if len(self._waiting) >= MAX_WAITING:
            raise HubError(f"{MAX_WAITING} frames wait for an answer already.", code=TOO_MANY_REQUESTS)
        frame_id = self._last_id + 1
        self.outgoing.append(encode({"id": frame_id, **frame}))
        self._last_id = frame_id
        self._waiting[frame_id] = _Waiting(settle, None if patience_s is None else self.now_s + patience_s)
        return frame_id

    def take(self, reply: Reply) -> None:
        """Take a reply; one that nobody waits for any more is passed over."""
        waiting = None if reply.id is None else self._waiting.pop(reply.id, None)
        if waiting is not None:
            waiting.settle(reply)

    def forget(self, frame_id: int) -> None:
        """Nobody waits for this answer any more."""
        self._waiting.pop(frame_id, None)

    def postpone(self, by_s: float) -> None:
        """Time in which nothing was read counts against nobody."""
        for frame_id, (settle, due_s) in self._waiting.items():
            self._waiting[frame_id] = _Waiting(settle, None if due_s is None else due_s + by_s)

    def lose(self) -> None:
        """The link is gone: nothing that waits will be answered, nothing is to be sent any more."""
        self.outgoing = []
        waiting, self._waiting = self._waiting, {}
        for each in waiting.values():
            each.settle(None)
