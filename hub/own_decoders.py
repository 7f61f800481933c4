"""Decoders of one's own: packages that name them as entry points of the group `hub.decoders` (docs/decoders.md)."""

import logging
import math
from collections.abc import Iterable, Sequence
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from hub.decoders.base import Decode, Decoded, Decoder, Knowledge, Malformed, Unsupported
from hub.decoders.clock import LocalTime
from hub.decoders.document import MAX_WHOLE, MIN_WHOLE, has_control
from hub.decoders.identity import MAX_NAME, fits
from hub.decoders.leaves import MAX_KEY, MAX_LEAVES, MAX_TEXT
from hub.topics import to_level

log = logging.getLogger(__name__)

GROUP = "hub.decoders"
MAX_LOGGED = 10
"""Failures to claim that one decoder has in the log; further ones are counted alone."""


class InvalidAnswer(Exception):
    """A decoder of one's own gave what no decoder may give; the text says what."""


def load_own(found: Iterable[EntryPoint] | None = None) -> list["Guarded"]:
    """The decoders of installed packages, by name. What can't be loaded is logged and left out."""
    own = []
    for entry in sorted(entry_points(group=GROUP) if found is None else found, key=lambda entry: entry.name):
        try:
            own.append(Guarded(_loaded(entry)))
        except Exception:
            log.exception("The decoder %s (%s) can't be loaded; the hub goes on without it.", entry.name, entry.value)
    return own


def _loaded(entry: EntryPoint) -> Decoder:
    found: Any = entry.load()
    decoder: Decoder = found() if isinstance(found, type) else found
    if not isinstance(decoder.family, str) or not decoder.family or not callable(decoder.claim):
        raise InvalidAnswer("it has no family, or no claim")
    return decoder


class Guarded:
    """A decoder of one's own, whose mistakes cost no message but those it claims, and nobody else's."""

    def __init__(self, decoder: Decoder) -> None:
        self.family = decoder.family
        self.failures = 0
        self._decoder = decoder

    def claim(self, topic: str, payload: bytes, knowledge: Knowledge) -> Decode | None:
        """What the decoder says; where it fails the topic is not its own."""
        try:
            decode = self._decoder.claim(topic, payload, knowledge)
        except Exception:
            self.failures += 1
            if self.failures <= MAX_LOGGED:
                log.exception("The decoder %s failed to claim %r; others are asked.", self.family, topic[:200])
            return None
        return None if decode is None else self._checked(decode)

    def _checked(self, decode: Decode) -> Decode:
        def checked(payload: bytes, now_ms: int) -> Sequence[Decoded]:
            try:
                said = list(decode(payload, now_ms))
                for each in said:
                    check(each)
            except (Malformed, Unsupported):
                raise
            except Exception:
                self.failures += 1
                raise
            return said

        return checked


def check(said: object) -> None:
    """Raise InvalidAnswer for what can be no event: no Decoded, an unfit id, values that are no scalars."""
    if not isinstance(said, Decoded):
        raise InvalidAnswer(f"{type(said).__name__} instead of Decoded")
    device = said.device
    # Three characters for each that is percent-encoded.
    if device is not None and not (fits(device[:MAX_NAME]) and len(device) <= 3 * MAX_NAME and _is_level(device)):
        raise InvalidAnswer(f"{device[:40]!r} is no device id; hub.decoders.identity.device_id makes one")
    if len(said.data) > MAX_LEAVES:
        raise InvalidAnswer(f"over {MAX_LEAVES} values in one message")
    for key, value in said.data.items():
        if not isinstance(key, str) or not 0 < len(key) <= MAX_KEY or has_control(key):
            raise InvalidAnswer(f"{str(key)[:40]!r} is no key")
        if not _is_value(value):
            raise InvalidAnswer(f"{key[:40]} is a {type(value).__name__} that is no value")
    words = [*said.units.items(), *said.attributes.items()]
    if not all(isinstance(key, str) and isinstance(word, str) for key, word in words):
        raise InvalidAnswer("units and attributes are text by text")
    if said.status not in ("online", "offline", None):
        raise InvalidAnswer(f"{said.status!r} is no status")
    time = said.time.ms if isinstance(said.time, LocalTime) else said.time
    if time is not None and (type(time) is not int or not 0 <= time <= MAX_WHOLE):
        raise InvalidAnswer(f"{said.time!r} is no time in ms")


def _is_level(device: str) -> bool:
    return to_level(device.replace("%", "")) == device.replace("%", "")


def _is_value(value: object) -> bool:
    if isinstance(value, str):
        return len(value) <= MAX_TEXT
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, bool) or (isinstance(value, int) and MIN_WHOLE <= value <= MAX_WHOLE)
