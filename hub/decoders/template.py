"""Value templates of Home Assistant's discovery: the common part of Jinja, compiled once, evaluated per message.

`{{ value_json.a.b }}`, `{{ value_json['a'] | float / 10 | round(1) }}`, `{{ 'ON' if value == '1' else 'OFF' }}`,
`{% if … %}…{% else %}…{% endif %}`. Loops, assignments, macros and the states of Home Assistant are not understood.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from hub.decoders.base import Malformed
from hub.decoders.template_expression import Expression, compile_expression
from hub.decoders.template_values import TemplateFailed, result_of, short, to_text
from hub.events import Scalar

MAX_TEMPLATE = 2000
"""Characters of a template; a longer one is a program."""
_PIECE = re.compile(r"\{\{-?(.*?)-?\}\}|\{%-?\s*(if|elif|else|endif)\b(.*?)-?%\}|\{[%#{]", re.DOTALL)

Evaluate = Callable[[Mapping[str, Any]], Any]

_FAILURES = (TemplateFailed, TypeError, ValueError, ArithmeticError, AttributeError, Malformed)


class Template:
    """A compiled template. `path` is the member that it shows, where it shows one and does no more than round it."""

    __slots__ = ("_evaluate", "path")

    def __init__(self, evaluate: Evaluate, path: tuple[str, ...] | None) -> None:
        self._evaluate = evaluate
        self.path = path

    def value(self, text: str, document: object) -> Scalar | None:
        """The result with a message's text and, where it is one, its document; None where there is none."""
        try:
            return result_of(self._evaluate({"value": text, "value_json": document}))
        except _FAILURES:
            # What devices send in a type that the template does not expect is theirs to know.
            return None

    def text(self, names: Mapping[str, Any]) -> str | None:
        """What it prints with these names: the payload of a command; None where it can't be evaluated."""
        try:
            return to_text(self._evaluate(names)).strip()
        except _FAILURES:
            return None


def compile_template(source: str) -> Template | None:
    """The template, or None where it is not understood."""
    if len(source) > MAX_TEMPLATE:
        return None
    try:
        parts = _Parts(source)
        block = parts.block(nested=False)
    except (TemplateFailed, RecursionError):
        return None
    only = block[0] if len(block) == 1 else None
    path = only.path if isinstance(only, Expression) else None
    return Template(_joined(block), path)


def _joined(block: list[Evaluate]) -> Evaluate:
    """One piece gives its value, several the text of all."""
    if len(block) == 1:
        return block[0]
    return lambda names: short("".join(to_text(piece(names)) for piece in block))


class _Parts:
    """The pieces of a template, read from left to right."""

    def __init__(self, source: str) -> None:
        self._source = source.strip()
        self._at = 0

    def block(self, *, nested: bool) -> list[Evaluate]:
        """The pieces up to the end, or to the tag that ends a branch (which is left); raises TemplateFailed."""
        pieces: list[Evaluate] = []
        while True:
            found = _PIECE.search(self._source, self._at)
            text = self._source[self._at : found.start() if found else None]
            if text.strip() or (text and not nested and pieces and found):
                pieces.append(lambda _names, text=text: text)  # type: ignore[misc] # a default binds it
            if found is None:
                if nested:
                    raise TemplateFailed("an if without its end")
                return pieces
            if found[2] in ("elif", "else", "endif"):
                if not nested:
                    raise TemplateFailed("an end without its if")
                self._at = found.start()
                return pieces
            self._at = found.end()
            if found[1] is not None:
                pieces.append(compile_expression(found[1]))
            elif found[2] == "if":
                pieces.append(self._branch(found[3]))
            else:
                raise TemplateFailed("a statement that is not understood")

    def _branch(self, condition: str) -> Evaluate:
        test = compile_expression(condition)
        yes = _joined(self.block(nested=True))
        tag = self._tag()
        if tag[2] == "endif":
            no: Evaluate = lambda _names: ""  # noqa: E731 - a branch like the others
        elif tag[2] == "elif":
            no = self._branch(tag[3])
        else:
            no = _joined(self.block(nested=True))
            if self._tag()[2] != "endif":
                raise TemplateFailed("two elses")
        return lambda names: yes(names) if test(names) else no(names)

    def _tag(self) -> "re.Match[str]":
        """The tag that a block has ended at."""
        found = next(_PIECE.finditer(self._source, self._at))
        self._at = found.end()
        return found
