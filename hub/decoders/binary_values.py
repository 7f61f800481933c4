"""What binary codecs give, as plain JSON values: dates to text, decimals to numbers, NaN and bytes to nothing."""

import math
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from math import hypot
from typing import Any
from uuid import UUID

from hub.decoders.base import Malformed, Unsupported
from hub.decoders.document import MAX_WHOLE, MIN_WHOLE

MAX_DEPTH = 33
"""One more than readings are looked for."""
MAX_NODES = 20_000
"""Values of one document; shared references can make a few bytes into any number of them."""

_PLAIN = frozenset((int, float, bool))
_TEXT = frozenset((str,))
_SIMPLE = frozenset((str, bool, type(None)))
_EXACT = 2.0**62
"""No whole number below it is past 64 bits."""

KeepBytes = Callable[[bytes], object]


def no_bytes(_content: bytes) -> object:
    """Bytes are no value that a person reads."""
    return None


def plain(document: object, *, keep_bytes: KeepBytes = no_bytes) -> object:
    """The document as JSON has it; raises Malformed where it is too deep, Unsupported where it is too large.

    Keys become text. Whole numbers past 64 bits come as the text of their digits, what has no counterpart as None.
    """
    if type(document) is dict and _is_bare(document):
        return document
    return _Conversion(keep_bytes).of(document, MAX_DEPTH)


def _is_bare(members: Mapping[Any, Any]) -> bool:
    """Whether it is a flat object of numbers that JSON has, as most are; one call bounds all of them."""
    if not _PLAIN.issuperset(map(type, members.values())) or not _TEXT.issuperset(map(type, members)):
        return False
    return hypot(*members.values()) < _EXACT


class _Conversion:
    __slots__ = ("_keep_bytes", "_left")

    def __init__(self, keep_bytes: KeepBytes) -> None:
        self._keep_bytes = keep_bytes
        self._left = MAX_NODES

    def of(self, node: Any, depth: int) -> object:
        self._left -= 1
        if self._left < 0:
            raise Unsupported(f"over {MAX_NODES} values in one document")
        if not depth:
            raise Malformed(f"nested deeper than {MAX_DEPTH} levels")
        kind = type(node)
        if kind is float:
            return node if math.isfinite(node) else None
        if kind in _SIMPLE or (kind is int and -_EXACT < node < _EXACT):
            return node
        if kind is dict or isinstance(node, Mapping):
            return {key if type(key) is str else _key(key): self.of(value, depth - 1) for key, value in node.items()}
        if isinstance(node, list | tuple | set | frozenset):
            return [self.of(value, depth - 1) for value in node]
        if isinstance(node, bytes):
            return self._keep_bytes(node)
        return _leaf(node)


def _key(key: object) -> str:
    """The text of a key that is none."""
    return key.decode("utf-8", "replace") if isinstance(key, bytes) else str(key)[:256]


def _leaf(node: Any) -> object:
    if isinstance(node, int):
        return node if MIN_WHOLE <= node <= MAX_WHOLE else _digits(node)
    if isinstance(node, Decimal | Fraction):
        return _finite(node)
    if isinstance(node, datetime):
        return node.isoformat()
    return str(node) if isinstance(node, UUID) else None


def _digits(node: int) -> str | None:
    try:
        return str(node)
    except ValueError:
        # Python refuses to write more than some thousands of digits.
        return None


def _finite(node: Decimal | Fraction) -> float | None:
    try:
        value = float(node)
    except (OverflowError, ValueError):
        return None
    return value if math.isfinite(value) else None
