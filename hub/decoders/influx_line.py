"""InfluxDB's line protocol, line by line: `measurement,tag=value field=1.5,other=2i 1556813561098000000`."""

import math
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from hub.decoders.base import Malformed
from hub.decoders.document import MAX_WHOLE, MIN_WHOLE
from hub.events import Scalar

_NAME = r"(?:[^\s,=\\]|\\.)+"
_TAG_VALUE = r"(?:[^\s,=\\]|\\.)+"
_FIELD_VALUE = r'"(?:[^"\\]|\\.)*"|[^\s,="]+'
_LINE = re.compile(
    rf"(?P<measurement>(?:[^\s,\\#]|\\.)(?:[^\s,\\]|\\.)*)(?P<tags>(?:,{_NAME}={_TAG_VALUE})*)"
    rf" +(?P<fields>{_NAME}=(?:{_FIELD_VALUE})(?:,{_NAME}=(?:{_FIELD_VALUE}))*)(?: +(?P<time>-?[0-9]{{1,19}}))?\s*"
)
_PAIR = re.compile(rf"({_NAME})=({_TAG_VALUE})")
_FIELD = re.compile(rf"({_NAME})=({_FIELD_VALUE})")
_ESCAPED = re.compile(r"\\([,= ])")
_ESCAPED_IN_TEXT = re.compile(r'\\(["\\])')
_WHOLE = re.compile(r"[+-]?[0-9]{1,20}[iu]")
_REAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_MAX_TAGS = 256
"""Characters of the longest tags that are remembered: a series has the same ones with every message."""
_BOOLEANS = {"t": True, "true": True, "f": False, "false": False}


class Line(NamedTuple):
    """One line; `head` is measurement and tags as they are written.

    `time` is a count since the epoch of whatever unit the sender chose, mostly nanoseconds.
    """

    measurement: str
    tags: Mapping[str, str]
    fields: dict[str, Scalar]
    time: int | None
    head: str = ""


def read_line(text: str) -> Line:
    """The line of a text; raises Malformed."""
    found = _LINE.fullmatch(text)
    if found is None:
        raise Malformed("no line of the line protocol")
    measurement, tagged, written, time = found.groups()
    tags = _tags(tagged) if len(tagged) <= _MAX_TAGS else _read_tags(tagged)
    fields = {_plain(key): _value(value) for key, value in _FIELD.findall(written)}
    return Line(_plain(measurement), tags, fields, int(time) if time else None, measurement + tagged)


def _read_tags(tagged: str) -> Mapping[str, str]:
    return {_plain(key): _plain(value) for key, value in _PAIR.findall(tagged)}


_tags = lru_cache(maxsize=4096)(_read_tags)


def _plain(text: str) -> str:
    return _ESCAPED.sub(r"\1", text) if "\\" in text else text


def _value(text: str) -> Scalar:
    if text.startswith('"'):
        return _ESCAPED_IN_TEXT.sub(r"\1", text[1:-1])
    if _REAL.fullmatch(text):
        real = float(text)
        if math.isfinite(real):
            return _whole_or_float(text) if text.lstrip("+-").isdecimal() else real
    elif _WHOLE.fullmatch(text):
        number = int(text[:-1])
        if MIN_WHOLE <= number <= MAX_WHOLE:
            return number
    elif text.lower() in _BOOLEANS:
        return _BOOLEANS[text.lower()]
    raise Malformed(f"{text[:40]} is no value of the line protocol")


def _whole_or_float(text: str) -> Scalar:
    """A float that was written without a fraction; whole ones that a double holds stay whole."""
    number = int(text)
    return number if abs(number) <= 2**53 else float(text)
