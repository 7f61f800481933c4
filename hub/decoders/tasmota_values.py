"""The readings of Tasmota's documents, with their units."""

from collections.abc import Mapping
from typing import Any

from hub.decoders.base import NO_UNITS
from hub.decoders.leaves import Path
from hub.decoders.members import is_identifier
from hub.decoders.outline import Field, Outline, as_number
from hub.decoders.tasmota_units import UNIT_MEMBERS, is_no_reading, unit_of
from hub.events import Scalar

MAX_FORMS = 256
"""Sets of readings and stated units whose mapping of units is remembered; past that all are forgotten."""

Said = tuple[tuple[str, Scalar], ...]


class Values:
    """Reads documents of one kind; what their members are is found out once."""

    def __init__(self) -> None:
        self._outline = Outline(self._rule)
        self._paths: dict[str, Path] = {}
        self._unit_keys: dict[str, Path] = {}
        self._units: dict[tuple[Said, tuple[str, ...]], Mapping[str, str]] = {}

    def read(self, document: dict[str, Any]) -> tuple[dict[str, Scalar], Mapping[str, str]]:
        """The readings of a document and their units, by dotted keys; raises as `leaves`.

        The mapping is the same object for the same readings. Some drivers print their numbers as text; what has a unit
        is a number.
        """
        data = self._outline.read(document)
        said = tuple([(key, data.pop(key)) for key in self._unit_keys if key in data])
        form = said, tuple(data)
        units = self._units.get(form)
        if units is None:
            if len(self._units) >= MAX_FORMS:
                self._units.clear()
            units = self._units[form] = self._found(said, data)
        for key in units:
            value = data[key]
            if isinstance(value, str):
                data[key] = as_number(value)
        return data, units

    def _rule(self, path: Path) -> Field | None:
        name, key = path[-1], ".".join(path)
        if name in UNIT_MEMBERS:
            self._unit_keys[key] = path
            return Field(key)
        if is_identifier(name, None):
            return Field(key, inside=True)
        if is_no_reading(name):
            return None
        self._paths[key] = path
        return Field(key)

    def _found(self, said: Said, data: Mapping[str, Scalar]) -> Mapping[str, str]:
        paths = ((self._unit_keys[key], str(unit)) for key, unit in said)
        stated = {(path[:-1], path[-1]): unit for path, unit in paths}
        found = ((key, unit_of(self._paths[key], stated)) for key in data)
        return {key: unit for key, unit in found if unit is not None} or NO_UNITS
