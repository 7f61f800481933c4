"""Documents of one shape to flat readings with their units: what to make of a member is asked once, then remembered.

As `leaves.flatten`, and with the same limits, for conventions whose names decide what is a reading and in which unit.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from hub.decoders.base import NO_UNITS, Malformed, Unsupported
from hub.decoders.document import has_control
from hub.decoders.leaves import MAX_DEPTH, MAX_KEY, MAX_LEAVES, MAX_TEXT, Path, reading
from hub.events import Scalar

MAX_NODES = 4096
"""Members of one outline that are remembered; past that all are forgotten and asked anew."""
MAX_SHAPES = 256
"""Sets of readings whose mapping of units is remembered; past that all are forgotten."""

_INDEXES = tuple(str(i) for i in range(64))
_NUMERAL = re.compile(r"-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,15})?")


class Field(NamedTuple):
    """A member that is read: under which key, in which unit; `numeric` where firmware prints the number as text.

    `inside`: the member itself is no reading, what is below it may be some. Values that `skips` holds of are none, with
    all below them.
    """

    key: str
    unit: str | None = None
    numeric: bool = False
    inside: bool = False
    skips: Callable[[Any], bool] | None = None


Rule = Callable[[Path], Field | None]
"""Path of a member → what it is; None where it and all below it are left out."""


class _Node:
    """What is known of a member."""

    __slots__ = ("below", "found", "key", "may_skip", "numeric", "path", "skips", "text")

    def __init__(self, path: Path, field: Field | None) -> None:
        self.path = path
        self.key = None if field is None or field.inside else field.key
        self.numeric = field is not None and field.numeric
        # None: whatever the value.
        self.skips = None if field is None else field.skips
        self.may_skip = field is None or field.skips is not None
        self.below: dict[str, _Node] = {}
        # The last text here and what it is read as: most texts stay the same from message to message.
        self.text: str | None = None
        self.found: Scalar | None = None


class Outline:
    """Reads documents of one topic. `rule` decides by names alone; `under` is before each path that it is asked."""

    def __init__(self, rule: Rule, *, under: Path = ()) -> None:
        self._rule = rule
        self._under = under
        self._root = _Node(under, None)
        self._nodes = 0
        self._units: dict[tuple[str, ...], Mapping[str, str]] = {}
        self._unit_of: dict[str, str] = {}

    def read(self, document: dict[str, Any] | list[Any]) -> dict[str, Scalar]:
        """The readings by key; raises Malformed, Unsupported as `leaves`."""
        if self._nodes > MAX_NODES:
            self._root, self._nodes, self._unit_of = _Node(self._under, None), 0, {}
        data: dict[str, Scalar] = {}
        self._walk(_members(document), self._root, data, 1)
        return data

    def units(self, data: Mapping[str, Scalar]) -> Mapping[str, str]:
        """The units of what `read` gave; the same object for the same keys."""
        shape = tuple(data)
        known = self._units.get(shape)
        if known is None:
            if len(self._units) >= MAX_SHAPES:
                self._units.clear()
            units = {key: self._unit_of[key] for key in shape if key in self._unit_of}
            known = self._units[shape] = units or NO_UNITS
        return known

    def _walk(self, members: Iterable[tuple[str, Any]], node: _Node, data: dict[str, Scalar], depth: int) -> None:
        nodes = node.below
        for name, value in members:
            below = nodes.get(name)
            if below is None:
                below = nodes[name] = self._ask((*node.path, name))
            if below.may_skip and (below.skips is None or below.skips(value)):
                continue
            kind = type(value)
            if kind is dict or kind is list:
                if depth >= MAX_DEPTH:
                    raise Malformed(f"nested deeper than {MAX_DEPTH} levels")
                self._walk(value.items() if kind is dict else _members(value), below, data, depth + 1)
                continue
            key = below.key
            if key is None or value is None:
                continue
            if kind is not str:
                data[key] = value
            else:
                found = below.found if value == below.text else _remembered(value, below)
                if found is not None:
                    data[key] = found
        if len(data) > MAX_LEAVES:
            raise Unsupported(f"over {MAX_LEAVES} values in one message")

    def _ask(self, path: Path) -> _Node:
        field = self._rule(path)
        self._nodes += 1
        if field is not None and not field.inside:
            if len(field.key) > MAX_KEY or has_control(field.key):
                raise Unsupported(f"a key of over {MAX_KEY} characters, or with control characters")
            if field.unit is not None:
                self._unit_of[field.key] = field.unit
        return _Node(path, field)


def _remembered(text: str, node: _Node) -> Scalar | None:
    found = reading(text)
    # What is too long to be a reading (a document, a picture) is asked again rather than kept.
    node.text, node.found = (
        text if len(text) <= MAX_TEXT else None,
        as_number(found) if node.numeric and isinstance(found, str) else found,
    )
    return node.found


def _members(inner: dict[str, Any] | list[Any]) -> Iterable[tuple[str, Any]]:
    if isinstance(inner, dict):
        return inner.items()
    if len(inner) <= len(_INDEXES):
        return zip(_INDEXES, inner, strict=False)
    return ((str(i), value) for i, value in enumerate(inner))


def as_number(text: str) -> Scalar:
    """The number that firmware has printed as text, else the text."""
    if _NUMERAL.fullmatch(text) is None:
        return text
    return float(text) if "." in text else int(text)
