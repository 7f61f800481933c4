"""What a person may ask of a device, read from a client's data; pure."""

import math
import re
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

import orjson

from hub.commands.command import ANSWER_S, Expectation
from hub.errors import INVALID_DATA, TOO_LARGE, HubError, InvalidPredicate
from hub.predicate import Predicate

MAX_NAME_CHARS = 256
MAX_VALUE_BYTES = 16_384
EXPIRES_S = 300
MAX_EXPIRES_S = 30 * 86_400
MAX_AHEAD_MS = 30 * 86_400_000
"""How far ahead a command may be scheduled."""
MAX_WITHIN_S = 3_600
ID = re.compile(r"[0-9a-z]{13}")

_ORDER = {"name", "value", "expect", "expires_s", "at", "idempotent"}
_EXPECT = {"key", "op", "value", "within_s"}


class Order(NamedTuple):
    """A command to be given; `at` is when (ms since the epoch), 0 for now."""

    name: str
    value: Any = None
    expect: Expectation | None = None
    expires_s: float = EXPIRES_S
    at: int = 0
    idempotent: bool = False


class Decision(NamedTuple):
    """Somebody approves a command that waits, or refuses one that is not sent yet."""

    id: str
    approved: bool


def read(data: Mapping[str, object], *, now_ms: int) -> Order | Decision:
    """What data on `command/<device>` ask for; raises HubError (INVALID_DATA, TOO_LARGE)."""
    for word in ("approve", "refuse"):
        if word in data:
            found = data[word]
            if len(data) != 1 or not isinstance(found, str) or not ID.fullmatch(found):
                raise HubError(f"`{word}` stands alone and is the id of a command.", code=INVALID_DATA)
            return Decision(found, approved=word == "approve")
    return read_order(data, now_ms=now_ms)


def read_order(data: Mapping[str, object], *, now_ms: int) -> Order:
    """A command to be given; raises HubError (INVALID_DATA, TOO_LARGE)."""
    _only(data, _ORDER, "A command")
    name, value, idempotent = data.get("name"), data.get("value"), data.get("idempotent")
    if not isinstance(name, str) or not name.strip() or len(name) > MAX_NAME_CHARS or not name.isprintable():
        raise HubError(f"A command has a `name` of 1 to {MAX_NAME_CHARS} characters.", code=INVALID_DATA)
    if not isinstance(idempotent, bool | None):
        raise HubError("`idempotent` is true or false.", code=INVALID_DATA)
    _check_value(value)
    expires_s = _number(data.get("expires_s"), "expires_s", usual=EXPIRES_S, most=MAX_EXPIRES_S)
    at = data.get("at") or 0
    if type(at) is not int or not 0 <= at <= now_ms + MAX_AHEAD_MS:
        raise HubError("`at` is a time in ms since the epoch, at most 30 days ahead.", code=INVALID_DATA)
    return Order(name, value, _expectation(data.get("expect")), expires_s, at, bool(idempotent))


def _check_value(value: object) -> None:
    try:
        size = len(orjson.dumps(value))
    except orjson.JSONEncodeError as error:
        raise HubError(f"JSON can't hold the value: {error}.", code=INVALID_DATA) from None
    if size > MAX_VALUE_BYTES:
        raise HubError(f"The value has {size} bytes; at most {MAX_VALUE_BYTES} are taken.", code=TOO_LARGE)


def _expectation(expect: object) -> Expectation | None:
    if expect is None:
        return None
    if not isinstance(expect, dict):
        raise HubError('`expect` is {"key", "op", "value", "within_s"}.', code=INVALID_DATA)
    _only(expect, _EXPECT, "`expect`")
    within_s = _number(expect.get("within_s"), "within_s", usual=ANSWER_S, most=MAX_WITHIN_S)
    found = Expectation(str(expect.get("key", "")), str(expect.get("op", "eq")), expect.get("value"), within_s)
    try:
        Predicate.parse(found.condition)
    except InvalidPredicate as error:
        raise HubError(f"`expect`: {error}", code=INVALID_DATA) from None
    return found


def _number(found: object, name: str, *, usual: float, most: float) -> float:
    if found is None:
        return usual
    if isinstance(found, bool) or not isinstance(found, int | float) or not math.isfinite(found):
        raise HubError(f"`{name}` is a number of seconds.", code=INVALID_DATA)
    if not 0 < found <= most:
        raise HubError(f"`{name}` is more than 0 and at most {most:g}.", code=INVALID_DATA)
    return found


def _only(data: Mapping[str, object], known: Collection[str], what: str) -> None:
    unknown = sorted(set(data) - set(known))
    if unknown:
        raise HubError(f"{what} has no {unknown[0][:40]!r}; it has {', '.join(sorted(known))}.", code=INVALID_DATA)
