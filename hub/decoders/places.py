"""Topics that nobody laid out for us: which level is the device, and which name the quantity.

`…/<device>/<quantity>` for a single value, `…/<device>` or `…/<device>/<word for a message>` for a document. The first
level of three or more is a site or a project and no part of the id; of what is between, all is, since
`floor1/sensor1` and `floor2/sensor1` are two devices. `devices/<id>/…` is said plainly and always taken by its word.
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple

from hub.decoders.identity import fits
from hub.topics import to_level

MAX_LEVELS = 16
"""Levels of a topic that a device can be guessed from; nothing can be said of deeper ones."""

Purpose = Literal["values", "command", "request", "log"]

_DEVICES = "devices"
_DEVICE = "device"
_SHORT = 3
_MESSAGE_WORDS = frozenset((
    "telemetry", "data", "up", "uplink", "event", "events", "state", "status", "sensor", "sensors", "tele", "json",
    "value", "values", "measurement", "measurements", "reading", "readings", "report", "update", "message", "messages",
    "msg", "info", "metrics", "attributes", "properties", "out", "tx", "pub", "publish", "lwt", "availability",
    "available", "heartbeat", "online", "connection", "connected", "connectivity", "presence", "alive",
))  # fmt: skip
_PARTS = frozenset((
    "device", "info", "status", "data", "sensor", "sensors", "value", "values", "telemetry", "network", "system", "sys",
    "wifi", "config", "settings", "stats", "attributes", "metrics",
))  # fmt: skip
"""Levels that are a part of the device before them, never a device."""
_COMMANDS = frozenset(("set", "cmd", "cmnd", "command", "commands"))
_REQUESTS = frozenset(("get", "request"))
_LOGS = frozenset(("log", "logs", "logging", "debug"))
_MAX_INDEX_DIGITS = 2


class Place(NamedTuple):
    """The device of a topic and the name of what is sent there; `explicit` where the topic says so in words."""

    device: str
    path: tuple[str, ...] = ()
    explicit: bool = False


def levels_of(topic: str) -> list[str]:
    """The levels of a topic that have a name; a slash at its start or end makes none."""
    return [level for level in topic.split("/") if level.strip()]


def purpose_of(levels: list[str]) -> Purpose:
    """What messages of the topic are for: a topic for what is sent to a device holds no values of it."""
    at = _word_at(levels)
    levels = levels if at is None else levels[at + 2 :]
    for level in (word.lower() for word in levels[-2:]):
        if level in _COMMANDS:
            return "command"
    last = levels[-1].lower() if levels else ""
    if last in _REQUESTS:
        return "request"
    return "log" if last in _LOGS else "values"


def place_of_value(levels: list[str]) -> Place | None:
    """Where a single value belongs, or None."""
    place = _spoken(levels)
    if place is not None:
        return place if place.path else place._replace(path=("value",))
    if not 0 < len(levels) <= MAX_LEVELS:
        return None
    if len(levels) == 1:
        return None if levels[0].lower() in _MESSAGE_WORDS else _place(levels, levels)
    if len(levels) < _SHORT:
        return _place(levels[:1], levels[1:])
    return _split(levels, len(levels) - 1)


def spoken_device(levels: Sequence[str]) -> str | None:
    """The device of a topic that says `devices/<id>/…`, else None."""
    place = _spoken(levels)
    return place and place.device


def place_of_document(levels: list[str]) -> Place | None:
    """Where the members of a document belong, or None where only the document itself can say."""
    place = _spoken(levels)
    if place is not None:
        return Place(place.device, _without_message_words(place.path), explicit=True)
    named = _without_message_words(tuple(levels))
    if not named or len(levels) > MAX_LEVELS:
        return None
    return _place(named, ()) if len(named) == 1 else _split(named, len(named))


def _without_message_words(levels: tuple[str, ...]) -> tuple[str, ...]:
    end = len(levels)
    while end and levels[end - 1].lower() in _MESSAGE_WORDS:
        end -= 1
    return levels[:end]


def _spoken(levels: Sequence[str]) -> Place | None:
    """The place where the topic says `devices/<id>`."""
    at = _word_at(levels)
    place = None if at is None else _place(levels[at + 1 : at + 2], levels[at + 2 :])
    return place and Place(place.device, place.path, explicit=True)


def _word_at(levels: Sequence[str]) -> int | None:
    """Where the word `devices` is (or, as the first level, `device`) with a level for the id behind it."""
    for i, level in enumerate(levels[: min(MAX_LEVELS, len(levels) - 1)]):
        # By its length first: nearly all are other words, and this is asked for every new topic.
        if len(level) == len(_DEVICES) and level.lower() == _DEVICES:
            return i
        if i == 0 and len(level) == len(_DEVICE) and level.lower() == _DEVICE:
            return i
    return None


def _split(levels: Sequence[str], end: int) -> Place | None:
    """The device is between the first level and `end`, or a level before it that names a part of the device."""
    for i in range(2, end):
        if levels[i].lower() in _PARTS:
            return _place(levels[1:i], levels[i:])
    last = levels[-1]
    if end < len(levels) and end > _SHORT - 1 and last.isdecimal() and len(last) <= _MAX_INDEX_DIGITS:
        end -= 1
    return _place(levels[1:end], levels[end:])


def _place(device: Sequence[str], path: Sequence[str]) -> Place | None:
    name = "/".join(device)
    return Place(to_level(name), tuple(path)) if fits(name) else None
