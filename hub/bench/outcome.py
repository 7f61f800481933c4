"""What came of one measurement."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from hub.bench.load import Load

IN_TIME = 0.98
"""Devices that got rid of less than this share of their messages were held up by the broker."""
LATE_MS = 1_000.0


@dataclass(frozen=True, slots=True)
class Connected:
    """How the dashboards came to be: how many did, in which time; what each costs the hub; the smallest snapshot."""

    dashboards: int
    seconds: float
    memory_bytes: float | None
    snapshot_topics: int
    reason: str


@dataclass(frozen=True, slots=True)
class Published:
    """What devices sent: how many messages in which time, how far behind their pace at most."""

    messages: int = 0
    unacknowledged: int = 0
    seconds: float = 0
    behind_ms: float = 0


@dataclass(frozen=True, slots=True)
class Stuck:
    """What became of a dashboard that had stopped reading, when it read again."""

    closed: bool
    code: int
    reason: str
    conflated: int


@dataclass(frozen=True, slots=True)
class Received:
    """What the healthy dashboards got of what they were due, all together; times are of the verified ones.

    `verified` dashboards were read event by event. Of the others, `same` got the same bytes as a verified one, and
    `differ` did not: for those, `delivered` is what their bytes are worth.
    """

    due: int
    delivered: int
    duplicated: int
    reordered: int
    foreign: int
    conflated: int
    bytes: int
    frames: int
    verified: int
    same: int
    differ: int
    closed: int
    seconds: float
    latency_ms: dict[str, float]
    stuck: tuple[Stuck, ...]
    reason: str

    @classmethod
    def of(cls, answer: Mapping[str, Any]) -> "Received":
        """As the load generator tells it."""
        latency = {name: answer[f"{name}_us"] / 1000 for name in ("p50", "p90", "p99", "p999", "max")}
        stuck = tuple(Stuck(**one) for one in answer["stuck"])
        plain = {one.name: answer[one.name] for one in fields(cls) if one.name not in ("latency_ms", "stuck")}
        return cls(**plain, latency_ms=latency, stuck=stuck)

    @property
    def lost(self) -> int:
        """How many deliveries are missing."""
        return max(0, self.due - self.delivered)


@dataclass(frozen=True, slots=True)
class Outcome:
    """One load, and what a hub made of it. CPU is in seconds, by process, while it lasted."""

    load: Load
    set_up: str
    connected: Connected
    published: Published
    received: Received
    cpu_s: dict[str, float]
    load_cpu_s: float
    rss_bytes: int

    @property
    def complete(self) -> bool:
        """Whether every dashboard got every message once, in order, and stayed."""
        got = self.received
        wrong = got.lost + got.duplicated + got.reordered + got.foreign + got.differ + got.closed
        missing = self.published.unacknowledged + self.load.dashboards - self.connected.dashboards
        return wrong + missing == 0

    @property
    def broken(self) -> bool:
        """Whether this was too much: something is missing, late by a second, or was not taken from the devices."""
        held_up = self.published.messages < IN_TIME * self.load.messages
        return held_up or not self.complete or self.received.latency_ms["p99"] > LATE_MS

    @property
    def deliveries_per_s(self) -> float:
        """Events that arrived, per second from the first message to the last arrival."""
        return self.received.delivered / self.received.seconds if self.received.seconds else 0.0

    def as_json(self) -> dict[str, Any]:
        """All of it, for programs."""
        derived = {
            "offered": self.load.messages,
            "lost": self.received.lost,
            "complete": self.complete,
            "deliveries_per_s": round(self.deliveries_per_s),
        }
        return asdict(self) | derived
