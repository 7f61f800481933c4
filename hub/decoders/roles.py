"""What the members of an object may be for, by their names alone (see `members`, which also looks at values)."""

from collections.abc import Iterable

from hub.decoders.members import (
    CONTAINERS,
    NAMES,
    SEQUENCES,
    UNITS,
    VALUES,
    may_be_clock,
    plain_name,
)

_OF_RECORDS = frozenset((*NAMES, *VALUES, *UNITS))
_KEYED = frozenset((*NAMES, *UNITS))


def names_unit(key: str) -> bool:
    """Whether a member at a dotted key may hold the unit of another."""
    return plain_name(key).endswith(UNITS)


def is_sequence(name: str) -> bool:
    """Whether a member may count the messages."""
    return plain_name(name) in SEQUENCES


def is_container(name: str) -> bool:
    """Whether a member may hold the values of its object, and its clock."""
    return plain_name(name) in CONTAINERS


def may_be_record(names: Iterable[str]) -> bool:
    """Whether members of these names can spell out one reading; clocks and counts among them are of no matter."""
    plain = {plain_name(name) for name in names if not may_be_clock(name) and not is_sequence(name)}
    return plain <= _OF_RECORDS and not plain.isdisjoint(NAMES) and not plain.isdisjoint(VALUES)


def is_keyed(name: str) -> bool:
    """Whether the word under this name decides how the rest of its object is read."""
    return plain_name(name) in _KEYED
