"""Interests: what one subscription asks of its topics beside their names (docs/protocol.md, "Options")."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from hub.errors import InvalidFrame
from hub.predicate import MAX_KEY_CHARS, Predicate

MAX_FIELDS = 64
MIN_RATE = 0.1
MAX_RATE = 1000.0
"""Bounds of `max_rate`, in events per second and topic."""

MEMBERS = ("where", "fields", "max_rate")


@dataclass(frozen=True, slots=True)
class Options:
    """What a filter selects is narrowed to: by data, to some keys of telemetry, to so many events per second and topic.

    Hashable, and equal where they ask the same. `fields` is empty for all keys, `max_rate` None for no limit.
    """

    where: Predicate | None = None
    fields: frozenset[str] = frozenset()
    max_rate: float | None = None

    @classmethod
    def parse(cls, members: Mapping[str, object]) -> "Options":
        """The options among a frame's members; raises InvalidPredicate for `where`, else InvalidFrame."""
        where = members.get("where")
        return cls(
            where=None if where is None else Predicate.parse(where),
            fields=_fields(members.get("fields")),
            max_rate=_rate(members.get("max_rate")),
        )

    def as_json(self) -> dict[str, object]:
        """The members of a frame that say this; none for PLAIN."""
        shown: dict[str, object] = {}
        if self.where is not None:
            shown["where"] = self.where.as_json()
        if self.fields:
            shown["fields"] = sorted(self.fields)
        if self.max_rate is not None:
            shown["max_rate"] = self.max_rate
        return shown

    @property
    def interval_ms(self) -> float:
        """The time between two events of a topic; 0 for no limit."""
        return 0.0 if self.max_rate is None else 1000 / self.max_rate


PLAIN = Options()
"""Everything that a filter selects, as it is."""


class Interest(NamedTuple):
    """A topic filter with its options; a session has a set of them, and sessions with equal sets are one audience."""

    filter: str
    options: Options = PLAIN


def _fields(fields: object) -> frozenset[str]:
    if fields is None:
        return frozenset()
    if not isinstance(fields, list) or not 0 < len(fields) <= MAX_FIELDS:
        raise InvalidFrame(f"`fields` must be a list of 1 to {MAX_FIELDS} keys.")
    if not all(isinstance(key, str) and 0 < len(key) <= MAX_KEY_CHARS for key in fields):
        raise InvalidFrame(f"`fields` must be strings of 1 to {MAX_KEY_CHARS} characters.")
    return frozenset(fields)


def _rate(rate: object) -> float | None:
    if rate is None:
        return None
    if isinstance(rate, bool) or not isinstance(rate, int | float) or not MIN_RATE <= rate <= MAX_RATE:
        raise InvalidFrame(f"`max_rate` must be a number from {MIN_RATE} to {MAX_RATE:g}, in events per second.")
    return float(rate)
