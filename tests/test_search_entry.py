from typing import Any

import pytest

from hub.search_entry import MAX_NAME_CHARS, MAX_TEXT_CHARS, Entry, entry_of, is_found, words_of


@pytest.mark.parametrize(
    ("topic", "found"),
    [("chat/ops", True), ("system/audit/access", True), ("telemetry/a", False), ("device/a", False), ("chat", True)],
)
def test_what_is_found(topic: str, *, found: bool) -> None:
    assert is_found(topic) is found


@pytest.mark.parametrize(
    ("topic", "data", "entry"),
    [
        ("chat/ops", {"text": "Pump down", "author": "anna", "id": "x"}, Entry("", "anna", "ops pump down anna x")),
        ("command/pump/1", {"name": "on", "by": "ivan", "n": 1}, Entry("pump", "ivan", "pump 1 on ivan")),
        ("registry/pump", {"tags": ["Hall", {"a": "b"}], "by": 3}, Entry("pump", "", "pump hall b")),
        ("system/audit/access", {"user": "anna", "device": "pump"}, Entry("pump", "anna", "audit access anna pump")),
        ("connectivity/pump", {"state": "offline", "device": "x"}, Entry("pump", "", "pump offline x")),
        ("alarm", {"device": 7}, Entry("", "", "")),
        ("chat/ops", {"text": "E\u0301t\0é, läuft!", "author": "a\0b"}, Entry("", "ab", "ops et e lauft a b")),
    ],
)
def test_what_it_is_found_by(topic: str, data: dict[str, Any], entry: Entry) -> None:
    assert entry_of(topic, 0, data) == entry


@pytest.mark.parametrize(
    ("data", "found"),
    [
        ({"desired": {"a": 1}, "since": {"a": 9_000, "b": 7}}, True),
        ({"desired": {"a": 1}, "since": {"a": 8_000, "b": 7}}, False),
        ({"desired": {"a": 1}, "since": {}}, True),
        ({"desired": {}, "since": {}}, True),
        ({"desired": {"a": 1}, "since": "x"}, True),
    ],
)
def test_of_a_twin_wishes_are_found(data: dict[str, Any], *, found: bool) -> None:
    assert (entry_of("twin/pump", 10_000, data) is not None) is found


def test_what_is_long_is_cut() -> None:
    entry = entry_of("chat/ops", 0, {"text": "\ufdfa" * 9_000, "author": "x" * 9_000})
    assert entry is not None
    assert (len(entry.text), len(entry.user)) == (MAX_TEXT_CHARS, MAX_NAME_CHARS)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("pump DOWN", ["pump", "down"]),
        ('"; DROP TABLE x --', ["drop", "table", "x"]),
        ("* - \" '", []),
        ("é-ё", ["e", "е"]),  # noqa: RUF001 - a Cyrillic letter
        ("a:* & !b", ["a", "b"]),
    ],
)
def test_words_of_a_query(query: str, words: list[str]) -> None:
    assert words_of(query) == words
