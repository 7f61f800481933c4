"""Topics and topic filters: MQTT grammar (MQTT 5.0 section 4.7) from the device to the browser."""

import re
from typing import Generic, TypeVar
from urllib.parse import quote, unquote

from hub.errors import InvalidFilter, InvalidTopic

MAX_TOPIC_BYTES = 1024
MAX_LEVELS = 64

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_LEVEL_UNSAFE = re.compile(r"[/+#%\x00-\x1f\x7f-\x9f]")


def validate_topic(topic: str) -> str:
    """Give the topic back if it is a valid one; raises InvalidTopic with the reason."""
    reason = _unfit(topic)
    if reason is None and ("+" in topic or "#" in topic):
        reason = "has a wildcard"
    if reason is not None:
        raise InvalidTopic(f"Topic {topic[:80]!r} {reason}.")
    return topic


def validate_filter(topic_filter: str) -> str:
    """Give the topic filter back if it is a valid one; raises InvalidFilter with the reason."""
    reason = _unfit(topic_filter)
    if reason is None:
        levels = topic_filter.split("/")
        if "#" in topic_filter and ("#" in "".join(levels[:-1]) or (levels[-1] != "#" and "#" in levels[-1])):
            reason = "has '#' elsewhere than alone at the end"
        elif any("+" in level and level != "+" for level in levels):
            reason = "has '+' beside other characters of its level"
    if reason is not None:
        raise InvalidFilter(f"Filter {topic_filter[:80]!r} {reason}.")
    return topic_filter


def _unfit(text: str) -> str | None:
    if not text:
        return "is empty"
    if _CONTROL.search(text):
        return "has a control character"
    if len(text.encode()) > MAX_TOPIC_BYTES:
        return f"has over {MAX_TOPIC_BYTES} bytes"
    if text.count("/") >= MAX_LEVELS:
        return f"has over {MAX_LEVELS} levels"
    return None


def matches(topic_filter: str, topic: str) -> bool:
    """Whether a valid filter selects a valid topic; a wildcard as first level selects no topic that begins with `$`."""
    if topic[0] == "$" and topic_filter[0] in "+#":
        return False
    levels = topic.split("/")
    parts = topic_filter.split("/")
    for i, part in enumerate(parts):
        if part == "#":
            return True
        if i >= len(levels) or (part != "+" and part != levels[i]):
            return False
    return len(parts) == len(levels)


def covers(wide: str, narrow: str) -> bool:
    """Whether a valid filter selects every topic that another valid filter selects."""
    wide_parts, narrow_parts = wide.split("/"), narrow.split("/")
    if narrow_parts == ["#"]:
        # `#` alone has no level above it, so it selects what `+/#` does.
        narrow_parts = ["+", "#"]
    if wide_parts[0] in {"+", "#"} and narrow[0] == "$":
        return False
    for i, part in enumerate(wide_parts):
        if part == "#":
            return True
        if i >= len(narrow_parts) or narrow_parts[i] == "#" or part not in {"+", narrow_parts[i]}:
            return False
    return len(wide_parts) == len(narrow_parts)


def overlaps(one: str, other: str) -> bool:
    """Whether there is a topic that both valid filters select."""
    if (one[0] in "+#" and other[0] == "$") or (other[0] in "+#" and one[0] == "$"):
        return False
    if {one, other} == {"+", "/#"}:  # both would select the empty topic, which there is not
        return False
    parts, others = one.split("/"), other.split("/")
    for part, its in zip(parts, others, strict=False):
        if "#" in {part, its}:
            return True
        if part != its and "+" not in {part, its}:
            return False
    rest = parts[len(others) :] or others[len(parts) :]
    return rest in ([], ["#"])


def to_level(name: str) -> str:
    """Make any non-empty name one topic level: `/ + # %` and control characters percent-encoded as UTF-8."""
    return _LEVEL_UNSAFE.sub(lambda m: quote(m.group(), safe=""), name)


def from_level(level: str) -> str:
    """The name that `to_level` was given."""
    return unquote(level)


V = TypeVar("V")


class FilterIndex(Generic[V]):
    """A trie of topic filters: which values were put under a filter that selects a topic, without a scan over all."""

    def __init__(self) -> None:
        self._root: _Level[V] = _Level()

    def add(self, topic_filter: str, value: V) -> None:
        """Put a value under a valid filter; putting it twice is once."""
        level = self._root
        for part in topic_filter.split("/"):
            level = level.children.setdefault(part, _Level())
        level.values[value] = None

    def discard(self, topic_filter: str, value: V) -> None:
        """Take a value from under a filter; nothing happens where it is not."""
        path = [self._root]
        parts = topic_filter.split("/")
        for part in parts:
            below = path[-1].children.get(part)
            if below is None:
                return
            path.append(below)
        path[-1].values.pop(value, None)
        for part, above, level in zip(reversed(parts), reversed(path[:-1]), reversed(path), strict=False):
            if level.values or level.children:
                return
            del above.children[part]

    def match(self, topic: str) -> list[V]:
        """All values whose filters select the valid topic, each once, in the order they were met."""
        found: dict[V, None] = {}
        levels = topic.split("/")
        todo = [(self._root, 0)]
        while todo:
            level, depth = todo.pop()
            hidden = depth == 0 and topic[0] == "$"
            children = level.children
            if "#" in children and not hidden:
                found.update(children["#"].values)
            if depth == len(levels):
                found.update(level.values)
                continue
            if levels[depth] in children:
                todo.append((children[levels[depth]], depth + 1))
            if "+" in children and not hidden:
                todo.append((children["+"], depth + 1))
        return list(found)


class _Level(Generic[V]):
    __slots__ = ("children", "values")

    def __init__(self) -> None:
        self.children: dict[str, _Level[V]] = {}
        self.values: dict[V, None] = {}
