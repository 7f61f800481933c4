"""Routes: for one topic, who gets its events as they are, and who only what a selection lets through; pure."""

from collections.abc import Hashable, Iterable
from typing import Generic, NamedTuple, TypeVar

from hub.interest import PLAIN, Options
from hub.selection import TELEMETRY, Selection

A = TypeVar("A", bound=Hashable)


class Routes(NamedTuple, Generic[A]):
    """Where the events of one topic go: to `plain` as they are, to the others by the selection they share."""

    plain: list[A]
    selected: list[tuple[Selection, list[A]]]


class Router(Generic[A]):
    """Makes routes. Those who ask the same of a topic share one selection, so that each event is judged once for all.

    Keeps one selection per set of options it has seen: make a new one when those who ask have changed.
    """

    def __init__(self) -> None:
        self._selections: dict[tuple[bool, frozenset[Options]], Selection] = {}

    def route(self, topic: str, asked: Iterable[tuple[A, Options]]) -> Routes[A]:
        """The routes of a topic, of all who have an interest whose filter selects it, once per interest."""
        by_asker: dict[A, set[Options]] = {}
        for asker, options in asked:
            by_asker.setdefault(asker, set()).add(options)
        plain: list[A] = []
        selected: dict[Selection, list[A]] = {}
        for asker, wanted in by_asker.items():
            if PLAIN in wanted:
                plain.append(asker)
            else:
                selection = self._selection(topic, frozenset(wanted))
                (plain if selection.plain else selected.setdefault(selection, [])).append(asker)
        return Routes(plain, list(selected.items()))

    def _selection(self, topic: str, wanted: frozenset[Options]) -> Selection:
        known = (topic.startswith(TELEMETRY), wanted)
        if known not in self._selections:
            self._selections[known] = Selection.of(topic, wanted)
        return self._selections[known]
