"""Who is on a topic (docs/protocol.md, "Presence"): the hub's answer, joins and leaves; pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from hub.client.frames import Event, Member

PREFIX = "presence/"


class PresenceChange(NamedTuple):
    """A user's first session came to a topic, or his last one has gone; `time` in ms since the epoch."""

    topic: str
    user: str
    joined: bool
    time: int


def presence_of(event: Event) -> PresenceChange | None:
    """The join or leave that an event says; None for any other event."""
    if not event.topic.startswith(PREFIX):
        return None
    match event.data:
        case {"event": "join" | "leave" as what, "user": str(user)}:
            return PresenceChange(event.topic.removeprefix(PREFIX), user, what == "join", event.time)
    return None


@dataclass(frozen=True, slots=True)
class Present:
    """Who is on a topic: `total` users, and those of them who came first, at most 1,000."""

    total: int
    members: tuple[Member, ...]

    def after(self, changes: Iterable[PresenceChange]) -> "Present":
        """The same after joins and leaves; who joins and is there already, or leaves and was not, changes nothing."""
        total, members = self.total, {member.user: member for member in self.members}
        for change in changes:
            there = change.user in members
            # Of those who are not listed it can't be told; so many are rare.
            if there == change.joined and (there or total == len(members)):
                continue
            total += 1 if change.joined else -1
            if change.joined:
                members[change.user] = Member(change.user, 1, change.time)
            else:
                members.pop(change.user, None)
        return Present(total, tuple(members.values()))
