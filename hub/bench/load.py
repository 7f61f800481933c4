"""What is asked of a hub in one measurement."""

import math
from dataclasses import dataclass
from enum import StrEnum

VERIFIED_DELIVERIES_PER_S = 200_000
"""Up to so many, every dashboard's events are read one by one: that is a small part of what the hub itself needs."""
VERIFIED_OF_MANY = 20
VERIFIED_OF_COMPRESSED = 4
"""Fewer, as the load generator has to decompress theirs."""


class SetUp(StrEnum):
    """How the hub is set up."""

    DEFAULT = "default"
    """Nothing configured: embedded broker, log in a file, SQLite."""
    REDIS = "redis"
    """Mosquitto and Redis."""


@dataclass(frozen=True, slots=True)
class Load:
    """`dashboards` look at `devices` that together send `rate` messages per second for `seconds`.

    `own`: each dashboard subscribes to that many devices of its own; 0: to all. `rate` 0: none send, the dashboards
    just stay connected. `known`: each device sends one message before all else; `snapshot`: that too, and a dashboard
    asks for the latest. `stuck` of the dashboards stop reading while devices send. `members` are a message's JSON
    members beside time and number.
    """

    dashboards: int
    rate: float = 0
    seconds: float = 10
    devices: int = 100
    own: int = 0
    qos: int = 0
    deflate: bool = False
    known: bool = False
    snapshot: bool = False
    stuck: int = 0
    members: str = '"temperature":21.5,"humidity":40.2'
    set_up: SetUp = SetUp.REDIS

    @property
    def messages(self) -> int:
        """How many messages are published in all."""
        return math.ceil(self.rate * self.seconds)

    @property
    def groups(self) -> int:
        """Into how many groups the devices fall; a dashboard's are those whose number is its own, modulo this."""
        return self.devices // self.own if self.own else 1

    @property
    def deliveries_per_s(self) -> float:
        """How many events all dashboards together are due each second."""
        return self.rate * self.dashboards / self.groups

    @property
    def verified(self) -> int:
        """Of how many dashboards every event is read; see docs/benchmarks.md for what is known of the others."""
        healthy = self.dashboards - self.stuck
        if self.own or self.deliveries_per_s <= VERIFIED_DELIVERIES_PER_S:
            return healthy
        return min(healthy, VERIFIED_OF_COMPRESSED if self.deflate else VERIFIED_OF_MANY)

    def filters(self, dashboard: int, *, prefix: str) -> list[str]:
        """What a dashboard subscribes to; devices are called by the prefix and a number."""
        if not self.own:
            return ["telemetry/#"]
        first = dashboard % self.groups
        return [f"telemetry/{prefix}{device}" for device in range(first, self.groups * self.own, self.groups)]

    @property
    def title(self) -> str:
        """One line for people."""
        words = [f"{self.dashboards:,} dashboards"]
        if self.rate:
            words.append(f"{self.rate:,g} messages/s")
        text = " × ".join(words)  # noqa: RUF001 - a multiplication
        if self.own:
            text += f", each {self.own} of {self.devices:,} devices"
        marks = [
            ("known before", self.known),
            ("QoS 1", self.qos),
            ("compressed", self.deflate),
            ("stuck", self.stuck),
            ("snapshot", self.snapshot),
        ]
        for name, value in marks:
            if value:
                text += f", {self.stuck} stuck" if name == "stuck" else f", {name}"
        return text
