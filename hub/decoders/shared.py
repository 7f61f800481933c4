"""One object for equal mappings of units, so that who compares by identity sees at once that nothing is new."""

from collections.abc import Mapping

from hub.decoders.base import NO_UNITS

MAX_MAPPINGS = 64
"""Different mappings of one topic that are remembered; past that all are forgotten."""


class SharedUnits:
    """The mappings of units that a topic's messages have had."""

    __slots__ = ("_known",)

    def __init__(self) -> None:
        self._known: dict[tuple[tuple[str, str], ...], Mapping[str, str]] = {}

    def of(self, units: Mapping[str, str]) -> Mapping[str, str]:
        """The mapping that was given first of those that are equal to this one."""
        if not units:
            return NO_UNITS
        key = tuple(units.items())
        known = self._known.get(key)
        if known is None:
            if len(self._known) >= MAX_MAPPINGS:
                self._known.clear()
            known = self._known[key] = units
        return known
