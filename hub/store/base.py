"""The store seams: what the recorder writes and people ask for later, and who may sign in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from hub.events import Batch, Position, Scalar
from hub.rollup import Rollup
from hub.rollup_plan import Plan


class Point(NamedTuple):
    """One value of a series: ms since the epoch, and the value."""

    time: int
    value: Scalar


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a series in the order of time; `next` is what to give as `after` for the part behind it, or None."""

    points: list[Point]
    next: str | None


Slots = list[tuple[int, Rollup]]
"""Numbers of a plan's slots, in order, with what the values in each come to; slots without a value are left out."""


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

    async def events(
        self, topic: str, *, start: int, end: int, limit: int, newest: bool = False
    ) -> list[dict[str, Any]]:
        """Decoded events of a topic with start <= time < end (ms), in the order of time and then of the log.

        The oldest `limit` of them, or the newest. raw/… has none.
        """
        ...

    async def summaries(
        self, asked: Mapping[str, Sequence[str]], plan: Plan, *, limit_s: float
    ) -> dict[str, dict[str, Slots]]:
        """Of each device's keys the slots of a plan with what their values come to, all of one moment.

        It is what the events themselves give, however late they came and whatever is kept of them beside. Raises
        HubError (NOT_AVAILABLE) where it takes longer than `limit_s`.
        """
        ...

    def whole_since(self) -> dict[int, int]:
        """By level of rollups, from when (ms) on it is kept; a level that is not there is kept for ever."""
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
    """Users by name. Unavailable where it can't answer, as with the two stores below."""

    async def add(self, user: User) -> None:
        """Keep a new user; raises HubError(CONFLICT) where the name is taken."""
        ...

    async def get(self, name: str) -> User | None:
        """The user of that name."""
        ...

    async def list(self) -> list[User]:
        """All users by name."""
        ...

    async def set_password(self, name: str, password_hash: str, *, now_ms: int) -> None:
        """Replace a password; tokens of before `now_ms` hold no more. Raises HubError(NOT_FOUND)."""
        ...

    async def set_role(self, name: str, role: str, *, now_ms: int) -> None:
        """Give a user another role; tokens of before `now_ms` hold no more. Raises HubError(NOT_FOUND)."""
        ...

    async def remove(self, name: str, *, now_ms: int) -> None:
        """Forget a user; tokens of before `now_ms` hold no more. Raises HubError(NOT_FOUND)."""
        ...


@dataclass(frozen=True, slots=True)
class ApiKey:
    """What a program may sign in with. `digest` is the SHA-256 of its secret, which is kept nowhere.

    `subscribe` and `publish` narrow what the role allows; `created` is ms since the epoch, `expires_s` seconds or None.
    """

    id: str
    digest: str = field(repr=False)
    name: str
    role: str
    subscribe: tuple[str, ...] | None
    publish: tuple[str, ...] | None
    created: int
    expires_s: int | None


class AccessStore(Protocol):
    """API keys, and since when each user's tokens hold."""

    async def version(self) -> int:
        """A number that grows with every change of what `keys` and `floors` give."""
        ...

    async def keys(self) -> list[ApiKey]:
        """All API keys by name."""
        ...

    async def floors(self) -> dict[str, int]:
        """Users that were changed or removed, and when last (ms): tokens issued until then hold no more."""
        ...

    async def add_key(self, key: ApiKey) -> None:
        """Keep a new key; raises HubError(CONFLICT) where the name is taken."""
        ...

    async def remove_key(self, key_id: str) -> None:
        """Forget a key; raises HubError(NOT_FOUND)."""
        ...


class TicketStore(Protocol):
    """Identities that wait to be taken once, by the digest of a ticket."""

    async def add(self, digest: str, identity: bytes, *, expires_s: int, now_s: float) -> None:
        """Keep an identity until `expires_s`; raises HubError(LIMIT_EXCEEDED) where too many wait."""
        ...

    async def take(self, digest: str, *, now_s: float) -> bytes | None:
        """Take the identity out; None where it is not there, was taken before (by any process) or has expired."""
        ...
