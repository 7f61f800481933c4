"""What an event is found by: of everything that people and devices say beside values; pure."""

import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

ROOTS = frozenset(("alarm", "chat", "command", "connectivity", "mapping", "registry", "room", "system", "twin"))
"""First levels of the topics whose events are found."""

VERSION = 2
"""Raised with each change of what an event is found by: what stores keep is then made anew."""

MAX_TEXT_CHARS = 4_000
MAX_NAME_CHARS = 512
"""What is longer is cut; an index takes no more."""
MAX_QUERY_CHARS = 200

WISH_MS = 2_000
"""Of a twin, the event that brings a wish is found; how far the device is with it is told up to once a second."""

_OF_DEVICES = frozenset(("alarm", "command", "connectivity", "registry", "twin"))
_USERS = ("author", "by", "user")


class Entry(NamedTuple):
    """The device and the user that an event is about (empty: none), and the words of all that it says."""

    device: str
    user: str
    text: str


def is_found(topic: str) -> bool:
    """Whether events of a topic are found."""
    return topic.partition("/")[0] in ROOTS


def entry_of(topic: str, time: int, data: Mapping[str, Any]) -> Entry | None:
    """What an event of a topic and a time (ms) is found by; None: it is one of those that are not."""
    root, *levels = topic.split("/", 2)
    if root == "twin" and not _brings_a_wish(time, data):
        return None
    device = levels[0] if root in _OF_DEVICES and levels else data.get("device")
    user = next((data[name] for name in _USERS if isinstance(data.get(name), str)), "")
    words = _folded(" ".join((*levels, *_words(data)))[:MAX_TEXT_CHARS])[:MAX_TEXT_CHARS]
    return Entry(name_of(device) if isinstance(device, str) else "", name_of(user), words)


def name_of(text: str) -> str:
    """A device's or a user's name as it is kept, and looked for."""
    return text.replace("\0", "")[:MAX_NAME_CHARS]


def words_of(query: str) -> list[str]:
    """The words that must all be in a text, each as its begin; what is no letter or digit only parts them."""
    return _folded(query[:MAX_QUERY_CHARS]).split()


def _folded(text: str) -> str:
    # Capitals, accents and ways to write a letter do not matter. A mark parts no word: there may be more of them.
    plain = unicodedata.normalize("NFKD", text.casefold())
    kept = "".join(
        one if one.isalnum() else " " for one in plain if one.isascii() or not unicodedata.category(one).startswith("M")
    )
    return " ".join(kept.split())


def _brings_a_wish(time: int, data: Mapping[str, Any]) -> bool:
    since, desired = data.get("since"), data.get("desired")
    if not desired or not isinstance(since, Mapping):
        return True
    return max((at for at in since.values() if isinstance(at, int)), default=time) > time - WISH_MS


def _words(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _words(one)
    elif isinstance(value, list):
        for one in value:
            yield from _words(one)
