"""The plans of one topic, by the form of its objects."""

from collections.abc import Mapping
from typing import Any

from hub.decoders.base import Decoded
from hub.decoders.replay import Plan, Source, plan_of
from hub.decoders.roles import is_keyed

MAX_FORMS = 256
"""Forms of objects that are remembered; past that all are forgotten."""
SPARE = 16
"""Plans that are made before one has been of use; each use of one pays for another."""


class Plans:
    """What is known of objects by their members, and by the words among them that name devices, records and units."""

    __slots__ = ("_keyed", "_plans", "_spare")

    def __init__(self) -> None:
        self._keyed: dict[tuple[str, ...], tuple[str, ...]] = {}
        self._plans: dict[tuple[object, ...], Plan | None] = {}
        self._spare = SPARE

    def read(self, members: Mapping[str, Any], now_ms: int) -> Decoded | None:
        """What an object says by the plan for its form, or None: it is to be read the long way."""
        names = tuple(members)
        keyed = self._keyed.get(names)
        if keyed is None:
            return None
        try:
            plan = self._plans.get((names, *[members[name] for name in keyed]) if keyed else names)
        except TypeError:
            # An object where others have a word.
            return None
        found = None if plan is None else plan.read(members, now_ms)
        if found is not None:
            self._spare += 1
        return found

    def keep(self, source: Source, now_ms: int) -> None:
        """Make a plan of an object that was read the long way at this moment."""
        if not self._spare:
            return
        self._spare -= 1
        if len(self._plans) >= MAX_FORMS:
            self._keyed.clear()
            self._plans.clear()
        members = source.members
        names = tuple(members)
        keyed = tuple(name for name in names if is_keyed(name) and not isinstance(members[name], dict | list))
        self._keyed[names] = keyed
        self._plans[(names, *[members[name] for name in keyed]) if keyed else names] = plan_of(source, now_ms)
