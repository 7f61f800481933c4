"""The decoder seam: what one message says about devices, without configuration.

A decoder is one convention in one file. `claim` looks once at a topic (and the first payload on it) and gives a
function for all messages of that topic, or None where the topic is another convention's. What a convention learns
(names, units, discovery) it keeps in the `Knowledge` that it is given; it has no state of its own and no clock.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal, Protocol, runtime_checkable

from hub.decoders.clock import Moment
from hub.events import Scalar

Kind = Literal[
    "telemetry", "state", "event", "presence", "discovery", "info", "config", "command", "response", "request",
    "log", "meta", "broadcast", "removal", "garbage",
]  # fmt: skip
Status = Literal["online", "offline"]

NO_UNITS: Mapping[str, str] = MappingProxyType({})
NO_ATTRIBUTES: Mapping[str, str] = MappingProxyType({})


@dataclass(slots=True)
class Decoded:
    """What a message says about one device.

    `device` is one topic level (see topics.to_level), unique over families; None where the message names none.
    `data` is flat: key to number, boolean or string; only kinds telemetry, state and event have any.
    `units` are those that the message, its discovery or its convention states, by key; may be one shared mapping.
    `time` is the device's own clock in ms since the epoch where it is sane, else None; of a clock that tells no zone,
    what it shows. `attributes` are slow facts
    learnt with this message (name, model, firmware …). `reset` names topics that are to be claimed anew, each with all
    below it, because discovery has told what was guessed before. `verbatim`: the payload is an object whose members are
    `data` as they stand, and with other numbers for them it would say the same (see `passage`).
    """

    device: str | None
    kind: Kind
    data: Mapping[str, Scalar] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=lambda: NO_UNITS)
    status: Status | None = None
    time: Moment | None = None
    attributes: Mapping[str, str] = field(default_factory=lambda: NO_ATTRIBUTES)
    reset: Sequence[str] = ()
    verbatim: bool = field(default=False, compare=False)


class Malformed(Exception):
    """The topic is of this convention and the payload is not: cut off, wrong types, not UTF-8. Its text says why."""


class Unsupported(Exception):
    """A valid message of this convention which the decoder does not read (encrypted, binary map, picture)."""


Decode = Callable[[bytes, int], Sequence[Decoded]]
"""(payload, now in ms) → what it says; raises Malformed or Unsupported. Pure but for the Knowledge it was bound to."""


@dataclass(slots=True)
class Knowledge:
    """What conventions have learnt so far: each keeps its own mapping, by device or topic. Plain JSON values only."""

    families: dict[str, dict[str, object]] = field(default_factory=dict)
    memo: dict[str, object] = field(default_factory=dict, repr=False, compare=False)
    """What several topics use and is made anew after a restart; not kept."""

    def of(self, family: str) -> dict[str, object]:
        """The mapping of one family, which it may change."""
        return self.families.setdefault(family, {})


class Decoder(Protocol):
    """One convention."""

    family: str

    def claim(self, topic: str, payload: bytes, knowledge: Knowledge) -> Decode | None:
        """The function that decodes messages of this topic, or None: the topic is not of this convention."""
        ...


@runtime_checkable
class Rooted(Protocol):
    """What a decoder may have, too: the first levels of all topics that it claims. It is asked about no others."""

    roots: frozenset[str]
