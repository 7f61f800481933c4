"""What was read of one device, put together into the slots of a plan; the same for every database."""

from collections.abc import Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Any

from hub.events import Scalar
from hub.rollup import Rollup, decode, merge, of_values
from hub.rollup_plan import MINUTE, RAW, UNITS_MS, Plan
from hub.store.base import Slots
from hub.store.pages import Row

_NOTHING = object()


class Summary:
    """Takes rollups and events of a device's keys in any order of stretches; each stretch once."""

    def __init__(self, plan: Plan, keys: Iterable[str]) -> None:
        self._plan = plan
        self._parts: dict[str, list[Rollup]] = {key: [] for key in keys}
        # No stretch of rollups ends within these, so that what they hold can be put in order with them.
        self._width = plan.width if plan.level == RAW else UNITS_MS[MINUTE]
        self._origin = plan.origin if plan.level == RAW else 0

    def add_rollups(self, starts: Sequence[int], kept: Sequence[Mapping[str, Sequence[Any]]]) -> None:
        """Take the rollups of stretches as they are kept (see `rollup.encode`)."""
        for key, parts in self._parts.items():
            parts += [decode(one[key], start) for start, one in zip(starts, kept, strict=True) if key in one]

    def add_events(self, rows: Iterable[Row]) -> None:
        """Take events of a stretch, which are in order."""
        values: dict[str, list[tuple[int, Scalar]]] = {key: [] for key in self._parts}
        end = None
        for time, _, event in rows:
            if end is None or time >= end:
                self._add(values)
                end = time - (time - self._origin) % self._width + self._width
            data = event["data"]
            for key, points in values.items():
                value = data.get(key, _NOTHING)
                if value is not _NOTHING:
                    points.append((time, value))
        self._add(values)

    def slots(self) -> dict[str, Slots]:
        """Each key's slots."""
        return {key: self._slots_of(parts) for key, parts in self._parts.items()}

    def _add(self, values: dict[str, list[tuple[int, Scalar]]]) -> None:
        for key, points in values.items():
            if points:
                self._parts[key].append(of_values(points))
                points.clear()

    def _slots_of(self, parts: list[Rollup]) -> Slots:
        parts.sort(key=attrgetter("first_time"))
        origin, width = self._plan.origin, self._plan.width
        slots: Slots = []
        of_slot: list[Rollup] = []
        end = origin
        for part in parts:
            if part.first_time >= end:
                if of_slot:
                    slots.append(((end - origin) // width - 1, merge(of_slot)))
                end = origin + (self._plan.slot(part.first_time) + 1) * width
                of_slot = []
            of_slot.append(part)
        if of_slot:
            slots.append(((end - origin) // width - 1, merge(of_slot)))
        return slots
