"""Documents to flat keys: `{"a":{"b":[1,2]}}` is `a.b.0` and `a.b.1`."""

import re
from collections.abc import Callable

from hub.decoders.base import Malformed, Unsupported
from hub.decoders.document import has_control
from hub.decoders.numerals import is_no_number
from hub.events import Scalar

MAX_DEPTH = 32
MAX_LEAVES = 1000
"""Values of one message; more is a picture or a dump, no telemetry."""
MAX_TEXT = 256
"""Characters of a text value; a longer one is a log or a document."""
MAX_KEY = 256
"""Characters of a key, dots not counted."""

# Tuples made once: a union written in place is made anew at every call, and these are asked for each value.
_NUMBERS = (bool, int, float)
_CONTAINERS = (dict, list)

Path = tuple[str, ...]
Skip = Callable[[str, object], bool]
"""Whether a member, by name and value, is no reading."""


def nothing(_name: str, _value: object) -> bool:
    """Skip nothing."""
    return False


_HEX = re.compile(r"(?:0x)?(?=[0-9a-fA-F]*[a-fA-F])(?:[0-9a-fA-F]{2}){8,}")
_BASE64 = re.compile(r"(?=.*[A-Z])(?=.*[a-z])(?:[A-Za-z0-9+/]{4})+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")
_UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
_MIN_HEX = 16
_UUID_LENGTH = 36
_MIN_BASE64 = 32
_MIN_PADDED_BASE64 = 8


def is_blob(text: str) -> bool:
    """Whether the text is bytes in hexadecimal or base64, or a UUID: nothing that a person reads as a value."""
    length = len(text)
    if length < _MIN_HEX and not text.endswith("="):
        return False
    if _HEX.fullmatch(text) or (length == _UUID_LENGTH and _UUID.fullmatch(text)):
        return True
    enough = _MIN_PADDED_BASE64 if text.endswith("=") else _MIN_BASE64
    if length < enough or _BASE64.fullmatch(text) is None:
        return False
    return text.endswith("=") or any(c.isdigit() for c in text)


def reading(value: object) -> Scalar | None:
    """The value of a leaf, or None where it is none: null, empty, a blob, a document, the word for no number."""
    if isinstance(value, str):
        fit = value and len(value) <= MAX_TEXT and not has_control(value)
        return value if fit and not is_no_number(value) and not is_blob(value) else None
    return value if isinstance(value, _NUMBERS) else None


def leaves(document: object, *, skip: Skip = nothing) -> list[tuple[Path, Scalar]]:
    """Path and value of each reading; members that `skip` names are left out with all below them.

    Raises Malformed for nesting past MAX_DEPTH, Unsupported for more than MAX_LEAVES readings or a key past MAX_KEY.
    """
    found: list[tuple[Path, Scalar]] = []
    _walk(document, (), skip, found)
    return found


def _walk(node: object, path: Path, skip: Skip, found: list[tuple[Path, Scalar]]) -> None:
    if isinstance(node, _CONTAINERS):
        if len(path) >= MAX_DEPTH:
            raise Malformed(f"nested deeper than {MAX_DEPTH} levels")
        members = node.items() if isinstance(node, dict) else ((str(i), below) for i, below in enumerate(node))
        for name, below in members:
            if not skip(name, below):
                _walk(below, (*path, name), skip, found)
        return
    value = reading(node)
    if value is not None:
        if len(found) >= MAX_LEAVES:
            raise Unsupported(f"over {MAX_LEAVES} values in one message")
        key = "".join(path)
        if len(key) > MAX_KEY or has_control(key):
            raise Unsupported(f"a key of over {MAX_KEY} characters, or with control characters")
        found.append((path, value))


def flatten(document: object, *, under: Path = (), skip: Skip = nothing) -> dict[str, Scalar]:
    """The readings by dotted key, `under` before each; raises as `leaves`."""
    return {".".join((*under, *path)) or "value": value for path, value in leaves(document, skip=skip)}
