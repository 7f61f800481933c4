"""JSON on any topic: `devices/kitchen/telemetry` `{"temperature":21.5,"humidity":40.2}`.

Flat or nested objects, arrays, and records of name, value and unit. The topic names the device, or a member such as
`deviceId` does; a clock, ids and an envelope's sequence number are no readings; units only where the message has them.
"""

from collections.abc import Sequence
from math import hypot

import orjson

from hub.decoders.base import NO_ATTRIBUTES, NO_UNITS, Decode, Decoded, Knowledge, Malformed, Unsupported
from hub.decoders.clock import moment
from hub.decoders.document import begins_document, exact, load
from hub.decoders.json_message import NoDevice, Reader, is_senml
from hub.decoders.members import is_clock, may_be_clock
from hub.decoders.places import levels_of, place_of_value, purpose_of, spoken_device
from hub.decoders.plans import shared_forms
from hub.decoders.reserved import is_reserved

_NUMBERS = frozenset((int, float, bool))
_EXACT = 2.0**62
"""A float past it may be a whole number that the fast codec has rounded."""


class Json:
    """JSON objects and arrays on topics that no other convention has laid out."""

    family = "json"

    def claim(self, topic: str, payload: bytes, knowledge: Knowledge) -> Decode | None:
        """Any topic that is not another convention's, where the payload begins an object or an array."""
        if not begins_document(payload) or is_reserved(topic):
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
        reader = Reader(levels, shared_forms(knowledge))
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

    __slots__ = ("_clock", "_device", "_keys", "_reader")

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._device = reader.device
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
            # One call bounds all of them: none is larger than the root of the sum of their squares.
            if _NUMBERS.issuperset(map(type, values)) and hypot(*values) < _EXACT:
                dated = self._clock is not None
                time = moment(document.pop(self._clock), now_ms) if dated else None
                # All members are given: defaults that are made cost as much as all else here.
                return [
                    Decoded(self._device, "telemetry", document, NO_UNITS, None, time, NO_ATTRIBUTES, (), not dated)
                ]
        return self._read(exact(payload, document), now_ms)

    def _read(self, document: object, now_ms: int) -> Sequence[Decoded]:
        found = self._reader.read(document, now_ms)
        self._keys = None
        if isinstance(document, dict) and not self._reader.tells_presence and _is_own(found[0], document, self._device):
            clocks = [name for name in document if name not in found[0].data]
            if not clocks or (len(clocks) == 1 and is_clock(clocks[0], document[clocks[0]])):
                self._keys = frozenset(document)
                self._clock = clocks[0] if clocks else None
        return found


def _is_own(found: Decoded, document: dict[str, object], device: str | None) -> bool:
    """Whether the readings are members of the object as they came, and all that was said."""
    bare = found.kind == "telemetry" and found.device == device and not found.units and bool(found.data)
    return bare and found.data.items() <= document.items() and not any(map(may_be_clock, found.data))
