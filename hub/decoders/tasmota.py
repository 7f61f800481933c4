"""Tasmota: `tele/<topic>/SENSOR`, `stat/<topic>/POWER1`, `cmnd/<topic>/…`, `tele/<topic>/LWT`, `tasmota/discovery/#`.

The order of the prefix and the device's topic is free (FullTopic); the prefix word is looked for on any level, and
discovery says exactly where it is. One object per sensor chip is flattened with dots: `AM2301.Temperature`.
"""

import re
from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from hub.decoders.base import Decode, Decoded, Knowledge
from hub.decoders.identity import device_id, fits
from hub.decoders.tasmota_discovery import DISCOVERY, Discovered, claim_discovery
from hub.decoders.tasmota_messages import Reader

_WORD = re.compile(r"[A-Z][A-Z0-9_]*")
_COMMAND = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_PREFIXES = frozenset(("cmnd", "stat", "tele"))
_MIN_LEVELS = 3


class _Route(NamedTuple):
    """Who speaks on a topic, by which prefix, with which word."""

    prefix: str
    device: str
    word: str


class Tasmota:
    """Devices with the Tasmota firmware."""

    family = "tasmota"

    def claim(self, topic: str, payload: bytes, knowledge: Knowledge) -> Decode | None:  # noqa: ARG002 - topic decides
        """Topics with a prefix word before or behind a device's topic, those that discovery has told, and discovery."""
        discovered = Discovered(knowledge.of(self.family))
        if topic.startswith(DISCOVERY):
            return claim_discovery(topic.removeprefix(DISCOVERY), discovered)
        route = _told(topic, discovered) or _guessed(topic)
        if route is None:
            return None
        if route.prefix == "cmnd":
            return partial(_command, device_id(route.device))
        return _reader(route, discovered)


def _told(topic: str, discovered: Discovered) -> _Route | None:
    """The route by what discovery has told."""
    path, _, word = topic.rpartition("/")
    found = discovered.route(path)
    return None if found is None else _Route(found[0], found[1], word)


def _guessed(topic: str) -> _Route | None:
    """The route by the first prefix word on the topic's levels."""
    levels = topic.split("/")
    if _PREFIXES.isdisjoint(levels) or len(levels) < _MIN_LEVELS:
        return None
    at = next(i for i, level in enumerate(levels) if level in _PREFIXES)
    if at == len(levels) - 1:
        return None
    # A topic of several levels can't be told from what is before it, where the prefix is last; its last level is kept.
    device = levels[at - 1] if at == len(levels) - 2 else "/".join(levels[at + 1 : -1])
    pattern = _COMMAND if levels[at] == "cmnd" else _WORD
    if not fits(device) or pattern.fullmatch(levels[-1]) is None:
        return None
    return _Route(levels[at], device, levels[-1])


def _command(device: str, payload: bytes, _now_ms: int) -> Sequence[Decoded]:
    """What is sent to a device; an empty payload asks for the present value."""
    return [Decoded(device, "command" if payload else "request")]


def _reader(route: _Route, discovered: Discovered) -> Decode:
    reader = Reader(device_id(route.device), discovered)
    word = route.word
    read: dict[str, Decode] = {
        "LWT": reader.will,
        "SENSOR": reader.sensor,
        "STATE": reader.state,
        "RESULT": partial(reader.result, route.prefix),
        "LOGGING": reader.log,
        "UPGRADE": reader.response,
    }
    if word in read:
        return read[word]
    if re.fullmatch(r"(?:INFO\d?|HASS_STATE|STATUS\d*)", word):
        return reader.status
    return partial(reader.word, route.prefix, word)
