"""Reads payloads by a mapping that was compiled once; pure."""

import math
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from hub.decoders.base import Decode, Decoded, Malformed, Status
from hub.decoders.clock import moment
from hub.decoders.document import has_control, load, read_text
from hub.decoders.identity import device_id, fits
from hub.decoders.leaves import MAX_KEY, MAX_LEAVES, flatten, reading
from hub.decoders.numerals import quantity
from hub.decoders.shared import SharedUnits
from hub.events import Scalar
from hub.mapping import MappedStatus, TopicMapping
from hub.mapping_path import Path, Template, find, parse_path

SIGNIFICANT_DIGITS = 12
"""Of a scaled number: a tenth of 217 is 21.7, without the rest that binary fractions leave."""

_SEPARATOR = re.compile(r"[;,&|\n]+")
_BETWEEN = re.compile(r"[=:]")


class _Value(NamedTuple):
    key: Template
    path: Path
    unit: str | None
    scale: float | None
    text: bool


class MappingReader:
    """A mapping, ready to read the messages of the topics that its filter selects."""

    def __init__(self, mapping: TopicMapping) -> None:
        self.mapping = mapping
        self.device = Template(mapping.device)
        self.values = [
            _Value(Template(each.key), parse_path(each.path), each.unit, each.scale, each.text)
            for each in mapping.values
        ]
        self.time = None if mapping.time is None else parse_path(mapping.time)
        self.status = None if mapping.status is None else parse_path(mapping.status.path)

    def bind(self, topic: str) -> Decode | None:
        """The decoder of a topic; None where the topic has fewer levels than the mapping names."""
        levels = topic.split("/")
        templates = [self.device, *(value.key for value in self.values)]
        if any(template.deepest_level > len(levels) for template in templates):
            return None
        return _Bound(self, levels).decode

    def document(self, payload: bytes) -> object:
        """The payload as the mapping's paths see it; raises Malformed."""
        if self.mapping.format == "json":
            return load(payload)
        text = read_text(payload)
        return pairs(text) if self.mapping.format == "pairs" else text


def pairs(text: str) -> dict[str, str]:
    """Members of `t=21.5;h=40` or `t:21.5 h:40`; raises Malformed where a part is no pair."""
    parts = [part.strip() for part in _SEPARATOR.split(text)]
    if len(parts) == 1:
        parts = text.split()
    found: dict[str, str] = {}
    for part in filter(None, parts):
        between = _BETWEEN.search(part)
        if between is None or not between.start():
            raise Malformed(f"{part[:40]!r} is no pair of key and value")
        found[part[: between.start()].strip()] = part[between.end() :].strip()
    if not found:
        raise Malformed("empty")
    if len(found) > MAX_LEAVES:
        raise Malformed(f"over {MAX_LEAVES} pairs")
    return found


class _Bound:
    """The messages of one topic."""

    __slots__ = ("_device", "_levels", "_reader", "_units")

    def __init__(self, reader: MappingReader, levels: Sequence[str]) -> None:
        self._reader = reader
        self._levels = levels
        self._units = SharedUnits()
        filled = reader.device.fill(levels) if reader.device.is_of_topic else None
        # A name that can't be a device's is refused message by message, with the reason.
        self._device = device_id(filled) if filled is not None and fits(filled) else None

    def decode(self, payload: bytes, now_ms: int) -> list[Decoded]:
        """What a message says; raises Malformed."""
        reader = self._reader
        if reader.mapping.ignore:
            return []
        document = reader.document(payload)
        device = self._device or self._named_by(document)
        units: dict[str, str] = {}
        data = self._read(document, units)
        status = _status(reader.mapping.status, None if reader.status is None else find(document, reader.status))
        if not data and status is None:
            raise Malformed(f"nothing that mapping {reader.mapping.name} names is there")
        return [
            Decoded(
                device,
                "telemetry" if data else "presence",
                data,
                self._units.of(units),
                status,
                None if reader.time is None else moment(find(document, reader.time), now_ms),
            )
        ]

    def _named_by(self, document: object) -> str:
        name = self._reader.device.fill(self._levels, document)
        if name is None:
            raise Malformed(f"the payload lacks what names the device: {self._reader.device.text}")
        return device_id(name)

    def _read(self, document: object, units: dict[str, str]) -> dict[str, Scalar]:
        if not self._reader.values:
            everything = flatten(document)
            return {key: _measured(value, None, units, key) for key, value in everything.items()}
        data: dict[str, Scalar] = {}
        for value in self._reader.values:
            found = reading(find(document, value.path))
            key = value.key.fill(self._levels, document)
            if found is None or key is None or len(key) > MAX_KEY or has_control(key):
                continue
            read = str(found) if value.text else _measured(found, value.scale, units, key)
            if value.unit is not None:
                units[key] = value.unit
            data[key] = read
        return data


def _measured(value: Scalar, scale: float | None, units: dict[str, str], key: str) -> Scalar:
    """The number that text says, with the unit behind it put among the units; scaled."""
    if isinstance(value, str):
        value, unit = quantity(value.strip())
        if unit is not None:
            units[key] = unit
    if scale is None or isinstance(value, str | bool):
        return value
    scaled = float(f"{value * scale:.{SIGNIFICANT_DIGITS}g}")
    if not math.isfinite(scaled):
        raise Malformed(f"{key[:40]} is past the largest number")
    return scaled


def _status(status: MappedStatus | None, said: Any) -> Status | None:
    if status is None:
        return None
    # 1 is not true here: devices that say both mean different things by them.
    for word, words in (("online", status.online), ("offline", status.offline)):
        if any(said == each and isinstance(said, bool) == isinstance(each, bool) for each in words):
            return "online" if word == "online" else "offline"
    return None
