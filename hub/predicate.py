"""Predicates: conditions on an event's data, given as JSON, compiled once into closures (docs/protocol.md)."""

import math
from collections.abc import Mapping, Sequence
from typing import cast

import orjson

from hub.comparison import COMPARISONS, LISTED, OPS, ORDERED, PARTIAL, Literal, Look, exists, look_up
from hub.errors import InvalidPredicate

MAX_DEPTH = 8
"""How deep and, or and not may stand in one another; one condition alone has depth 1."""

MAX_CONDITIONS = 64
"""Comparisons in one predicate: each is evaluated at every event that may be of interest."""

MAX_VALUES = 256
"""Values in one list of `in` and `nin`."""

MAX_KEY_CHARS = 256
MAX_VALUE_CHARS = 1024

Tree = Mapping[str, object]

_EXACT = 2**53


class Predicate:
    """A condition on data. Two that say the same in another order or spelling are equal and have the same hash."""

    __slots__ = ("canonical", "matches")

    def __init__(self, canonical: str, matches: Look) -> None:
        self.canonical = canonical
        """Its JSON in the one form that all its spellings have."""
        self.matches = matches
        """Whether it holds for an event's decoded data; never raises for what JSON can hold."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Predicate) and self.canonical == other.canonical

    def __hash__(self) -> int:
        return hash(self.canonical)

    def __repr__(self) -> str:
        return f"Predicate({self.canonical})"

    @classmethod
    def parse(cls, condition: object) -> "Predicate":
        """The predicate of its decoded JSON; raises InvalidPredicate with what is wrong."""
        tree = _Reader().read(condition, 1)
        return cls(_text(tree), _compile(tree))

    def as_json(self) -> Tree:
        """The condition, as it goes on the wire."""
        return cast("Tree", orjson.loads(self.canonical))


def _text(tree: object) -> str:
    try:
        return orjson.dumps(tree, option=orjson.OPT_SORT_KEYS).decode()
    except orjson.JSONEncodeError as error:
        raise InvalidPredicate(f"A condition has a value that JSON can't hold: {error}.") from None


class _Reader:
    """Checks a condition and brings it into its canonical form, counting comparisons."""

    def __init__(self) -> None:
        self._conditions = 0

    def read(self, condition: object, depth: int) -> Tree:
        if not isinstance(condition, dict):
            raise InvalidPredicate("A condition must be an object.")
        if depth > MAX_DEPTH:
            raise InvalidPredicate(f"Conditions are nested over {MAX_DEPTH} deep.")
        if "key" in condition or "op" in condition:
            self._conditions += 1
            if self._conditions > MAX_CONDITIONS:
                raise InvalidPredicate(f"There are over {MAX_CONDITIONS} conditions.")
            return _comparison(condition)
        if len(condition) != 1 or not condition.keys() <= {"and", "or", "not"}:
            raise InvalidPredicate("A condition has `key` and `op`, or one of `and`, `or` and `not`.")
        ((word, inner),) = condition.items()
        if word == "not":
            return _negated(self.read(inner, depth + 1))
        if not isinstance(inner, list) or not inner:
            raise InvalidPredicate(f"`{word}` must be a list of at least one condition.")
        return _joined(word, [self.read(each, depth + 1) for each in inner])


def _negated(tree: Tree) -> Tree:
    return cast("Tree", tree["not"]) if "not" in tree else {"not": tree}


def _joined(word: str, trees: Sequence[Tree]) -> Tree:
    # The order in which conditions are asked changes no verdict, as none of them can fail.
    flat: dict[str, Tree] = {}
    for tree in trees:
        for each in cast("Sequence[Tree]", tree.get(word, [tree])):
            flat[_text(each)] = each
    if len(flat) == 1:
        return next(iter(flat.values()))
    return {word: [flat[text] for text in sorted(flat)]}


def _comparison(condition: Mapping[str, object]) -> Tree:
    key, op = condition.get("key"), condition.get("op")
    if not isinstance(key, str) or not 0 < len(key) <= MAX_KEY_CHARS:
        raise InvalidPredicate(f"`key` must be a string of 1 to {MAX_KEY_CHARS} characters.")
    if not isinstance(op, str) or op not in OPS:
        raise InvalidPredicate(f"Unknown op {str(op)[:40]!r}; known: {', '.join(OPS)}.")
    unknown = sorted(condition.keys() - {"key", "op", "value"})
    if unknown:
        raise InvalidPredicate(f"A condition has `key`, `op` and `value`, not {unknown[0][:40]!r}.")
    if op == "exists":
        return _existence(key, condition.get("value", True))
    if "value" not in condition:
        raise InvalidPredicate(f"`{op}` needs a `value`.")
    if op in LISTED:
        return _membership(key, op, condition["value"])
    value = _literal(condition["value"])
    if (op in ORDERED and (value is None or isinstance(value, bool))) or (op in PARTIAL and not isinstance(value, str)):
        needed = "a string" if op in PARTIAL else "a number or a string"
        raise InvalidPredicate(f"The `value` of `{op}` must be {needed}.")
    return {"key": key, "op": op, "value": value}


def _existence(key: str, wanted: object) -> Tree:
    if not isinstance(wanted, bool):
        raise InvalidPredicate("The `value` of `exists` must be true or false.")
    there = {"key": key, "op": "exists"}
    return there if wanted else {"not": there}


def _membership(key: str, op: str, values: object) -> Tree:
    if not isinstance(values, list) or not 0 < len(values) <= MAX_VALUES:
        raise InvalidPredicate(f"The `value` of `{op}` must be a list of 1 to {MAX_VALUES} values.")
    by_text = {_text(literal): literal for literal in map(_literal, values)}
    if len(by_text) == 1:
        return {"key": key, "op": "eq" if op == "in" else "neq", "value": next(iter(by_text.values()))}
    return {"key": key, "op": op, "value": [by_text[text] for text in sorted(by_text)]}


def _literal(value: object) -> Literal:
    if isinstance(value, str):
        if len(value) > MAX_VALUE_CHARS:
            raise InvalidPredicate(f"A value has over {MAX_VALUE_CHARS} characters.")
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise InvalidPredicate("A value must be a finite number.")
        # 30 and 30.0 are one number, so they must be one text.
        return int(value) if value.is_integer() and abs(value) < _EXACT else value
    if value is None or isinstance(value, int):
        return value
    raise InvalidPredicate("A value must be a string, a number, true, false or null.")


def _compile(tree: Tree) -> Look:
    if "not" in tree:
        inner = _compile(cast("Tree", tree["not"]))
        return lambda data: not inner(data)
    for word, join in (("and", _every), ("or", _some)):
        if word in tree:
            return join([_compile(each) for each in cast("Sequence[Tree]", tree[word])])
    key, op, value = cast("str", tree["key"]), cast("str", tree["op"]), tree.get("value")
    if op == "exists":
        return look_up(key, exists)
    if op in LISTED:
        return look_up(key, LISTED[op](cast("Sequence[Literal]", value)))
    return look_up(key, COMPARISONS[op](cast("Literal", value)))


def _every(looks: Sequence[Look]) -> Look:
    def look(data: Mapping[str, object]) -> bool:
        for each in looks:  # noqa: SIM110 - `all` with a generator takes twice the time
            if not each(data):
                return False
        return True

    return look


def _some(looks: Sequence[Look]) -> Look:
    def look(data: Mapping[str, object]) -> bool:
        for each in looks:  # noqa: SIM110 - `any` with a generator takes twice the time
            if each(data):
                return True
        return False

    return look
