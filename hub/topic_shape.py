"""Topic shapes: topics that differ only in levels which vary among siblings, as `sensors/+/x`; pure and bounded."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from hub.topics import FilterIndex, covers

MAX_SHAPES = 200
"""Shapes that are known at a time; whoever keeps something by shape forgets one before a further one comes."""
LAST_SIBLINGS = 8
"""Topics that differ in the last level alone before it varies: fewer are the quantities of one device."""

_COUNTED = re.compile(r"[0-9A-Fa-f]{4,}|[0-9]+")


class Placed(NamedTuple):
    """The shape of a topic, and the shapes that are part of it from now on."""

    shape: str
    absorbed: tuple[str, ...]


class Shapes:
    """The shapes of the topics that were placed. Each is a topic filter; a lone topic is its own shape."""

    def __init__(self) -> None:
        self._levels: dict[str, tuple[str, ...]] = {}
        self._index: FilterIndex[str] = FilterIndex()

    def __len__(self) -> int:
        return len(self._levels)

    def place(self, topic: str) -> Placed:
        """The shape that a valid topic is of, which may be a new one, wider than some that were there."""
        found = self._index.match(topic)
        if found:
            return Placed(min(found, key=_width), ())
        shape = self._wider(tuple(topic.split("/"))) or topic
        absorbed = tuple(each for each in self._levels if covers(shape, each))
        for each in absorbed:
            self.remove(each)
        self._levels[shape] = tuple(shape.split("/"))
        self._index.add(shape, shape)
        return Placed(shape, absorbed)

    def remove(self, shape: str) -> None:
        """Forget a shape."""
        del self._levels[shape]
        self._index.discard(shape, shape)

    def _wider(self, topic: tuple[str, ...]) -> str | None:
        """The shape that the topic makes with those that differ from it in one level, or None where there is none."""
        last = len(topic) - 1
        differing = [
            (at, shape) for shape in self._levels.values() if (at := _only_difference(shape, topic)) is not None
        ]
        inner = [_varied(shape, at) for at, shape in differing if at != last]
        ends = [shape for at, shape in differing if at == last]
        if len(ends) >= LAST_SIBLINGS - 1 or any(_are_numbered(shape[last], topic[last]) for shape in ends):
            inner += [_varied(shape, last) for shape in ends]
        kept = ["/".join(shape) for shape in inner if set(shape) != {"+"}]
        return min(kept, key=_width) if kept else None


def _only_difference(shape: Sequence[str], topic: Sequence[str]) -> int | None:
    """Where the two differ, if they do so in one level; a wildcard there is no difference."""
    if len(shape) != len(topic):
        return None
    differing = [at for at, (one, other) in enumerate(zip(shape, topic, strict=True)) if one not in (other, "+")]
    if len(differing) != 1 or "$" in {shape[differing[0]][:1], topic[differing[0]][:1]}:
        # Levels that begin with `$` are laid out by brokers and conventions, never names.
        return None
    return differing[0]


def _varied(shape: Sequence[str], at: int) -> tuple[str, ...]:
    return (*shape[:at], "+", *shape[at + 1 :])


def _are_numbered(one: str, other: str) -> bool:
    """Whether two names are the same but for a number or an address in them."""
    pattern = _COUNTED.sub("#", one)
    return "#" in pattern and pattern == _COUNTED.sub("#", other)


def _width(shape: str) -> int:
    return shape.split("/").count("+")
