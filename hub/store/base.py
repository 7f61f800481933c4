"""The store seams: what the recorder writes and people ask for later, and who may sign in."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from hub.events import Batch, Position, Scalar


class Point(NamedTuple):
    """One value of a series: ms since the epoch, and the value."""

    time: int
    value: Scalar


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a series in the order of time; `next` is what to give as `after` for the part behind it, or None."""

    points: list[Point]
    next: str | None


class EventStore(Protocol):
    """Events as the recorder wrote them. Opened and closed by `async with`; Unavailable where it can't answer."""

    async def position(self) -> Position | None:
        """The position of the last batch written; None before the first."""
        ...

    async def write(self, batches: Sequence[Batch]) -> int:
        """Write batches that are on the log, in their order, in one transaction with the position of the last.

        Batches at or before the stored position of the same epoch are passed over: whatever is written twice is there
        once. Returns the number of events written.
        """
        ...

    async def latest(self) -> list[bytes]:
        """What a snapshot is made of; a room's messages are in their order.

        The newest event's JSON of each topic (telemetry: the newest value of each key; chat: the last messages of
        each room). It holds everything up to a `position()` that was asked for before.
        """
        ...

    async def history(
        self, device: str, key: str, *, start: int, end: int, limit: int, after: str | None = None
    ) -> Page:
        """Values of a device's key with start <= time < end (ms), at most `limit`; HubError for a bad `after`."""
        ...

    async def keys(self, device: str) -> list[str]:
        """The keys a device has sent, sorted."""
        ...


@dataclass(frozen=True, slots=True)
class User:
    """A person who may sign in. `password_hash` is argon2id in its usual text form; `created` is ms since the epoch."""

    name: str
    role: str
    password_hash: str
    created: int


class UserStore(Protocol):
    """Users by name. Opened and closed by `async with`."""

    async def add(self, user: User) -> None:
        """Keep a new user; raises HubError(CONFLICT) where the name is taken."""
        ...

    async def get(self, name: str) -> User | None:
        """The user of that name."""
        ...

    async def list(self) -> list[User]:
        """All users by name."""
        ...

    async def set_password(self, name: str, password_hash: str) -> None:
        """Replace a password; raises HubError(NOT_FOUND)."""
        ...

    async def set_role(self, name: str, role: str) -> None:
        """Give a user another role; raises HubError(NOT_FOUND)."""
        ...

    async def remove(self, name: str) -> None:
        """Forget a user; raises HubError(NOT_FOUND)."""
        ...
