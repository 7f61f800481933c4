from collections.abc import Mapping

import pytest

from hub.comparison import COMPARISONS, LISTED, OPS, Literal, exists, look_up

VALUES: Mapping[str, object] = {
    "number": 30,
    "fraction": 29.5,
    "text": "heating",
    "true": True,
    "null": None,
    "list": ["a", 1, {}],
    "object": {"inner": 1},
}


def holding(op: str, literal: Literal) -> set[str]:
    return {key for key in VALUES if look_up(key, COMPARISONS[op](literal))(VALUES)}


@pytest.mark.parametrize(
    ("op", "literal", "keys"),
    [
        ("eq", 30, {"number"}),
        ("eq", 30.0, {"number"}),
        ("eq", 1, set()),
        ("eq", True, {"true"}),
        ("eq", None, {"null"}),
        ("eq", "heating", {"text"}),
        ("neq", 30, {"fraction"}),
        ("neq", "off", {"text"}),
        ("neq", False, {"true"}),
        ("neq", None, set()),
        ("gt", 29.5, {"number"}),
        ("gte", 29.5, {"number", "fraction"}),
        ("lt", 30, {"fraction"}),
        ("lte", 30, {"number", "fraction"}),
        ("gt", "h", {"text"}),
        ("lt", "h", set()),
        ("contains", "eat", {"text"}),
        ("contains", "a", {"text", "list"}),
        ("contains", 1, {"list"}),
        ("contains", True, set()),
        ("starts", "heat", {"text"}),
        ("starts", "eat", set()),
        ("ends", "ing", {"text"}),
        ("ends", "in", set()),
    ],
)
def test_only_values_of_the_same_type_compare(op: str, literal: Literal, keys: set[str]) -> None:
    assert holding(op, literal) == keys


@pytest.mark.parametrize(
    ("op", "literals", "keys"),
    [
        ("in", [30, "heating", True], {"number", "text", "true"}),
        ("in", [1, None], {"null"}),
        ("nin", [30, "off"], {"fraction", "text"}),
        ("nin", [True, 30, 29.5], set()),
    ],
)
def test_lists_compare_by_type_too(op: str, literals: list[Literal], keys: set[str]) -> None:
    assert {key for key in VALUES if look_up(key, LISTED[op](literals))(VALUES)} == keys


@pytest.mark.parametrize("op", COMPARISONS)
@pytest.mark.parametrize("key", ["missing", "missing.inner"])
def test_a_missing_key_is_like_nothing(op: str, key: str) -> None:
    assert not look_up(key, COMPARISONS[op]("x"))(VALUES)


DEEP: Mapping[str, object] = {
    "ENERGY.Power": 5,
    "reported": {"temperature": 21, "ENERGY.Power": 7, "none": None},
    "reported.temperature": 22,
    "flat": 1,
}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("ENERGY.Power", 5),
        ("reported.temperature", 22),
        ("reported.ENERGY.Power", 7),
        ("reported.none", None),
    ],
)
def test_a_dotted_key_is_first_itself_then_a_way(key: str, value: Literal) -> None:
    assert look_up(key, COMPARISONS["eq"](value))(DEEP)


@pytest.mark.parametrize(
    ("key", "there"),
    [
        ("flat", True),
        ("reported.none", True),
        ("flat.inner", False),
        ("reported.other", False),
        ("reported.ENERGY", False),
        (".", False),
        ("absent", False),
    ],
)
def test_a_key_exists_whatever_its_value(key: str, there: bool) -> None:  # noqa: FBT001 - a column of the table
    assert look_up(key, exists)(DEEP) is there


def test_every_op_has_a_name() -> None:
    ordered, partial = {"gt", "gte", "lt", "lte"}, {"contains", "starts", "ends"}
    assert set(OPS) == {"eq", "neq", "in", "nin", "exists"} | ordered | partial
