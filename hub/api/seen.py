"""The latest events as far as whoever asks may see them."""

from collections.abc import Sequence

from hub.api.deps import LatestEvents
from hub.auth import Identity, View, sees
from hub.events import Position, decode_event


class Seen:
    """The latest events of a node without those that a view hides."""

    def __init__(self, latest: LatestEvents, view: View | None) -> None:
        self._latest = latest
        self._view = view

    @property
    def position(self) -> Position | None:
        """The last batch that is in them."""
        return self._latest.position

    def snapshot(self, filters: Sequence[str]) -> list[bytes]:
        """The events that the filters select, each once."""
        pieces = self._latest.snapshot(filters)
        return [piece for piece in pieces if sees(self._view, str(decode_event(piece)["topic"]))]

    def topics(self, filters: Sequence[str]) -> list[str]:
        """The topics that the filters select, each once."""
        return [topic for topic in self._latest.topics(filters) if sees(self._view, topic)]

    def get(self, topic: str) -> bytes | None:
        """The latest event of a topic."""
        return self._latest.get(topic) if sees(self._view, topic) else None


def seen_by(asking: Identity, latest: LatestEvents) -> LatestEvents:
    """What the identity sees of the latest events; they themselves where its token is not narrowed."""
    return Seen(latest, asking.view) if asking.narrowed else latest
