"""Expressions of templates: parsed once into closures. No name but those given is reachable, no attribute of Python."""

import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

from hub.decoders.template_values import (
    FILTERS,
    FUNCTIONS,
    METHODS,
    TESTS,
    UNDEFINED,
    TemplateFailed,
    member,
    short,
    to_text,
)

MAX_DEPTH = 40
_TOKEN = re.compile(
    r"\s*(?:(\d+\.\d+(?:[eE][+-]?\d+)?|\d+)|'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\"|([A-Za-z_]\w*)"
    r"|(==|!=|<=|>=|//|[-+*/%~<>()\[\].,|]))"
)
_ESCAPE = re.compile(r"\\(.)")
_CONSTANTS = {"true": True, "True": True, "false": False, "False": False, "none": None, "None": None}
_COMPARISONS: Mapping[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
    "in": lambda one, other: one in other, "not in": lambda one, other: one not in other,
}  # fmt: skip
_SHOWING = frozenset(("float", "int", "round", "default", "d", "is_defined", "string", "trim"))
"""Filters behind which a member is still itself."""

Names = Mapping[str, Any]


class Expression:
    """A compiled expression; `path` where it is a member of the message's document, shown as it is.

    `guards` is the member whose being there it asks for.
    """

    __slots__ = ("_evaluate", "guards", "path")

    def __init__(
        self,
        evaluate: Callable[[Names], Any],
        path: tuple[str, ...] | None = None,
        *,
        guards: tuple[str, ...] | None = None,
    ) -> None:
        self._evaluate = evaluate
        self.path = path
        self.guards = guards

    def __call__(self, names: Names) -> Any:
        """The value; raises TemplateFailed, TypeError, ValueError, ArithmeticError."""
        return self._evaluate(names)


def compile_expression(source: str) -> Expression:
    """The expression; raises TemplateFailed where it is not understood."""
    parser = _Parser(_tokens(source))
    found = parser.expression()
    parser.end()
    return found


def _tokens(source: str) -> list[tuple[str, Any]]:
    """(kind, value): number, text, name, sign."""
    found: list[tuple[str, Any]] = []
    at = 0
    source = source.rstrip()
    while at < len(source):
        token = _TOKEN.match(source, at)
        if token is None:
            raise TemplateFailed("a character that is not understood")
        number, single, double, name, sign = token.groups()
        if number is not None:
            found.append(("number", float(number) if "." in number else int(number[:20])))
        elif name is not None:
            found.append(("name", name))
        elif sign is not None:
            found.append(("sign", sign))
        else:
            found.append(("text", _ESCAPE.sub(r"\1", single if single is not None else double)))
        at = token.end()
    return found


class _Parser:
    """Recursive descent, one method a level of precedence."""

    def __init__(self, tokens: list[tuple[str, Any]]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0

    def end(self) -> None:
        """Raise TemplateFailed unless all has been read."""
        if self._at < len(self._tokens):
            raise TemplateFailed("something behind the expression")

    def expression(self) -> Expression:
        """`a if condition else b`."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise TemplateFailed("nested too deep")
        value = self._or()
        if self._take("name", "if"):
            condition = self._or()
            other = self.expression() if self._take("name", "else") else Expression(lambda _names: UNDEFINED)
            chosen, path = value, _guarded(value, condition)
            value = Expression(lambda names: chosen(names) if condition(names) else other(names), path)
        self._depth -= 1
        return value

    def _or(self) -> Expression:
        left = self._and()
        while self._take("name", "or"):
            left = _either(left, self._and())
        return left

    def _and(self) -> Expression:
        left = self._not()
        while self._take("name", "and"):
            left = _both(left, self._not())
        return left

    def _not(self) -> Expression:
        if not self._take("name", "not"):
            return self._comparison()
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise TemplateFailed("nested too deep")
        inner = self._not()
        self._depth -= 1
        return Expression(lambda names: not inner(names))

    def _comparison(self) -> Expression:
        left = self._sum()
        while True:
            sign = self._comparing()
            if sign is None:
                return left
            left = _binary(_COMPARISONS[sign], left, self._sum())

    def _comparing(self) -> str | None:
        kind, sign = self._peek()
        if kind == "name" and sign == "not" and self._peek(1) == ("name", "in"):
            self._at += 2
            return "not in"
        if (kind, sign) == ("name", "in") or (kind == "sign" and sign in _COMPARISONS):
            self._at += 1
            return str(sign)
        return None

    def _sum(self) -> Expression:
        left = self._product()
        while True:
            sign = self._sign("+", "-", "~")
            if sign is None:
                return left
            left = _binary({"+": _add, "-": operator.sub, "~": _join}[sign], left, self._product())

    def _product(self) -> Expression:
        left = self._unary()
        while True:
            sign = self._sign("*", "//", "/", "%")
            if sign is None:
                return left
            left = _binary({"*": _multiply, "//": operator.floordiv, "/": operator.truediv, "%": _modulo}[sign], left,
                           self._unary())  # fmt: skip

    def _unary(self) -> Expression:
        negative = False
        while self._sign("-"):
            negative = not negative
        value = self._filtered()
        return Expression(lambda names: -value(names)) if negative else value

    def _filtered(self) -> Expression:
        value = self._postfix(self._primary())
        while True:
            if self._sign("|"):
                name = self._name()
                value = _called(FILTERS, name, value, self._arguments() if self._sign("(") else [])
            elif self._take("name", "is"):
                negated = self._take("name", "not")
                value = _tested(self._name(), value, negated=negated)
            else:
                return value

    def _postfix(self, value: Expression) -> Expression:
        while True:
            if self._sign("."):
                kind, name = self._next()
                if kind not in ("name", "number"):
                    raise TemplateFailed("no member behind a dot")
                if kind == "name" and self._sign("("):
                    value = _called(METHODS, name, value, self._arguments())
                else:
                    value = _member_of(value, Expression(lambda _names, name=name: name), name)  # type: ignore[misc] # bound
            elif self._sign("["):
                kind, key = self._peek()
                literal = kind in ("text", "number") and self._peek(1) == ("sign", "]")
                value = _member_of(value, self.expression(), key if literal else None)
                self._expect("]")
            else:
                return value

    def _primary(self) -> Expression:
        kind, value = self._next()
        if kind in ("number", "text"):
            return Expression(lambda _names: value)
        if kind == "name":
            if value in _CONSTANTS:
                constant = _CONSTANTS[value]
                return Expression(lambda _names: constant)
            if value in FUNCTIONS and self._sign("("):
                first, *rest = self._arguments() or [Expression(lambda _names: UNDEFINED)]
                return _called(FUNCTIONS, value, first, rest)
            return Expression(lambda names: names.get(value, UNDEFINED), () if value == "value_json" else None)
        if value == "(":
            inner = self.expression()
            self._expect(")")
            return inner
        raise TemplateFailed("an expression that is not understood")

    def _arguments(self) -> list[Expression]:
        found: list[Expression] = []
        while not self._sign(")"):
            if found:
                self._expect(",")
            found.append(self.expression())
        return found

    def _name(self) -> str:
        kind, name = self._next()
        if kind != "name":
            raise TemplateFailed("no name")
        return str(name)

    def _peek(self, ahead: int = 0) -> tuple[str, Any]:
        at = self._at + ahead
        return self._tokens[at] if at < len(self._tokens) else ("end", None)

    def _next(self) -> tuple[str, Any]:
        token = self._peek()
        self._at += 1
        return token

    def _take(self, kind: str, value: str) -> bool:
        found = self._peek() == (kind, value)
        self._at += found
        return found

    def _sign(self, *signs: str) -> str | None:
        return next((sign for sign in signs if self._take("sign", sign)), None)

    def _expect(self, sign: str) -> None:
        if not self._sign(sign):
            raise TemplateFailed(f"no {sign}")


def _either(left: Expression, right: Expression) -> Expression:
    return Expression(lambda names: left(names) or right(names))


def _both(left: Expression, right: Expression) -> Expression:
    return Expression(lambda names: left(names) and right(names))


def _binary(operate: Callable[[Any, Any], Any], left: Expression, right: Expression) -> Expression:
    return Expression(lambda names: operate(left(names), right(names)))


def _add(one: Any, other: Any) -> Any:
    if isinstance(one, list) or isinstance(other, list):
        raise TemplateFailed("lists are not added")
    return short(one + other) if isinstance(one, str) else one + other


def _join(one: Any, other: Any) -> str:
    return short(to_text(one) + to_text(other))


def _multiply(one: Any, other: Any) -> Any:
    # Text times a number would be as long as somebody likes.
    if not isinstance(one, int | float) or not isinstance(other, int | float):
        raise TemplateFailed("only numbers are multiplied")
    return float(one) * other if isinstance(one, float) or isinstance(other, float) else _bounded(one * other)


def _bounded(number: int) -> int:
    if abs(number) > 2**64:
        raise TemplateFailed("a number past 64 bits")
    return number


def _modulo(one: Any, other: Any) -> Any:
    # Of text it would be formatting, to any width.
    if not isinstance(one, int | float):
        raise TemplateFailed("only numbers have a remainder")
    return one % other


def _called(
    table: Mapping[str, Callable[..., Any]], name: str, value: Expression, arguments: list[Expression]
) -> Expression:
    function = table.get(name)
    if function is None:
        raise TemplateFailed(f"{name} is not understood")
    path = value.path if table is not METHODS and name in _SHOWING else None
    if not arguments:
        return Expression(lambda names: function(value(names)), path)
    return Expression(lambda names: function(value(names), *(argument(names) for argument in arguments)), path)


def _tested(name: str, value: Expression, *, negated: bool) -> Expression:
    test = TESTS.get(name.lower())
    if test is None:
        raise TemplateFailed(f"{name} is not understood")
    guards = value.path if name == "defined" and not negated else None
    return Expression(lambda names: test(value(names)) is not negated, guards=guards)


def _member_of(value: Expression, key: Expression, literal: Any) -> Expression:
    path = None if value.path is None or literal is None else (*value.path, str(literal))
    return Expression(lambda names: member(value(names), key(names)), path)


def _guarded(value: Expression, condition: Expression) -> tuple[str, ...] | None:
    """The path of `value_json.a if value_json.a is defined else 0`: shown as it is wherever it is there."""
    return value.path if value.path == condition.guards else None
