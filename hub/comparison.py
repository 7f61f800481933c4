"""Comparisons: one key of an event's data against a value, as a function that never raises (docs/protocol.md)."""

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

Look = Callable[[Mapping[str, object]], bool]
"""What a condition becomes: asked with an event's data, it says whether they hold."""

Literal = str | int | float | bool | None
"""What a key can be compared with."""

Test = Callable[[object], bool]

_NUMBER = frozenset((int, float))
_TEXT = frozenset((str,))
_MISSING = object()


def look_up(key: str, test: Test) -> Look:
    """Put the value of a key to a test; where it is missing, an object that is like nothing.

    A key with dots is first that very key (`ENERGY.Power`), then a way through objects (`reported.temperature`).
    """
    if "." in key:
        return lambda data: test(_walk(data, key))
    missing = _MISSING
    return lambda data: test(data.get(key, missing))


def _walk(data: object, key: str) -> object:
    while isinstance(data, dict):
        if key in data:
            return data[key]
        head, dot, key = key.partition(".")
        if not dot or head not in data:
            break
        data = data[head]
    return _MISSING


def among(literals: Sequence[Literal]) -> Test:
    """`eq` and `in`: equal to one of these, and of its type."""
    by_type = _by_type(literals)

    def test(value: object) -> bool:
        wanted = by_type.get(value.__class__)
        return wanted is not None and value in wanted

    return test


def outside(literals: Sequence[Literal]) -> Test:
    """`neq` and `nin`: of the type of one of these, and equal to none of them."""
    by_type = _by_type(literals)

    def test(value: object) -> bool:
        unwanted = by_type.get(value.__class__)
        return unwanted is not None and value not in unwanted

    return test


def _by_type(literals: Sequence[Literal]) -> dict[type, frozenset[Literal]]:
    # True is 1 in Python, so values are kept apart by type; an int and a float are both numbers, as in JSON.
    numbers = frozenset(literal for literal in literals if literal.__class__ in _NUMBER)
    found: dict[type, frozenset[Literal]] = {int: numbers, float: numbers} if numbers else {}
    for kind in (str, bool, type(None)):
        alike = frozenset(literal for literal in literals if literal.__class__ is kind)
        if alike:
            found[kind] = alike
    return found


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Literal], Test]:
    def against(bound: Literal) -> Test:
        alike = _TEXT if isinstance(bound, str) else _NUMBER
        return lambda value: value.__class__ in alike and compare(value, bound)

    return against


def _contains(literal: Literal) -> Test:
    equal = among([literal])

    def test(value: object) -> bool:
        if isinstance(value, str):
            return isinstance(literal, str) and literal in value
        return isinstance(value, list) and any(map(equal, value))

    return test


def _starts(literal: Literal) -> Test:
    return lambda value: isinstance(value, str) and value.startswith(str(literal))


def _ends(literal: Literal) -> Test:
    return lambda value: isinstance(value, str) and value.endswith(str(literal))


def exists(value: object) -> bool:
    """`exists`: the key is there, whatever its value."""
    return value is not _MISSING


ORDERED: Mapping[str, Callable[[Literal], Test]] = {
    "gt": _ordered(operator.gt),
    "gte": _ordered(operator.ge),
    "lt": _ordered(operator.lt),
    "lte": _ordered(operator.le),
}
"""Against a number or a string (by code points)."""

PARTIAL: Mapping[str, Callable[[Literal], Test]] = {"starts": _starts, "ends": _ends}
"""Against a string."""

COMPARISONS: Mapping[str, Callable[[Literal], Test]] = {
    "eq": lambda literal: among([literal]),
    "neq": lambda literal: outside([literal]),
    "contains": _contains,
    **ORDERED,
    **PARTIAL,
}
"""Every comparison with one value."""

LISTED: Mapping[str, Callable[[Sequence[Literal]], Test]] = {"in": among, "nin": outside}
"""Every comparison with a list of values."""

OPS = (*COMPARISONS, *LISTED, "exists")
