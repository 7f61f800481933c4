"""JSON on any topic: `devices/kitchen/telemetry` `{"temperature":21.5,"humidity":40.2}`.

Flat or nested objects, arrays, and records of name, value and unit. The topic names the device, or a member such as
`deviceId` does; a clock, ids and an envelope's sequence number are no readings; units only where the message has them.
"""

from collections.abc import Sequence

import orjson

from hub.decoders.base import NO_ATTRIBUTES, NO_UNITS, Decode, Decoded, Knowledge, Malformed, Unsupported
from hub.decoders.clock import moment
from hub.decoders.document import BOM, load
from hub.decoders.json_message import NoDevice, Reader, is_senml
from hub.decoders.members import is_clock, is_identifier
from hub.decoders.places import levels_of, place_of_document, place_of_value, purpose_of, spoken_device
from hub.decoders.reserved import is_reserved

_NUMBERS = frozenset((int, float, bool))
_TOO_LARGE = 2**63
"""From here on a float may be a whole number that the fast codec has rounded."""


class Json:
    """JSON objects and arrays on topics that no other convention has laid out."""

    family = "json"

    def claim(self, topic: str, payload: bytes, knowledge: Knowledge) -> Decode | None:  # noqa: ARG002 - learns nothing
        """Any topic that is not another convention's, where the payload begins an object or an array."""
        if not payload.removeprefix(BOM).lstrip().startswith((b"{", b"[")) or is_reserved(topic):
            return None
        levels = levels_of(topic)
        purpose = purpose_of(levels)
        if purpose in ("command", "request"):
            told = [Decoded(spoken_device(levels), purpose)]
            return lambda _payload, _now_ms: told
        if purpose == "log":
            speaker = place_of_value(levels)
            told = [Decoded(speaker and speaker.device, "log")]
            return lambda _payload, _now_ms: told
        reader = Reader(place_of_document(levels), topic_word=levels[-1] if levels else "")
        return _Messages(reader).decode if _is_readable(reader, payload) else None


def _is_readable(reader: Reader, payload: bytes) -> bool:
    """Whether something can come of the topic's messages, judged by the first one; a broken one is told later."""
    try:
        document = load(payload)
        if is_senml(document):
            return False
        reader.read(document, 0)
    except NoDevice:
        return False
    except (Malformed, Unsupported):
        return reader.place is not None
    return True


class _Messages:
    """The messages of one topic. An object of numbers with the members of the one before is passed on as it is."""

    __slots__ = ("_clock", "_keys", "_reader")

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._keys: frozenset[str] | None = None
        self._clock: str | None = None

    def decode(self, payload: bytes, now_ms: int) -> Sequence[Decoded]:
        """What a message says; raises Malformed, Unsupported."""
        try:
            document = orjson.loads(payload)
        except orjson.JSONDecodeError:
            return self._read(load(payload), now_ms)
        if type(document) is dict and document.keys() == self._keys:
            values = document.values()
            if _NUMBERS.issuperset(map(type, values)) and -_TOO_LARGE < min(values) <= max(values) < _TOO_LARGE:
                clock = None if self._clock is None else moment(document.pop(self._clock), now_ms)
                return [
                    Decoded(self._reader.device, "telemetry", document, NO_UNITS, None, clock, NO_ATTRIBUTES)
                ]  # all given: defaults that are made cost as much as the rest
        return self._read(load(payload), now_ms)

    def _read(self, document: object, now_ms: int) -> Sequence[Decoded]:
        found = self._reader.read(document, now_ms)
        self._keys = None
        if isinstance(document, dict) and len(found) == 1:
            clocks = [name for name in document if name not in found[0].data]
            if self._is_flat(found[0], document, clocks):
                self._keys = frozenset(document)
                self._clock = clocks[0] if clocks else None
        return found

    def _is_flat(self, found: Decoded, document: dict[str, object], clocks: list[str]) -> bool:
        """Whether the values were the object's own members, all but a clock, and nothing else was said."""
        plain = found.kind == "telemetry" and found.status is None and not found.units and bool(found.data)
        own = found.device == self._reader.device and len(found.data) + len(clocks) == len(document)
        one_clock = len(clocks) < 2 and all(is_clock(name) and not is_identifier(name) for name in clocks)
        return plain and own and one_clock and all(document.get(key) is value for key, value in found.data.items())
