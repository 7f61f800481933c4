import itertools
import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hub.errors import InvalidFilter, InvalidTopic
from hub.topics import (
    MAX_LEVELS,
    MAX_TOPIC_BYTES,
    FilterIndex,
    covers,
    from_level,
    matches,
    overlaps,
    to_level,
    validate_filter,
    validate_topic,
)
from tests.sources import ROOT

GOLDEN_LEVELS: list[dict[str, str]] = json.loads((ROOT / "tests" / "golden" / "levels.json").read_text("utf-8"))

LEVEL = st.sampled_from(["a", "b", "$SYS", ""])
TOPIC = st.lists(LEVEL, min_size=1, max_size=4).map("/".join).filter(bool)
FILTER = (
    st.tuples(st.lists(LEVEL | st.just("+"), max_size=4), st.booleans())
    .map(lambda drawn: "/".join([*drawn[0], *(["#"] if drawn[1] else [])]))
    .filter(bool)
)

BAD = ["", "a\x00b", "a\nb", "a\x7f", "a\x9f", "a\ud800", "a\uffff", "x" * (MAX_TOPIC_BYTES + 1), "ü" * MAX_TOPIC_BYTES]


@pytest.mark.parametrize("topic", ["a", "/", "a//b", "$SYS/x", "telemetry/küche", "x" * MAX_TOPIC_BYTES, " "])
def test_topics(topic: str) -> None:
    assert validate_topic(topic) == topic
    assert validate_filter(topic) == topic


@pytest.mark.parametrize("topic", [*BAD, "/" * MAX_LEVELS, "a/+", "#", "a+b"])
def test_bad_topics(topic: str) -> None:
    with pytest.raises(InvalidTopic):
        validate_topic(topic)


@pytest.mark.parametrize("topic_filter", ["#", "+", "a/#", "+/+", "a/+/b", "/#", "a//+", "/" * (MAX_LEVELS - 1)])
def test_filters(topic_filter: str) -> None:
    assert validate_filter(topic_filter) == topic_filter


@pytest.mark.parametrize(
    "topic_filter", [*BAD, "/" * MAX_LEVELS, "a#", "#/a", "a/#/b", "##", "a/b#", "a+", "+a", "a/++", "a/b+/c"]
)
def test_bad_filters(topic_filter: str) -> None:
    with pytest.raises(InvalidFilter):
        validate_filter(topic_filter)


@pytest.mark.parametrize(
    ("topic_filter", "topic", "selected"),
    [
        ("a/b", "a/b", True),
        ("a/b", "a", False),
        ("a", "a/b", False),
        ("a/+", "a/b", True),
        ("a/+", "a/", True),
        ("a/+", "a", False),
        ("+", "/a", False),
        ("+/+", "/a", True),
        ("#", "a/b/c", True),
        ("a/#", "a", True),
        ("a/#", "a/b/c", True),
        ("a/#", "b/a", False),
        ("a/b/#", "a", False),
        ("#", "$SYS/x", False),
        ("+/x", "$SYS/x", False),
        ("$SYS/#", "$SYS/x", True),
        ("a/+", "a/$x", True),
        ("A", "a", False),
    ],
)
def test_what_a_filter_selects(topic_filter: str, topic: str, selected: bool) -> None:  # noqa: FBT001 - a table's column
    assert matches(topic_filter, topic) is selected


def topics_of(topic_filter: str) -> list[str]:
    """Topics that a filter selects: each wildcard filled with all that makes a difference to another small filter."""
    made = [""]
    parts = topic_filter.split("/")
    for i, part in enumerate(parts):
        if part == "#":
            tails = ["", "/a", "/b", "/z", "/z/z", "/a/b", "/z/z/z/z/z"]
            made = [prefix + tail for prefix in made for tail in tails]
            continue
        levels = ["a", "b", "z", ""] if part == "+" else [part]
        made = [f"{prefix}/{level}" if i else level for prefix in made for level in levels]
    topics = {topic.removeprefix("/") if parts[0] == "#" else topic for topic in made} - {""}
    return [topic for topic in topics if matches(topic_filter, topic)]


@given(FILTER, FILTER)
def test_a_filter_covers_another_if_it_selects_all_that_the_other_does(wide: str, narrow: str) -> None:
    assert covers(wide, narrow) is all(matches(wide, topic) for topic in topics_of(narrow))


@given(FILTER, FILTER, TOPIC)
def test_what_is_covered_is_selected(wide: str, narrow: str, topic: str) -> None:
    if matches(narrow, topic):
        assert matches(wide, topic) or not covers(wide, narrow)


SHORT_FILTER = FILTER.filter(lambda topic_filter: topic_filter.count("/") < 3)
SHORT_TOPICS = [
    "/".join(levels)
    for length in (1, 2, 3, 4)
    for levels in itertools.product(["a", "b", "$SYS", "", "z"], repeat=length)
    if any(levels) or length > 1
]


@given(SHORT_FILTER, SHORT_FILTER)
@example("+", "/#")
def test_filters_overlap_if_a_topic_is_of_both(one: str, other: str) -> None:
    common = any(matches(one, topic) and matches(other, topic) for topic in SHORT_TOPICS)
    assert overlaps(one, other) is overlaps(other, one) is common


@pytest.mark.parametrize(
    ("wide", "narrow", "covered"),
    [
        ("#", "a/b", True),
        ("#", "#", True),
        ("+/#", "#", True),
        ("#", "+/#", True),
        ("+", "#", False),
        ("#", "$SYS/#", False),
        ("+/x", "$SYS/x", False),
        ("a/#", "a", True),
        ("a/#", "a/#", True),
        ("a/+/#", "a/#", False),
        ("a", "a/#", False),
        ("a/+", "a/b", True),
        ("a/b", "a/+", False),
        ("a", "a/b", False),
    ],
)
def test_what_a_filter_covers(wide: str, narrow: str, covered: bool) -> None:  # noqa: FBT001 - a table's column
    assert covers(wide, narrow) is covered


@given(st.lists(st.tuples(FILTER, st.integers(0, 3)), max_size=12), st.data())
def test_the_index_finds_what_matches_says(pairs: list[tuple[str, int]], data: st.DataObject) -> None:
    index: FilterIndex[int] = FilterIndex()
    for topic_filter, value in pairs:
        index.add(topic_filter, value)
    removed = data.draw(st.lists(st.sampled_from(pairs), max_size=6) if pairs else st.just([]))
    for topic_filter, value in removed:
        index.discard(topic_filter, value)
        index.discard(topic_filter, value)
    left = [pair for pair in pairs if pair not in removed]
    topic = data.draw(TOPIC)
    found = index.match(topic)
    assert len(found) == len(set(found))
    assert set(found) == {value for topic_filter, value in left if matches(topic_filter, topic)}


@given(st.lists(st.tuples(FILTER, st.integers(0, 3)), max_size=12))
def test_an_index_that_was_emptied_holds_nothing(pairs: list[tuple[str, int]]) -> None:
    index: FilterIndex[int] = FilterIndex()
    for topic_filter, value in pairs:
        index.add(topic_filter, value)
    index.discard("never/added", 0)
    for topic_filter, value in pairs:
        index.discard(topic_filter, value)
    assert index._root.children == {}
    assert index._root.values == {}


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=40))
def test_any_name_is_one_level_and_comes_back(name: str) -> None:
    level = to_level(name)
    assert from_level(level) == name
    assert not set(level) & set("/+#\x00\n")


@pytest.mark.parametrize("case", GOLDEN_LEVELS, ids=lambda case: ascii(case["name"]))
def test_names_as_golden_levels(case: dict[str, str]) -> None:
    assert to_level(case["name"]) == case["level"]
    assert from_level(case["level"]) == case["name"]
