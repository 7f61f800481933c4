"""Values of Sparkplug B metrics: data types, arrays, data sets, templates, properties (specification 3.0, 6.4)."""

import math
import struct
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from hub.decoders.base import Unsupported
from hub.decoders.leaves import MAX_KEY, reading
from hub.events import Scalar

MAX_VALUES = 10_000
"""Values of one message; births of large controllers have thousands."""

UNIT_PROPERTIES = ("engUnit", "engUnits", "unit", "units", "Unit", "Units", "Engineering Units", "EngineeringUnits")
"""Names under which senders state a metric's unit; the first is Ignition's, which most follow."""
_QUALITY = ("Quality", "quality")
_GOOD = 192

BOOLEAN, DATE_TIME = 11, 13
_SIGNED_BITS = {1: 8, 2: 16, 3: 32, 4: 64}
_ARRAYS = {
    22: "b", 23: "h", 24: "i", 25: "q", 26: "B", 27: "H", 28: "I", 29: "Q", 30: "f", 31: "d", 34: "q",
}  # fmt: skip
_BOOLEAN_ARRAY, _STRING_ARRAY = 32, 33
_MAX_TIME_MS = 253_402_300_799_000
_BITS = 8

Leaf = tuple[str, Scalar]


class Sink:
    """Readings and units of one moment, being gathered."""

    __slots__ = ("data", "not_numbers", "units")

    def __init__(self) -> None:
        self.data: dict[str, Scalar] = {}
        self.units: dict[str, str] = {}
        self.not_numbers = 0


def gather(sink: Sink, metric: Any, name: str, *, datatype: int, unit: str | None) -> None:
    """Put a metric's readings into the sink; raises Unsupported for too many.

    What is null, bytes or a file is none; a quality other than good goes along, as `<name>.Quality`.
    """
    if metric.is_null or not name or len(name) > MAX_KEY:
        return
    which = metric.WhichOneof("value")
    if which is None:
        return
    if which in ("dataset_value", "template_value", "bytes_value"):
        for key, value in _compound(which, metric, name, datatype):
            _put(sink, key, value, unit)
    else:
        _put(sink, name, scalar(which, getattr(metric, which), datatype), unit)
    if metric.HasField("properties"):
        quality = _property(metric.properties, _QUALITY)
        if name in sink.data and type(quality) is int and quality != _GOOD:
            sink.data[name + ".Quality"] = quality


def _put(sink: Sink, key: str, value: Scalar, unit: str | None) -> None:
    if isinstance(value, float):
        if not math.isfinite(value):
            sink.not_numbers += 1
            return
    elif not isinstance(value, int) and reading(value) is None:
        return
    if len(sink.data) >= MAX_VALUES:
        raise Unsupported(f"over {MAX_VALUES} values in one message")
    sink.data[key] = value
    if unit is not None:
        sink.units[key] = unit


def scalar(which: str, value: Any, datatype: int) -> Scalar:
    """The value of a field of the `oneof` as its data type means it: signs, dates, floats of 32 bits."""
    if which in ("int_value", "long_value"):
        bits = _SIGNED_BITS.get(datatype)
        if bits is not None:
            # Two's complement in an unsigned field, of the type's own width or of the field's.
            value &= (1 << bits) - 1
            return int(value - (1 << bits) if value >> (bits - 1) else value)
        if datatype == DATE_TIME:
            return _date(value)
        return bool(value) if datatype == BOOLEAN else int(value)
    if which == "float_value":
        return shortest(value)
    found: Scalar = value
    return found


def shortest(value: float) -> float:
    """The number with the fewest digits that is the same float of 32 bits: 12.1, where its bits are 12.100000381."""
    short = float(f"{value:.7g}")
    same = math.isfinite(short) and abs(short) <= 3.4e38 and struct.unpack("<f", struct.pack("<f", short))[0] == value  # noqa: PLR2004 - the largest float of 32 bits
    return short if same else value


def _date(value: int) -> Scalar:
    if value > _MAX_TIME_MS:
        return value
    return datetime.fromtimestamp(value / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def unit_of(metric: Any) -> str | None:
    """The unit that the metric's properties state."""
    if not metric.HasField("properties"):
        return None
    unit = _property(metric.properties, UNIT_PROPERTIES)
    return unit if isinstance(unit, str) and unit else None


def _property(properties: Any, names: tuple[str, ...]) -> Scalar | None:
    for key, value in zip(properties.keys, properties.values, strict=False):
        if key in names and not value.is_null:
            which = value.WhichOneof("value")
            return None if which is None else scalar(which, getattr(value, which), value.type)
    return None


def _compound(which: str, metric: Any, name: str, datatype: int) -> Iterator[Leaf]:
    if which == "dataset_value":
        return _data_set(metric.dataset_value, name)
    if which == "template_value":
        return _template(metric.template_value, name)
    return _array(metric.bytes_value, name, datatype)


def _data_set(data_set: Any, name: str) -> Iterator[Leaf]:
    """Each element by row and column: `name.0.column`."""
    for i, row in enumerate(data_set.rows):
        for column, kind, element in zip(data_set.columns, data_set.types, row.elements, strict=False):
            which = element.WhichOneof("value")
            if which is not None:
                yield f"{name}.{i}.{column}", scalar(which, getattr(element, which), kind)


def _template(template: Any, name: str) -> Iterator[Leaf]:
    """The metrics of an instance, by `name/member`; a definition has no values of its own."""
    if template.is_definition:
        return
    for member in template.metrics:
        below = Sink()
        gather(below, member, f"{name}/{member.name}" if member.name else "", datatype=member.datatype, unit=None)
        yield from below.data.items()


def _array(content: bytes, name: str, datatype: int) -> Iterator[Leaf]:
    """The elements of an array type; bytes and files are no readings."""
    values: list[Scalar] = []
    code = _ARRAYS.get(datatype)
    if code is not None and len(content) // struct.calcsize(code) <= MAX_VALUES:
        whole = len(content) - len(content) % struct.calcsize(code)
        elements = [element for (element,) in struct.iter_unpack("<" + code, content[:whole])]
        values = [shortest(element) for element in elements] if code == "f" else elements
    elif datatype == _BOOLEAN_ARRAY and len(content) >= struct.calcsize("<I"):
        values = _booleans(content)
    elif datatype == _STRING_ARRAY:
        values = [part.decode("utf-8", "replace") for part in content.removesuffix(b"\0").split(b"\0", MAX_VALUES)]
    for i, value in enumerate(values):
        yield f"{name}.{i}", value


def _booleans(content: bytes) -> list[Scalar]:
    """A count and so many bits, the highest of each byte first."""
    (count,) = struct.unpack_from("<I", content)
    packed = content[struct.calcsize("<I") :]
    return [bool(packed[i // _BITS] >> (7 - i % _BITS) & 1) for i in range(min(count, len(packed) * _BITS, MAX_VALUES))]
