"""What an event is found by: of everything that people and devices say beside values and states; pure."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

ROOTS = frozenset(("alarm", "chat", "command", "mapping", "registry", "room", "system"))
"""First levels of the topics whose events are found."""

VERSION = 1
"""Raised with each change of what an event is found by: what stores keep is then made anew."""

MAX_TEXT_CHARS = 4_000
MAX_QUERY_CHARS = 200

_OF_DEVICES = frozenset(("alarm", "command", "registry"))
_USERS = ("author", "by", "user")


class Entry(NamedTuple):
    """The device and the user that an event is about (empty: none), and all that it says in words."""

    device: str
    user: str
    text: str


def is_found(topic: str) -> bool:
    """Whether events of a topic are found."""
    return topic.partition("/")[0] in ROOTS


def entry_of(topic: str, data: Mapping[str, Any]) -> Entry:
    """What an event of a topic is found by."""
    levels = topic.split("/", 2)
    device = levels[1] if levels[0] in _OF_DEVICES and len(levels) > 1 else data.get("device")
    user = next((data[name] for name in _USERS if isinstance(data.get(name), str)), "")
    words = " ".join((*levels[1:], *_words(data)))
    return Entry(device if isinstance(device, str) else "", user, words[:MAX_TEXT_CHARS])


def words_of(query: str) -> list[str]:
    """The words that must all be in a text, each as its begin; what is no letter or digit only parts them."""
    kept = "".join(one if one.isalnum() else " " for one in query[:MAX_QUERY_CHARS])
    return kept.split()


def _words(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _words(one)
    elif isinstance(value, list):
        for one in value:
            yield from _words(one)
