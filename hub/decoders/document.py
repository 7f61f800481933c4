"""Payloads to JSON documents and text, with a reason that a person understands where that fails."""

import json
import re
from typing import Any, NoReturn

import orjson

from hub.decoders.base import Malformed

BOM = b"\xef\xbb\xbf"
PADDING = b"\0\r\n\t "
"""What firmware leaves behind a document: the end of a C string, line ends."""

MIN_WHOLE = -(2**63)
MAX_WHOLE = 2**64 - 1
"""Whole numbers that the hub carries as numbers; others are carried as the text of their digits."""

# All digits as one: looking for a run of it costs a tenth of what a pattern does.
_DIGITS = bytes(ord("0") if chr(byte).isdecimal() else byte for byte in range(128)) + bytes(range(128, 256))
_LONG_NUMBER = b"0" * 19
# So many digits are mostly part of a text: a number is behind one of these, and what is in a text only now and then.
_BEFORE_NUMBER = b"[:, \t\r\n-"
_MAX_WHOLE_DIGITS = 20
_INFINITE = "number is infinity"
_NO_NUMBER = re.compile(r"[+-]?(?:nan|inf(?:inity)?)\b", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def has_control(text: str) -> bool:
    """Whether the text has characters that no person writes; line ends and tabs are not among them."""
    return not text.isprintable() and _CONTROL.search(text) is not None


def load(payload: bytes) -> object:
    """The JSON document of a payload; raises Malformed.

    Whole numbers past 64 bits come as the text of their digits, numbers past the largest double as None. A byte order
    mark before the document and NUL after it are overlooked. Of a member that is there twice the last one counts.
    """
    try:
        document = orjson.loads(payload)
    except orjson.JSONDecodeError:
        return _load_bare(payload.removeprefix(BOM).rstrip(PADDING))
    return exact(payload, document)


def exact(payload: bytes, document: object) -> object:
    """What the fast codec has made of a payload, made anew where there may be numbers past 64 bits in it."""
    digits = payload.translate(_DIGITS)
    at = digits.find(_LONG_NUMBER)
    while at >= 0:
        # Of a payload that begins with it there is no byte before, which counts as well.
        if digits[at - 1 : at] in _BEFORE_NUMBER:
            return _load_exact(payload)
        at = digits.find(_LONG_NUMBER, at + len(_LONG_NUMBER))
    return document


def load_object(payload: bytes) -> dict[str, Any]:
    """The JSON object of a payload; raises Malformed."""
    document = load(payload)
    if not isinstance(document, dict):
        raise Malformed("no JSON object")
    return document


def begins_document(payload: bytes) -> bool:
    """Whether the payload begins as a JSON object or array does."""
    return payload.removeprefix(BOM).lstrip().startswith((b"{", b"["))


def read_text(payload: bytes) -> str:
    """The text of a payload, without blanks around it; raises Malformed where it is not UTF-8 or has control bytes."""
    try:
        text = payload.removeprefix(BOM).decode()
    except UnicodeDecodeError as error:
        raise Malformed(f"not text: byte {payload[error.start]:#04x} at {error.start} is not UTF-8") from None
    text = text.strip().rstrip("\0").rstrip()
    if has_control(text):
        raise Malformed("not text: it has control characters")
    return text


def _load_bare(payload: bytes) -> object:
    try:
        document = orjson.loads(payload)
    except orjson.JSONDecodeError as error:
        # All else that this codec refuses the exact one refuses too, after a hundred times as long: seconds for 10 MB.
        if not error.msg.startswith(_INFINITE):
            raise Malformed(_reason(payload)) from None
        return _load_exact(payload)
    return exact(payload, document)


def _load_exact(payload: bytes) -> object:
    """As `load`, at the speed of the standard library, which is asked for each number."""
    try:
        document = json.loads(payload.decode(), parse_int=_whole, parse_float=_real, parse_constant=_refuse)
        # The standard library lets lone surrogates pass, which can't be encoded again.
        orjson.dumps(document)
    except (ValueError, RecursionError, TypeError):
        raise Malformed(_reason(payload)) from None
    return document


def _whole(digits: str) -> int | str:
    if len(digits) > _MAX_WHOLE_DIGITS:
        return digits
    value = int(digits)
    return value if MIN_WHOLE <= value <= MAX_WHOLE else digits


def _real(digits: str) -> float | None:
    value = float(digits)
    return value if abs(value) != float("inf") else None


def _refuse(name: str) -> NoReturn:
    raise ValueError(name)


def _reason(payload: bytes) -> str:
    """Why the payload is no document, in the words of the codec that finds the first fault."""
    # Where this codec finds none, the standard library has given up at a depth that this one goes on from.
    fault, at = "depth limit", 0
    try:
        orjson.loads(payload)
    except orjson.JSONDecodeError as error:
        fault, at = error.msg, error.pos
    if not payload:
        return "empty"
    if fault.startswith("unexpected end of data"):
        return f"cut off after {at} characters"
    if fault.startswith("str is not valid UTF-8"):
        return "not UTF-8"
    if fault.startswith("depth limit"):
        return "nested too deep"
    token = _NO_NUMBER.search(payload.decode()[max(at - 1, 0) : at + 16])
    if token is not None:
        return f"{token.group()} is not a number"
    return f"not JSON at character {at}: {fault}"
