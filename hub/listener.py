"""The hub's own ear on its events: the wires of sessions that are no client's."""

from collections.abc import Callable, Sequence

from hub.auth import MAX_EXPIRES_S, Identity, Role
from hub.errors import CloseCode
from hub.protocol import Frame

HUB = Identity("hub", Role.ADMIN, MAX_EXPIRES_S)
"""Who listens: it sees everything."""


class Listener:
    """A Wire that tells `heard` that something has come, whatever it is."""

    def __init__(self, heard: Callable[[], object]) -> None:
        self._heard = heard

    def write(self, _: Frame) -> None:
        """Tell it."""
        self._heard()

    def waiting_bytes(self) -> int:
        """Nothing ever waits."""
        return 0

    def close(self, _: CloseCode, __: str) -> None:
        """Nothing is to be closed."""


class Ear(Listener):
    """A Wire that gives `heard` the events of each frame, encoded."""

    def __init__(self, heard: Callable[[Sequence[bytes]], object]) -> None:
        super().__init__(lambda: None)
        self._give = heard

    def write(self, frame: Frame) -> None:
        """Give its events."""
        if frame.pieces:
            self._give(frame.pieces)
