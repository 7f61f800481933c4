"""Tables with a header on any topic: `ts;temp (°C);hum` and rows below it, separated by `;`, `,` or tabs.

One event for each row. Without a header nobody knows what a column is, and the text is left as it is.
"""

import csv
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from hub.decoders.base import NO_ATTRIBUTES, NO_UNITS, Decode, Decoded, Knowledge, Malformed, Unsupported
from hub.decoders.clock import moment, surest
from hub.decoders.document import begins_document, read_text
from hub.decoders.leaves import MAX_LEAVES, reading
from hub.decoders.members import is_identifier, may_be_clock
from hub.decoders.numerals import UNITS, numeral, quantity
from hub.decoders.places import levels_of, place_of_document, purpose_of
from hub.decoders.reserved import is_reserved
from hub.decoders.shared import SharedUnits
from hub.events import Scalar

_SEPARATORS = "\t;,"
_NAME = re.compile(r"[^\W\d](?:[\w .:/%°-]*\w)?(?: ?[(\[][^()\[\]]{1,12}[)\]])?")
_WITH_UNIT = re.compile(r"(.*?) ?[(\[]([^()\[\]]+)[)\]]")
_DECIMAL_COMMA = re.compile(r"[+-]?[0-9]+,[0-9]+")
_MIN_COLUMNS = 2
_MAX_COLUMNS = 100


class Csv:
    """Tables of values separated by commas, semicolons or tabs."""

    family = "csv"

    def claim(self, topic: str, payload: bytes, knowledge: Knowledge) -> Decode | None:  # noqa: ARG002 - learns nothing
        """Any topic that is not another convention's, where the payload is a header of names and a row or more."""
        if b"\n" not in payload or begins_document(payload) or is_reserved(topic):
            return None
        levels = levels_of(topic)
        place = place_of_document(levels)
        if place is None or purpose_of(levels) != "values":
            return None
        try:
            _table(_lines(payload))
        except (Malformed, Unsupported):
            return None
        return _Messages(place.device, place.path).decode


class _Table(NamedTuple):
    separator: str
    names: list[str]
    rows: list[list[str]]


def _lines(payload: bytes) -> list[str]:
    """The lines that are not blank; raises Malformed, Unsupported."""
    lines = [line for line in read_text(payload).splitlines() if line.strip()]
    if len(lines) > MAX_LEAVES:
        raise Unsupported(f"over {MAX_LEAVES} rows in one message")
    return lines


def _table(lines: Sequence[str]) -> _Table:
    """Header and rows; raises Malformed."""
    separator = next((s for s in _SEPARATORS if lines and s in lines[0]), "")
    if len(lines) < 2 or not separator:  # noqa: PLR2004 - a header and a row
        raise Malformed("no table with a header")
    names, *rows = _rows(lines, separator)
    if not _MIN_COLUMNS <= len(names) <= _MAX_COLUMNS or len(set(names)) != len(names):
        raise Malformed("no table: its header has one column, too many, or one twice")
    if not all(_NAME.fullmatch(name) for name in names):
        raise Malformed("no table: its first row has no names")
    _expect_cells(rows, len(names))
    return _Table(separator, names, rows)


def _rows(lines: Sequence[str], separator: str) -> list[list[str]]:
    try:
        return [[cell.strip() for cell in row] for row in csv.reader(lines, delimiter=separator)]
    except csv.Error:
        raise Malformed("no table: a cell is too long") from None


def _expect_cells(rows: Sequence[Sequence[str]], count: int) -> None:
    if any(len(row) != count for row in rows):
        raise Malformed("no table: a row has not as many cells as the first one")


class _Head(NamedTuple):
    """A header as it is written, and what is made of it; of none nothing is."""

    text: str = ""
    separator: str = ""
    keys: Sequence[str | None] = ()
    units: Mapping[str, str] = NO_UNITS


class _Messages:
    """The messages of one topic."""

    __slots__ = ("_device", "_head", "_under", "_units")

    def __init__(self, device: str, path: Sequence[str]) -> None:
        self._device = device
        self._under = "".join(level + "." for level in path)
        self._units = SharedUnits()
        self._head = _Head()

    def decode(self, payload: bytes, now_ms: int) -> Sequence[Decoded]:
        lines = _lines(payload)
        head = self._head
        if len(lines) > 1 and lines[0] == head.text:
            rows = _rows(lines[1:], head.separator)
            _expect_cells(rows, len(head.keys))
        else:
            table = _table(lines)
            rows = table.rows
            keys, units = self._columns(table.names)
            head = _Head(lines[0], table.separator, keys, self._units.of(units))
            # A quoted cell may go on in the next line.
            self._head = head if '"' not in head.text else _Head()
        return [self._row(row, head, now_ms) for row in rows]

    def _columns(self, names: Sequence[str]) -> tuple[list[str | None], dict[str, str]]:
        """The key of each column, None for clocks and identifiers, and the units that are written behind names."""
        keys: list[str | None] = []
        units = {}
        for name in names:
            found = _WITH_UNIT.fullmatch(name)
            unit = found[2] if found is not None and found[2] in UNITS else None
            key = self._under + (found[1] if found is not None and unit is not None else name)
            keys.append(None if may_be_clock(name) or is_identifier(name, "") else key)
            if unit is not None:
                units[key] = unit
        return keys, units

    def _row(self, row: Sequence[str], head: _Head, now_ms: int) -> Decoded:
        data = {}
        times = []
        for key, cell in zip(head.keys, row, strict=True):
            if key is None:
                times.append(moment(cell, now_ms))
                continue
            value = _value(cell, head.separator)
            if value is not None:
                data[key] = value
        return Decoded(self._device, "telemetry", data, head.units, None, surest(times), NO_ATTRIBUTES)


def _value(cell: str, separator: str) -> Scalar | None:
    """A number, true or false, a word; a comma is a decimal one where it separates no cells."""
    if separator != "," and _DECIMAL_COMMA.fullmatch(cell):
        return numeral(cell.replace(",", "."))
    try:
        return reading(quantity(cell).value)
    except Malformed:
        # No number was measured in this cell; the others of its row are as good as ever.
        return None
