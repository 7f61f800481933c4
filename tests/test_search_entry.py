from typing import Any

import pytest

from hub.search_entry import MAX_TEXT_CHARS, Entry, entry_of, is_found, words_of


@pytest.mark.parametrize(
    ("topic", "found"),
    [("chat/ops", True), ("system/audit/access", True), ("telemetry/a", False), ("device/a", False), ("chat", True)],
)
def test_what_is_found(topic: str, *, found: bool) -> None:
    assert is_found(topic) is found


@pytest.mark.parametrize(
    ("topic", "data", "entry"),
    [
        ("chat/ops", {"text": "Pump down", "author": "anna", "id": "x"}, Entry("", "anna", "ops Pump down anna x")),
        ("command/pump/1", {"name": "on", "by": "ivan", "n": 1}, Entry("pump", "ivan", "pump 1 on ivan")),
        ("registry/pump", {"tags": ["Hall", {"a": "b"}], "by": 3}, Entry("pump", "", "pump Hall b")),
        ("system/audit/access", {"user": "anna", "device": "pump"}, Entry("pump", "anna", "audit access anna pump")),
        ("alarm", {"device": 7}, Entry("", "", "")),
    ],
)
def test_what_it_is_found_by(topic: str, data: dict[str, Any], entry: Entry) -> None:
    assert entry_of(topic, data) == entry


def test_a_long_text_is_cut() -> None:
    assert len(entry_of("chat/ops", {"text": "x" * 9_000}).text) == MAX_TEXT_CHARS


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("pump DOWN", ["pump", "DOWN"]),
        ('"; DROP TABLE x --', ["DROP", "TABLE", "x"]),
        ("* - \" '", []),
        ("é-ё", ["é", "ё"]),
    ],
)
def test_words_of_a_query(query: str, words: list[str]) -> None:
    assert words_of(query) == words
