from typing import Any

import pytest

from hub.commands.command import Expectation
from hub.commands.request import EXPIRES_S, MAX_AHEAD_MS, Decision, Order, read, read_order
from hub.errors import INVALID_DATA, TOO_LARGE, HubError

NOW = 1_000_000


def test_an_order_is_read_with_what_is_usual() -> None:
    assert read({"name": "POWER"}, now_ms=NOW) == Order("POWER", None, None, EXPIRES_S, 0, idempotent=False)
    asked = {
        "name": "POWER",
        "value": [1],
        "expect": {"key": "POWER", "value": "ON"},
        "expires_s": 60,
        "at": NOW + 5,
        "idempotent": True,
    }
    expect = Expectation("POWER", "eq", "ON", 10)
    assert read_order(asked, now_ms=NOW) == Order("POWER", [1], expect, 60, NOW + 5, idempotent=True)


def test_decisions_are_about_one_command() -> None:
    assert read({"approve": "0m3k9x2pq1a7c"}, now_ms=NOW) == Decision("0m3k9x2pq1a7c", approved=True)
    assert read({"refuse": "0m3k9x2pq1a7c"}, now_ms=NOW) == Decision("0m3k9x2pq1a7c", approved=False)


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"approve": 1}, "stands alone"),
        ({"approve": "x"}, "stands alone"),
        ({"refuse": "0m3k9x2pq1a7c", "name": "x"}, "stands alone"),
        ({}, "has a `name`"),
        ({"name": " "}, "has a `name`"),
        ({"name": "a\n"}, "has a `name`"),
        ({"name": "a" * 300}, "has a `name`"),
        ({"name": "a", "x": 1}, "has no 'x'"),
        ({"name": "a", "idempotent": "yes"}, "true or false"),
        ({"name": "a", "value": {1}}, "can't hold"),
        ({"name": "a", "expires_s": 0}, "more than 0"),
        ({"name": "a", "expires_s": True}, "number of seconds"),
        ({"name": "a", "expires_s": float("nan")}, "number of seconds"),
        ({"name": "a", "at": "now"}, "`at`"),
        ({"name": "a", "at": NOW + MAX_AHEAD_MS + 1}, "`at`"),
        ({"name": "a", "expect": 1}, "`expect` is"),
        ({"name": "a", "expect": {"key": "k", "z": 1}}, "has no 'z'"),
        ({"name": "a", "expect": {"key": "", "value": 1}}, "`key`"),
        ({"name": "a", "expect": {"key": "k", "op": "like", "value": 1}}, "Unknown op"),
        ({"name": "a", "expect": {"key": "k", "value": 1, "within_s": 10**6}}, "at most 3600"),
    ],
)
def test_what_is_unfit_says_why(asked: dict[str, Any], says: str) -> None:
    with pytest.raises(HubError, match=says) as refused:
        read(asked, now_ms=NOW)
    assert refused.value.code is INVALID_DATA


def test_a_value_has_a_limit() -> None:
    with pytest.raises(HubError, match="16384") as refused:
        read({"name": "a", "value": "x" * 20_000}, now_ms=NOW)
    assert refused.value.code is TOO_LARGE
