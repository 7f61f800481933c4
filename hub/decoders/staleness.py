"""Which topics are to be claimed anew: those that discovery has told of since they were claimed, and no others.

At start-up a broker sends thousands of retained discovery messages among everything else: what one of them tells of is
written down here and compared when a topic is next heard of, so that it costs a topic nothing that it does not concern.
"""

from collections.abc import Sequence

MAX_NAMES = 50_000
"""Topics that are told apart; past that all that was claimed before is stale."""
MAX_LEVELS = 32
"""Levels of a topic that are looked at; a deeper one that is told of makes all stale."""


class Staleness:
    """Topics that discovery has told of, and when, by a count of its messages (`age`)."""

    __slots__ = ("_all", "_names", "age")

    def __init__(self) -> None:
        self.age = 0
        self._names: dict[str, int] = {}
        self._all = 0

    def tell(self, names: Sequence[str]) -> None:
        """Each of the topics, with all below it, is stale from now on."""
        self.age += 1
        if len(self._names) + len(names) > MAX_NAMES or any(name.count("/") >= MAX_LEVELS for name in names):
            self.tell_all()
        else:
            self._names.update(dict.fromkeys(names, self.age))

    def tell_all(self) -> None:
        """Every topic is stale from now on."""
        self.age += 1
        self._all = self.age
        self._names.clear()

    def concerns(self, topic: str, since: int) -> bool:
        """Whether a topic that was claimed at an age is stale."""
        if since < self._all:
            return True
        levels = topic.split("/", MAX_LEVELS)
        name = levels[0]
        for level in levels[1:]:
            if self._names.get(name, 0) > since:
                return True
            name += "/" + level
        return self._names.get(name, 0) > since
