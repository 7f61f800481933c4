"""Whether what a device reports is what is wanted of it, in whatever form its family says it; pure."""

import math
import re
from collections.abc import Mapping

from hub.events import Scalar

TOLERANCE = 1e-6
"""Relative: a 32-bit float, which many families carry, keeps seven digits."""
NEAR_ZERO = 1e-9

_NUMERAL = re.compile(r"[+-]?\d{1,300}(\.\d{1,300})?([eE][+-]?\d{1,3})?")
_PAIRS = (("on", "off"), ("true", "false"))
_TRUTH = {word: word == yes for yes, no in _PAIRS for word in (yes, no)}


def alike(wanted: Scalar, reported: Scalar) -> bool:
    """Whether two values say the same: numbers within TOLERANCE, also as text; on and off as words or as booleans."""
    one, other = _number(wanted), _number(reported)
    if one is not None and other is not None:
        return math.isclose(one, other, rel_tol=TOLERANCE, abs_tol=NEAR_ZERO)
    truth = truth_of(wanted)
    if truth is not None and truth is truth_of(reported):
        return True
    return type(wanted) is type(reported) and wanted == reported


def delta(desired: Mapping[str, Scalar], reported: Mapping[str, Scalar]) -> dict[str, Scalar]:
    """The desired values that a device does not report, or reports others of."""
    return {key: wanted for key, wanted in desired.items() if key not in reported or not alike(wanted, reported[key])}


def truth_of(value: Scalar) -> bool | None:
    """True or false where a value says one of them: a boolean, 0 and 1, and the words for on and off."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _TRUTH.get(value.casefold())
    return bool(value) if value in (0, 1) else None


def in_form_of(wanted: Scalar, reported: Scalar | None) -> Scalar:
    """What is wanted as a device will report it, by how it reports the value of now; None: not at all yet."""
    truth = truth_of(wanted)
    if truth is not None and isinstance(reported, bool):
        return truth
    if truth is not None and isinstance(reported, str):
        pair = next((pair for pair in _PAIRS if reported.casefold() in pair), None)
        return wanted if pair is None else _cased(pair[0] if truth else pair[1], reported)
    number = _number(wanted)
    return number if isinstance(wanted, str) and number is not None and _is_number(reported) else wanted


def _cased(word: str, like: str) -> str:
    if like.isupper():
        return word.upper()
    return word.capitalize() if like.istitle() else word


def _is_number(value: Scalar | None) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _number(value: Scalar) -> float | None:
    if isinstance(value, str):
        return float(value) if _NUMERAL.fullmatch(value) else None
    return value if _is_number(value) else None
