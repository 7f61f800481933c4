"""One command to a device: what was asked, how far it has come, and which step may follow which; pure.

A step is an event that carries the whole command (docs/commands.md). Its `version` counts from 1: of two steps with
one version the first on the log holds, wherever they were made, so no two processes ever send the same command.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from enum import Enum
from types import MappingProxyType
from typing import Any

from hub.errors import CONFLICT, HubError

PREFIX = "command/"
ANSWER_S = 10
"""How long the answer to a command without `expect` is waited for; it then stays `sent`."""
IN_DOUBT_S = 15
"""A command that is being sent for longer was left by a process that has died: a broker's PUBACK takes at most 5 s."""

NOTHING: Mapping[str, Any] = MappingProxyType({})


class State(Enum):
    """How far a command has come."""

    WAITING = "waiting"
    """For another person's approval."""
    QUEUED = "queued"
    SENDING = "sending"
    """Written before it is handed to the broker: whoever finds it later can't know whether it was."""
    SENT = "sent"
    """The broker has acknowledged it."""
    ANSWERED = "answered"
    OBSERVED = "observed"
    """What was expected has been seen in the device's telemetry."""
    FAILED = "failed"
    EXPIRED = "expired"
    REFUSED = "refused"
    """By a person, before it was sent."""


FIRST = frozenset((State.WAITING, State.QUEUED))
NEXT: Mapping[State, frozenset[State]] = MappingProxyType({
    State.WAITING: frozenset((State.QUEUED, State.REFUSED, State.EXPIRED)),
    State.QUEUED: frozenset((State.SENDING, State.REFUSED, State.EXPIRED, State.FAILED)),
    State.SENDING: frozenset((State.SENT, State.QUEUED, State.FAILED)),
    State.SENT: frozenset((State.ANSWERED, State.OBSERVED, State.FAILED)),
    State.ANSWERED: frozenset((State.OBSERVED, State.FAILED)),
    State.OBSERVED: frozenset(),
    State.FAILED: frozenset(),
    State.EXPIRED: frozenset(),
    State.REFUSED: frozenset(),
})  # fmt: skip
"""Which state may follow which; no state follows itself."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """What telemetry is to show, within `within_s` seconds of the command's being sent."""

    key: str
    op: str
    value: object = None
    within_s: float = ANSWER_S

    @property
    def condition(self) -> dict[str, object]:
        """As `hub.predicate` reads it."""
        return {"key": self.key, "op": self.op, "value": self.value}

    def shown(self) -> dict[str, object]:
        """As it stands in a step."""
        return {**self.condition, "within_s": self.within_s}


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A command as its last step tells it. Times are ms since the epoch; 0 where there is none.

    `since` is the position on the log behind which answers and effects are looked for, `runner` who sends it,
    `evidence` what proves each state, by its name. `twin` is the key of the device's twin that the command brings to
    what is desired; empty: it is somebody's own.
    """

    id: str
    device: str
    name: str
    by: str
    created: int
    expires: int
    state: State = State.QUEUED
    version: int = 1
    time: int = 0
    value: Any = None
    at: int = 0
    sent: int = 0
    expect: Expectation | None = None
    idempotent: bool = False
    approved_by: str = ""
    bulk: str = ""
    twin: str = ""
    runner: str = ""
    since: str = ""
    reason: str = ""
    evidence: Mapping[str, Any] = field(default_factory=lambda: NOTHING)

    @property
    def topic(self) -> str:
        """Where its steps are events."""
        return f"{PREFIX}{self.device}/{self.id}"

    def step(self, state: State, *, now_ms: int, **changes: Any) -> "Command":
        """The command one step on; raises HubError(CONFLICT) where that state can't follow."""
        if state not in NEXT[self.state]:
            raise HubError(f"The command is {self.state.value}; it can't become {state.value}.", code=CONFLICT)
        return replace(self, state=state, version=self.version + 1, time=now_ms, **changes)

    def proved(self, **shown: Any) -> dict[str, Any]:
        """The evidence with more of it."""
        return {**self.evidence, **shown}

    def follows(self, before: "Command | None") -> bool:
        """Whether this is the next step of a command, or the first of one that is not known."""
        if before is None:
            return True
        return self.version == before.version + 1 and self.state in NEXT[before.state]

    def is_open(self, now_ms: int) -> bool:
        """Whether anything may still come."""
        if self.state is State.SENT:
            return self.expect is not None or now_ms < self.sent + ANSWER_S * 1000
        if self.state is State.ANSWERED:
            return self.expect is not None
        return bool(NEXT[self.state])

    def deadline(self) -> int | None:
        """When something is to be done with it by itself, at the latest; None where nothing is."""
        if self.state in FIRST:
            return self.expires
        if self.state is State.SENDING:
            return self.time + IN_DOUBT_S * 1000
        if self.state in (State.SENT, State.ANSWERED) and self.expect is not None:
            return self.sent + round(self.expect.within_s * 1000)
        return None

    def overdue(self, now_ms: int) -> "Command":
        """The step that its passed deadline makes."""
        if self.state in FIRST:
            missing = "nobody approved it" if self.state is State.WAITING else "it could not be sent"
            return self.step(State.EXPIRED, now_ms=now_ms, reason=f"{missing} in time")
        if self.state is State.SENDING:
            return self.doubted(now_ms)
        within_s = self.expect.within_s if self.expect is not None else ANSWER_S
        return self.step(State.FAILED, now_ms=now_ms, reason=f"no effect seen in {within_s:g} s")

    def doubted(self, now_ms: int) -> "Command":
        """What becomes of one whose sender has died: sent again if it may be, else the outcome is unknown."""
        if self.idempotent and now_ms < self.expires:
            return self.step(State.QUEUED, now_ms=now_ms, reason="it may have been sent before", runner="")
        return self.step(State.FAILED, now_ms=now_ms, reason="outcome unknown: the hub stopped while it was being sent")

    def shown(self) -> dict[str, Any]:
        """The data of its event: every member that says something."""
        told: dict[str, Any] = {"id": self.id, "device": self.device, "state": self.state.value}
        for name in _PLAIN:
            value = getattr(self, name)
            if value or name in _ALWAYS or (name == "value" and value is not None):
                told[name] = value
        if self.expect is not None:
            told["expect"] = self.expect.shown()
        if self.evidence:
            told["evidence"] = dict(self.evidence)
        return told


def _expectation(*, key: str, op: str, within_s: object, value: object = None) -> Expectation:
    """What a step says is expected; raises TypeError."""
    if isinstance(within_s, bool) or not isinstance(within_s, int | float):
        raise TypeError("within_s is no number")
    return Expectation(key, op, value, within_s)


_ALWAYS = frozenset(("version", "name", "by", "created", "expires"))
_PLAIN = tuple(
    each.name for each in fields(Command) if each.name not in {"id", "device", "state", "expect", "evidence"}
)
_TYPES: Mapping[str, type] = MappingProxyType({
    "id": str, "device": str, "name": str, "by": str, "created": int, "expires": int, "version": int, "time": int,
    "at": int, "sent": int, "idempotent": bool, "approved_by": str, "bulk": str, "twin": str, "runner": str,
    "since": str, "reason": str, "evidence": dict,
})  # fmt: skip


def command_of(topic: str, data: object) -> Command | None:
    """The command of a step; None where it is none, or not on its topic."""
    if not isinstance(data, dict):
        return None
    known: dict[str, Any] = {name: data[name] for name in _TYPES if name in data}
    if any(type(value) is not _TYPES[name] for name, value in known.items()):
        return None
    expect = data.get("expect")
    try:
        state = State(data.get("state"))
        known["expect"] = None if expect is None else _expectation(**expect)
        command = Command(state=state, value=data.get("value"), **known)
    except (TypeError, ValueError):
        return None
    return command if command.topic == topic else None
