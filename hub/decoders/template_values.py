"""What templates may do with values: the filters, tests, functions and methods that are understood, and how far.

No value grows past MAX_LENGTH characters, and nothing here loops: a template from the network costs what it weighs.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any

from hub.decoders.document import MAX_WHOLE, MIN_WHOLE
from hub.decoders.words import value_of_text
from hub.events import Scalar

MAX_LENGTH = 10_000


class TemplateFailed(Exception):
    """The template can't be evaluated with this value; there is no result."""


class _Undefined:
    """What a name or member that isn't there is."""

    __slots__ = ()

    def __str__(self) -> str:
        return ""

    def __bool__(self) -> bool:
        return False


UNDEFINED = _Undefined()


def member(value: Any, key: Any) -> Any:
    """`value.key` and `value[key]`; UNDEFINED where there is none."""
    if isinstance(value, dict) and isinstance(key, str | int | float | bool):
        return value.get(key, UNDEFINED)
    if isinstance(value, list | str) and isinstance(key, int) and -len(value) <= key < len(value):
        return value[key]
    return UNDEFINED


def short(text: str) -> str:
    """The text, if it is not too long; raises TemplateFailed."""
    if len(text) > MAX_LENGTH:
        raise TemplateFailed("a text grows too long")
    return text


def to_text(value: Any) -> str:
    """As a template prints it."""
    return "True" if value is True else "False" if value is False else short(str(value))


def to_float(value: Any, default: Any = None) -> Any:
    """The number, else the default; raises TemplateFailed where there is neither."""
    try:
        # Of a list or an object this is the text that no number has.
        return float(value if isinstance(value, int | float) else str(value).strip())
    except (ValueError, OverflowError):
        if default is None:
            raise TemplateFailed(f"no number: {str(value)[:40]!r}") from None
        return default


def to_int(value: Any, default: Any = None) -> Any:
    """The whole number, else the default (0 for what is no number, as in Jinja, where none is given)."""
    if isinstance(value, int):
        return int(value)
    number = to_float(value, default if default is not None else 0)
    return int(number) if isinstance(number, float) and math.isfinite(number) else number


def _round(value: Any, digits: Any = 0, _method: Any = "common", _default: Any = None) -> Any:
    number = to_float(value)
    places = to_int(digits)
    if not math.isfinite(number) or not -MAX_LENGTH < places < MAX_LENGTH:
        raise TemplateFailed("can't be rounded")
    rounded = round(number, places)
    return int(rounded) if places == 0 else rounded


def _default(value: Any, default: Any = "", boolean: Any = False) -> Any:  # noqa: FBT002 - Jinja's own signature
    return default if value is UNDEFINED or (boolean and not value) else value


def _replace(value: Any, old: Any, new: Any) -> str:
    return short(short(to_text(value)).replace(to_text(old), to_text(new)))


def _length(value: Any) -> int:
    if not isinstance(value, str | list | dict):
        raise TemplateFailed("has no length")
    return len(value)


def _to_bool(value: Any, default: Any = False) -> Any:  # noqa: FBT002 - the filter's own signature
    word = to_text(value).strip().lower()
    return True if word in ("1", "true", "yes", "on") else False if word in ("0", "false", "no", "off") else default


def _iif(value: Any, yes: Any = True, no: Any = False, _none: Any = None) -> Any:  # noqa: FBT002 - the filter's own
    return yes if value else no


def _split(value: Any, by: Any = " ") -> list[str]:
    separator = to_text(by)
    if not separator:
        raise TemplateFailed("an empty separator")
    return short(to_text(value)).split(separator)


def is_number(value: Any) -> bool:
    """Whether it is, or spells, a finite number."""
    found = to_float(value, math.nan)
    return isinstance(found, float) and math.isfinite(found)


FILTERS: Mapping[str, Callable[..., Any]] = {
    "float": to_float, "int": to_int, "round": _round, "abs": lambda value: abs(to_float(value)), "default": _default,
    "d": _default, "lower": lambda value: to_text(value).lower(), "upper": lambda value: to_text(value).upper(),
    "trim": lambda value: to_text(value).strip(), "replace": _replace, "string": to_text, "length": _length,
    "count": _length, "bool": _to_bool, "iif": _iif, "is_defined": lambda value: value,
    "first": lambda value: member(value, 0), "last": lambda value: member(value, -1),
    "multiply": lambda value, by: to_float(value) * to_float(by),
    "add": lambda value, by: to_float(value) + to_float(by),
    "title": lambda value: to_text(value).title(), "capitalize": lambda value: to_text(value).capitalize(),
    "is_number": is_number,
}  # fmt: skip
FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "float": to_float, "int": to_int, "round": _round, "bool": _to_bool, "iif": _iif, "is_number": is_number,
}  # fmt: skip
METHODS: Mapping[str, Callable[..., Any]] = {
    "lower": FILTERS["lower"], "upper": FILTERS["upper"], "strip": FILTERS["trim"], "replace": _replace,
    "split": _split,
    "get": lambda value, key, default=UNDEFINED: _default(member(value, key), default),
    "startswith": lambda value, start: to_text(value).startswith(to_text(start)),
    "endswith": lambda value, end: to_text(value).endswith(to_text(end)),
}  # fmt: skip
TESTS: Mapping[str, Callable[[Any], bool]] = {
    "defined": lambda value: value is not UNDEFINED, "undefined": lambda value: value is UNDEFINED,
    "none": lambda value: value is None, "number": lambda value: isinstance(value, int | float),
    "string": lambda value: isinstance(value, str), "true": lambda value: value is True,
    "false": lambda value: value is False, "mapping": lambda value: isinstance(value, dict),
}  # fmt: skip


def result_of(value: Any) -> Scalar | None:
    """What a template gave as a reading: a finite number, a boolean, a word; None where it gave nothing."""
    if isinstance(value, bool):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, int):
        return value if MIN_WHOLE <= value <= MAX_WHOLE else None
    return value_of_text(value.strip()) if isinstance(value, str) else None
