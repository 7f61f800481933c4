"""Conditions on the data of events, as a program writes them (docs/protocol.md, "Conditions")."""

from collections.abc import Sequence
from typing import Literal, NotRequired, TypedDict

Value = str | int | float | bool | None
Op = Literal["eq", "neq", "gt", "gte", "lt", "lte", "in", "nin", "contains", "starts", "ends", "exists"]


class Comparison(TypedDict):
    """One key against a value; `in` and `nin` take a list, `exists` true (or nothing) or false."""

    key: str
    op: Op
    value: NotRequired[Value | Sequence[Value]]


And = TypedDict("And", {"and": "Sequence[Condition]"})
Or = TypedDict("Or", {"or": "Sequence[Condition]"})
Not = TypedDict("Not", {"not": "Condition"})

Condition = Comparison | And | Or | Not
"""A comparison, or others joined: `{"and": [{"key": "temperature", "op": "gt", "value": 30}, {"not": …}]}`."""
