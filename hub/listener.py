"""The hub's own ear on its events: the wire of a session that is no client's."""

from collections.abc import Callable

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
