"""How a mapping names what it means: paths into a payload, and templates of topic levels and paths."""

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from hub.errors import BAD_REQUEST, HubError

MAX_STEPS = 32
"""Steps of a path: as deep as a payload is read."""
MAX_PATH_CHARS = 512
MISSING = object()
"""What a path finds where there is nothing."""

Path = tuple[str | int, ...]
"""Names of members and numbers of elements, from the root; empty: the whole payload."""

_STEP = re.compile(r"\.([^.\[\]'\"$*?()\s]+)|\[([0-9]{1,6})\]|\['([^']+)'\]|\[\"([^\"]+)\"\]")
_FIELD = re.compile(r"\{([^{}]*)\}")
_LEVEL = re.compile(r"([0-9]{1,9})(#?)")


class InvalidMapping(HubError):
    """A mapping, or a file of them, that can't be understood; the sentence says where."""

    code = BAD_REQUEST


def parse_path(text: str) -> Path:
    """The steps of a JSON pointer (RFC 6901, `/a/b/0`) or of a plain JSONPath (RFC 9535, `$.a.b[0]`).

    "" and "$" are the whole payload. Raises InvalidMapping; filters, slices and wildcards are not understood.
    """
    if len(text) > MAX_PATH_CHARS:
        raise InvalidMapping(f"A path has at most {MAX_PATH_CHARS} characters.")
    if text.startswith("$"):
        path = _json_path(text)
    elif not text or text.startswith("/"):
        path = tuple(_pointer_step(step) for step in text.split("/")[1:])
    else:
        raise InvalidMapping(f"{text[:80]!r} is no path: it begins with '/' as '/a/b', or with '$' as '$.a.b'.")
    if len(path) > MAX_STEPS:
        raise InvalidMapping(f"A path has at most {MAX_STEPS} steps.")
    return path


def _pointer_step(step: str) -> str | int:
    name = step.replace("~1", "/").replace("~0", "~")
    # A number names an element of an array or a member of an object: which one, the payload says (see `find`).
    return int(name) if name.isdecimal() and name.isascii() and str(int(name)) == name else name


def _json_path(text: str) -> Path:
    at, steps = 1, []
    while at < len(text):
        found = _STEP.match(text, at)
        if found is None:
            raise InvalidMapping(f"{text[:80]!r} can't be understood from character {at} on.")
        name, number, *quoted = found.groups()
        steps.append(int(number) if number is not None else name or quoted[0] or quoted[1])
        at = found.end()
    return tuple(steps)


def find(document: Any, path: Path) -> Any:
    """What is at the path, or MISSING."""
    for step in path:
        if isinstance(document, dict):
            document = document.get(str(step), MISSING)
        elif isinstance(document, list) and isinstance(step, int) and step < len(document):
            document = document[step]
        else:
            return MISSING
    return document


class _Rest(NamedTuple):
    """A level of a topic with all behind it."""

    level: int


class Template:
    """Text with fields: `{2}` is the second level of the topic, `{2#}` that with all behind it.

    `{/id}` or `{$.id}` is what the payload has there.
    """

    __slots__ = ("_parts", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._parts: list[str | int | _Rest | Path] = []
        at = 0
        for found in _FIELD.finditer(text):
            self._add_text(text[at : found.start()])
            self._parts.append(_field(found[1]))
            at = found.end()
        self._add_text(text[at:])

    @property
    def is_of_topic(self) -> bool:
        """Whether all of it follows from the topic."""
        return all(isinstance(part, str | int | _Rest) for part in self._parts)

    @property
    def deepest_level(self) -> int:
        """The last level of the topic that it names; 0 where it names none."""
        named = (part.level if isinstance(part, _Rest) else part for part in self._parts)
        return max((level for level in named if isinstance(level, int)), default=0)

    def fill(self, levels: Sequence[str], document: Any = None) -> str | None:
        """The text for a topic and a payload; None where the topic is shorter or the payload lacks a member."""
        filled = ""
        for part in self._parts:
            if isinstance(part, str):
                filled += part
                continue
            if isinstance(part, _Rest):
                value: Any = "/".join(levels[part.level - 1 :])
            elif isinstance(part, int):
                value = levels[part - 1] if part <= len(levels) else MISSING
            else:
                value = find(document, part)
            if not isinstance(value, str | int) or isinstance(value, bool) or value == "":
                return None
            filled += str(value)
        return filled

    def _add_text(self, text: str) -> None:
        if "{" in text or "}" in text:
            raise InvalidMapping(f"{self.text[:80]!r} has a brace without its other one.")
        if text:
            self._parts.append(text)


def _field(text: str) -> int | _Rest | Path:
    found = _LEVEL.fullmatch(text)
    if found is not None:
        level = int(found[1])
        if not 0 < level <= MAX_STEPS * 2:
            raise InvalidMapping(f"{{{text[:20]}}} is no level of a topic: the first one is {{1}}.")
        return _Rest(level) if found[2] else level
    if not text:
        raise InvalidMapping("{} names nothing: write {1} for the first level of the topic, {/id} for a member.")
    return parse_path(text)
