"""What a simulator is: the pure half of one MQTT session, a device or a gateway that speaks for several."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol, runtime_checkable


class Message(NamedTuple):
    """One PUBLISH; `correlation` is the MQTT 5 property, where it answers a request that had one."""

    topic: str
    payload: str | bytes
    qos: int = 0
    retain: bool = False
    correlation: bytes = b""


NO_WILL = Message("", "")
"""The will of what leaves none: a server's integration."""


class Simulator(Protocol):
    """One MQTT session's behaviour, without network or clock: `now` is in seconds since the epoch.

    What it says is a function of its seed and of the calls before.
    """

    @property
    def client_id(self) -> str:
        """The MQTT client id."""
        ...

    @property
    def will(self) -> Message:
        """The will message, or NO_WILL; also published at a planned end, where MQTT does not send it."""
        ...

    @property
    def filters(self) -> Sequence[str]:
        """The topic filters of its commands."""
        ...

    @property
    def members(self) -> int:
        """How many devices speak through this session, at least 1."""
        ...

    def birth(self, now: float) -> list[Message]:
        """What it says after each connect: discovery, then that it is online, then its state."""
        ...

    def report(self, member: int, now: float) -> list[Message]:
        """The next telemetry of one member, as a rule one message."""
        ...

    def command(self, topic: str, payload: bytes, now: float) -> list[Message]:
        """The answer to a message that came on one of its filters; nothing to what it does not know."""
        ...

    def reboot(self, now: float) -> None:
        """Begin again as after power-up; what it measures or has counted stays."""
        ...


@runtime_checkable
class Gateway(Simulator, Protocol):
    """A simulator whose members can be out of reach while its own session lives."""

    def lose(self, member: int, now: float, away_s: float) -> list[Message]:
        """What it says when a member can't be reached any more; the member's reports come back after `away_s`."""
        ...


@runtime_checkable
class Responder(Simulator, Protocol):
    """A simulator that speaks MQTT 5, where a request says where it is to be answered."""

    def respond(self, payload: bytes, now: float, *, response_topic: str, correlation: bytes) -> list[Message]:
        """The answer to a request with a response topic; `correlation` is empty where the request had none."""
        ...


def load(payload: bytes) -> dict[str, Any]:
    """The members of a JSON object; none of anything else, as firmware that ignores what it can't read."""
    try:
        found = json.loads(payload)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def encode(fields: Mapping[str, object]) -> str:
    """JSON as firmware writes it: no blanks."""
    return json.dumps(fields, separators=(",", ":"), ensure_ascii=False)
