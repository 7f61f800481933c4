"""Mappings: what people say of topics that no convention knows, as records; pure.

{"name": "greenhouse", "filter": "gh/+/air", "device": "greenhouse-{2}",
 "values": [{"key": "temperature", "path": "/t", "unit": "°C", "scale": 0.1}], "time": "/ts"}
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from hub.decoders import FAMILIES
from hub.errors import HubError
from hub.events import Scalar
from hub.mapping_path import InvalidMapping, Template, parse_path
from hub.topics import validate_filter

MAX_VALUES = 200
MAX_TEXT_CHARS = 256
"""Of a device's template, a key's, a unit."""
FORMATS = ("json", "pairs", "text")
"""JSON; `key=value` pairs as `t=21.5;h=40`; one word or number, whose path is ""."""

_NAME = re.compile(r"[\w.-]{1,64}")
_MEMBERS = {"name", "filter", "device", "format", "values", "time", "status", "family", "topic", "ignore"}
_FAMILY_MEMBERS = {"name", "filter", "family", "topic", "ignore"}
_FAMILIES = frozenset(decoder.family for decoder in FAMILIES)
_VALUE_MEMBERS = {"key", "path", "unit", "scale", "text"}
_STATUS_MEMBERS = {"path", "online", "offline"}


@dataclass(frozen=True, slots=True)
class MappedValue:
    """One reading: its key (a template), where it is, its unit, what a number is multiplied with.

    Text that is a number, alone or with its unit behind it, is a number unless `text` says that it stays text.
    """

    key: str
    path: str
    unit: str | None = None
    scale: float | None = None
    text: bool = False


@dataclass(frozen=True, slots=True)
class MappedStatus:
    """Where a payload says whether the device is there, and the words for it."""

    path: str
    online: tuple[Scalar, ...]
    offline: tuple[Scalar, ...]


@dataclass(frozen=True, slots=True)
class TopicMapping:
    """What the messages of the topics that a filter selects mean.

    Without `values` every member of the payload is a reading. With a `family` they are read as that family's, as if
    they had come on `topic`, a template. `ignore`: they are known and say nothing.
    """

    name: str
    filter: str
    device: str = ""
    format: str = "json"
    values: tuple[MappedValue, ...] = ()
    time: str | None = None
    status: MappedStatus | None = None
    family: str = ""
    topic: str = ""
    ignore: bool = False

    def record(self) -> dict[str, object]:
        """The mapping as `parse_mapping` takes it; what is not said is left out."""
        found: dict[str, object] = {"name": self.name, "filter": self.filter}
        if self.ignore:
            return {**found, "ignore": True}
        if self.family:
            return {**found, "family": self.family, "topic": self.topic}
        found |= {"device": self.device, "format": self.format}
        if self.values:
            found["values"] = [_record_of_value(value) for value in self.values]
        if self.time is not None:
            found["time"] = self.time
        if self.status is not None:
            found["status"] = {
                "path": self.status.path,
                "online": list(self.status.online),
                "offline": list(self.status.offline),
            }
        return found


def parse_mapping(record: object) -> TopicMapping:
    """The mapping of a record (JSON or YAML); raises InvalidMapping with the reason."""
    if not isinstance(record, Mapping):
        raise InvalidMapping("A mapping is an object.")
    name = record.get("name")
    if not isinstance(name, str) or _NAME.fullmatch(name) is None:
        raise InvalidMapping("A mapping's name has 1 to 64 letters, digits, '_', '-' and '.'.")
    try:
        return _parse(name, record)
    except HubError as error:
        raise InvalidMapping(f"Mapping {name}: {error}") from None


def _parse(name: str, record: Mapping[str, Any]) -> TopicMapping:
    _refuse_unknown(record, _MEMBERS)
    topic_filter = validate_filter(_text(record, "filter"))
    ignore = record.get("ignore", False)
    if not isinstance(ignore, bool):
        raise InvalidMapping("'ignore' is true or false.")
    if ignore:
        return TopicMapping(name, topic_filter, ignore=True)
    if record.get("family") is not None or record.get("topic") is not None:
        return _of_family(name, topic_filter, record)
    device = _template(_text(record, "device"))
    form = record.get("format", "json")
    if form not in FORMATS:
        raise InvalidMapping(f"'format' is one of {', '.join(FORMATS)}.")
    values = record.get("values", [])
    if not isinstance(values, list) or len(values) > MAX_VALUES:
        raise InvalidMapping(f"'values' is a list of at most {MAX_VALUES}.")
    if form == "text" and len(values) != 1:
        raise InvalidMapping("With the format 'text' there is one of 'values', whose path is ''.")
    time = record.get("time")
    return TopicMapping(
        name,
        topic_filter,
        device,
        form,
        tuple(_value(each) for each in values),
        None if time is None else _path(time),
        _status(record.get("status")),
    )


def _of_family(name: str, topic_filter: str, record: Mapping[str, Any]) -> TopicMapping:
    family = _text(record, "family")
    if family not in _FAMILIES:
        raise InvalidMapping(f"{family[:40]!r} is no family; there are {', '.join(sorted(_FAMILIES))}.")
    _refuse_unknown(record, _FAMILY_MEMBERS)
    topic = Template(_template(_text(record, "topic")))
    if not topic.is_of_topic:
        raise InvalidMapping("'topic' has fields of the topic only, as '{2}' or '{2#}'.")
    return TopicMapping(name, topic_filter, family=family, topic=topic.text)


def _value(record: object) -> MappedValue:
    if not isinstance(record, Mapping):
        raise InvalidMapping("each of 'values' is an object.")
    _refuse_unknown(record, _VALUE_MEMBERS)
    unit, scale, text = record.get("unit"), record.get("scale"), record.get("text", False)
    if unit is not None and (not isinstance(unit, str) or not 0 < len(unit) <= MAX_TEXT_CHARS):
        raise InvalidMapping("'unit' is text.")
    if scale is not None and not _is_number(scale):
        raise InvalidMapping("'scale' is a number other than 0.")
    if not isinstance(text, bool):
        raise InvalidMapping("'text' is true or false.")
    return MappedValue(_template(_text(record, "key")), _path(record.get("path")), unit, scale, text)


def _status(record: object) -> MappedStatus | None:
    if record is None:
        return None
    if not isinstance(record, Mapping):
        raise InvalidMapping("'status' is an object.")
    _refuse_unknown(record, _STATUS_MEMBERS)
    return MappedStatus(_path(record.get("path")), _words(record, "online"), _words(record, "offline"))


def _words(record: Mapping[str, Any], name: str) -> tuple[Scalar, ...]:
    words = record.get(name, [])
    listed = isinstance(words, Sequence) and not isinstance(words, str)
    if not listed or not all(isinstance(word, str | int | float) for word in words):
        raise InvalidMapping(f"'{name}' is a list of words, numbers, true or false.")
    return tuple(cast("Sequence[Scalar]", words))


def _text(record: Mapping[str, Any], name: str) -> str:
    text = record.get(name)
    if not isinstance(text, str) or not text.strip():
        raise InvalidMapping(f"'{name}' is missing.")
    return text


def _template(text: str) -> str:
    if len(text) > MAX_TEXT_CHARS:
        raise InvalidMapping(f"{text[:40]!r}… has over {MAX_TEXT_CHARS} characters.")
    return Template(text).text


def _path(path: object) -> str:
    if not isinstance(path, str):
        raise InvalidMapping("a path is missing: '/a/b', '$.a.b', or '' for the whole payload.")
    parse_path(path)
    return path


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value != 0 and math.isfinite(value)


def _refuse_unknown(record: Mapping[str, Any], known: set[str]) -> None:
    unknown = sorted(str(name) for name in record if name not in known)
    if unknown:
        raise InvalidMapping(f"{unknown[0][:40]!r} is none of {', '.join(sorted(known))}.")


def _record_of_value(value: MappedValue) -> dict[str, object]:
    found: dict[str, object] = {"key": value.key, "path": value.path}
    if value.unit is not None:
        found["unit"] = value.unit
    if value.scale is not None:
        found["scale"] = value.scale
    if value.text:
        found["text"] = True
    return found
