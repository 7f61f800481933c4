"""All chat rooms as the log tells them: who may be where, what was said lately, and who has read how far; pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, cast

from hub import chat, room
from hub.auth import READ_PREFIX
from hub.events import Batch, Position, decode_event
from hub.privacy import PRIVATE
from hub.room import Room, room_of
from hub.talk import Talk, Unread
from hub.topics import from_level, matches, to_level

MAX_ROOMS = 1_000
"""Rooms that can be made; what is said in others is refused."""

MAX_MARKERS = 200_000
"""Read markers kept; past it the one that was moved longest ago goes (`evicted_markers`), as if nothing was read."""

_APPLIED = 16
_OURS = (chat.PREFIX, room.PREFIX, READ_PREFIX)
_OURS_ENCODED = tuple(f'{{"topic":"{prefix}'.encode() for prefix in _OURS)


class Movement(NamedTuple):
    """Users who have become members of a private room, and users who are no longer."""

    gained: frozenset[str]
    lost: frozenset[str]


class Rooms:
    """Chat rooms, kept by applying every batch of the log, or what a store has kept of it.

    An event of a room counts only if its `version` is above the one that is known: of two changes that were made at
    once from the same state the later one on the log is void, everywhere alike.
    """

    def __init__(self) -> None:
        self.evicted_markers = 0
        self._rooms: dict[str, Room] = {}
        self._talks: dict[str, Talk] = {}
        self._markers: dict[tuple[str, str], str] = {}
        self._private: dict[str, frozenset[str]] = {}
        self._applied: dict[str, list[Position | None]] = {}

    def __len__(self) -> int:
        return len(self._rooms)

    def apply(self, batch: Batch) -> Movement | None:
        """Take a batch of the log; says whose private rooms have changed, None for nobody's."""
        gained: set[str] = set()
        lost: set[str] = set()
        for i, topic in enumerate(batch.topics):
            if topic.startswith(_OURS):
                moved = self._take(topic, decode_event(batch.pieces()[i]), batch.position)
                gained |= moved.gained
                lost |= moved.lost
        return Movement(frozenset(gained), frozenset(lost)) if gained or lost else None

    def restore(self, events: Iterable[Mapping[str, Any]]) -> None:
        """Take decoded events of rooms that a store has kept; those of one topic are in their order."""
        for event in events:
            self._take(event["topic"], event, None)

    def restore_pieces(self, pieces: Iterable[bytes]) -> None:
        """The same with encoded events, of which others are passed over."""
        self.restore(cast("Any", decode_event(piece)) for piece in pieces if piece.startswith(_OURS_ENCODED))

    def _take(self, topic: str, event: Mapping[str, Any], position: Position | None) -> Movement:
        if topic.startswith(room.PREFIX):
            after = room_of(topic.removeprefix(room.PREFIX), event["data"])
            return _NOBODY if after is None else self._change(after, position)
        if topic.startswith(READ_PREFIX):
            level, _, name = topic.removeprefix(READ_PREFIX).partition("/")
            self._mark(from_level(level), name, str(event["data"].get("id", "")))
        else:
            name = topic.removeprefix(chat.PREFIX)
            if not name.startswith(PRIVATE):
                self._rooms.setdefault(name, Room(name))
            self._talks.setdefault(name, Talk()).take(event)
        return _NOBODY

    def _change(self, after: Room, position: Position | None) -> Movement:
        before = self._rooms.get(after.name, Room(after.name))
        if after.version <= before.version:
            return _NOBODY
        self._rooms[after.name] = after
        applied = self._applied.setdefault(after.name, [])
        applied.append(position)
        del applied[:-_APPLIED]
        gained = frozenset(after.members) - frozenset(before.members)
        lost = frozenset(before.members) - frozenset(after.members)
        for user in gained:
            self._private[user] = self._private.get(user, frozenset()) | {after.name}
        for user in lost:
            self._private[user] = self._private.get(user, frozenset()) - {after.name}
        return Movement(gained, lost)

    def _mark(self, user: str, name: str, marker: str) -> None:
        before = self._markers.pop((user, name), "")
        self._markers[user, name] = max(before, marker)
        if len(self._markers) > MAX_MARKERS:
            del self._markers[next(iter(self._markers))]
            self.evicted_markers += 1

    def applied(self, name: str, position: Position) -> bool:
        """Whether the room's event at that position counted; asked soon after the position was taken."""
        return position in self._applied.get(name, ())

    def get(self, name: str) -> Room | None:
        """The room of that name."""
        return self._rooms.get(name)

    def admitting(self, user: str) -> list[Room]:
        """The rooms that the user may read, by name."""
        return sorted((each for each in self._rooms.values() if each.admits(user)), key=lambda each: each.name)

    def topics(self) -> list[str]:
        """The topics of all rooms in which something was said."""
        return [chat.PREFIX + name for name in self._talks]

    def talk(self, name: str) -> Talk:
        """What was said in a room lately; not to be changed."""
        return self._talks.get(name) or Talk()

    def marker(self, user: str, name: str) -> str:
        """The id of the newest message of a room that the user has read; "" before the first."""
        return self._markers.get((user, name), "")

    def unread(self, user: str, name: str) -> Unread:
        """What the user has not read in a room, of the messages that are kept."""
        return self.talk(name).unread(user, self.marker(user, name))

    def view(self, user: str, filters: Collection[str]) -> frozenset[str]:
        """The private rooms of a user of which one of the filters selects something; empty for nearly everybody."""
        own = self._private.get(user)
        if not own:
            return _NO_ROOMS
        return frozenset(name for name in own if any(_selects(one, name) for one in filters))


_NOBODY = Movement(frozenset(), frozenset())
_NO_ROOMS: frozenset[str] = frozenset()


def newest_change(pieces: Sequence[bytes]) -> bytes:
    """Of encoded events of one room the one that says how it is: the first with the highest version."""
    return max(pieces, key=_version)


def read_topic(user: str, name: str) -> str:
    """The topic of a user's read marker of a room."""
    return f"{READ_PREFIX}{to_level(user)}/{name}"


def _selects(topic_filter: str, name: str) -> bool:
    topics = (f"chat/{name}", f"room/{name}", f"presence/chat/{name}", f"presence/room/{name}")
    return any(matches(topic_filter, topic) for topic in topics)


def _version(piece: bytes) -> int:
    version = cast("dict[str, Any]", decode_event(piece)["data"]).get("version")
    return version if isinstance(version, int) else 0
