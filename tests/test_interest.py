import pytest

from hub.errors import BAD_REQUEST, INVALID_PREDICATE, InvalidFrame, InvalidPredicate
from hub.interest import PLAIN, Interest, Options
from hub.predicate import Predicate

HOT = {"key": "temperature", "op": "gt", "value": 30}


@pytest.mark.parametrize(
    ("members", "options"),
    [
        ({}, PLAIN),
        ({"where": None, "fields": None, "max_rate": None}, PLAIN),
        ({"where": HOT}, Options(where=Predicate.parse(HOT))),
        ({"fields": ["b", "a", "b"]}, Options(fields=frozenset({"a", "b"}))),
        ({"max_rate": 5}, Options(max_rate=5)),
        ({"max_rate": 0.1}, Options(max_rate=0.1)),
        ({"max_rate": 1000}, Options(max_rate=1000)),
    ],
)
def test_options_are_parsed(members: dict[str, object], options: Options) -> None:
    assert Options.parse(members) == options
    assert Options.parse(options.as_json()) == options
    assert hash(Options.parse(members)) == hash(options)


@pytest.mark.parametrize(
    "members",
    [
        {"fields": []},
        {"fields": "temperature"},
        {"fields": ["temperature", 1]},
        {"fields": [""]},
        {"fields": ["k" * 257]},
        {"fields": [str(n) for n in range(65)]},
        {"max_rate": 0},
        {"max_rate": 0.099},
        {"max_rate": 1000.1},
        {"max_rate": float("nan")},
        {"max_rate": True},
        {"max_rate": "5"},
    ],
)
def test_malformed_options_are_refused(members: dict[str, object]) -> None:
    with pytest.raises(InvalidFrame) as refused:
        Options.parse(members)
    assert refused.value.code is BAD_REQUEST


def test_a_malformed_condition_is_named() -> None:
    with pytest.raises(InvalidPredicate) as refused:
        Options.parse({"where": []})
    assert refused.value.code is INVALID_PREDICATE


def test_the_rate_is_an_interval() -> None:
    assert [Options(max_rate=rate).interval_ms for rate in (0.1, 5, 1000, None)] == [10_000, 200, 1, 0]


def test_equal_interests_make_equal_audiences() -> None:
    spelled = [Options.parse({"where": where}) for where in (HOT, {"and": [HOT, HOT]})]
    first, second = (frozenset({Interest("telemetry/+", options), Interest("chat/#")}) for options in spelled)
    assert first == second
    assert hash(first) == hash(second)
