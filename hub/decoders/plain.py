"""Plain values: `sensors/kitchen/temperature` `21.5`, one value of one device on each topic.

Numbers, true and false, words; a unit where it is written behind the number; `online` and `offline` where the topic is
about that. Commas in numbers, leading zeros and digits past 64 bits stay text: what they mean can't be known.
"""

import re
from collections.abc import Sequence

import orjson

from hub.decoders.base import NO_ATTRIBUTES, NO_UNITS, Decode, Decoded, Kind, Knowledge, Malformed, Unsupported
from hub.decoders.document import begins_document, read_text
from hub.decoders.leaves import MAX_TEXT, is_blob
from hub.decoders.numerals import quantity
from hub.decoders.places import Place, levels_of, place_of_value, purpose_of, spoken_device
from hub.decoders.presence import presence
from hub.decoders.reserved import is_reserved
from hub.decoders.shared import SharedUnits

_LINE_PROTOCOL = re.compile(rb"[^\s,=]+(?:(?:,[^\s,=]+=[^\s,=]+)+ [^\s=]+=\S| [^\s=]+=\S+ [0-9]{19}\s*$)")
_NMEA = re.compile(r"\$[A-Z]{5},.*\*[0-9A-F]{2}")
_BINARY = {
    b"\xff\xd8\xff": "a JPEG picture",
    b"\x89PNG": "a PNG picture",
    b"GIF8": "a GIF picture",
    b"\x1f\x8b": "gzip data",
    b"%PDF": "a PDF document",
    b"PK\x03\x04": "a ZIP archive",
    b"<": "XML",
}


class Plain:
    """Whatever is one word or number on a topic that no other convention has laid out."""

    family = "plain"

    def claim(self, topic: str, payload: bytes, knowledge: Knowledge) -> Decode | None:  # noqa: ARG002 - learns nothing
        """Any topic that is not another convention's, where the payload is neither JSON nor a line for InfluxDB."""
        if is_reserved(topic) or begins_document(payload) or _LINE_PROTOCOL.match(payload):
            return None
        levels = levels_of(topic)
        purpose = purpose_of(levels)
        if purpose in ("command", "request"):
            told = [Decoded(spoken_device(levels), purpose)]
            return lambda _payload, _now_ms: told
        place = place_of_value(levels)
        if place is None:
            return None
        if purpose == "log":
            told = [Decoded(place.device, "log")]
            return lambda _payload, _now_ms: told
        return _Values(place).decode


class _Values:
    """The values of one topic."""

    __slots__ = ("_device", "_key", "_name", "_units")

    def __init__(self, place: Place) -> None:
        self._device = place.device
        self._key = ".".join(place.path)
        # What a part of the device says of itself is not the device's presence.
        self._name = self._key if len(place.path) == 1 else ""
        self._units = SharedUnits()

    def decode(self, payload: bytes, _now_ms: int) -> Sequence[Decoded]:
        """What a message says; raises Malformed, Unsupported."""
        text = _word(payload)
        if text in ("", "null"):
            # Without a single byte it clears what the broker has kept; else it says that there is no value.
            return [Decoded(self._device, "telemetry" if payload else "removal")]
        status = presence(self._name, text)
        if status is not None:
            return [Decoded(self._device, "presence", status=status)]
        value, unit = quantity(text)
        if isinstance(value, str):
            _expect_word(value)
        units = NO_UNITS if unit is None else self._units.of({self._key: unit})
        kind: Kind = "state" if isinstance(value, str) else "telemetry"
        return [Decoded(self._device, kind, {self._key: value}, units, None, None, NO_ATTRIBUTES)]


def _word(payload: bytes) -> str:
    """The text of a payload that is one value; raises Malformed, Unsupported."""
    for beginning, name in _BINARY.items():
        if payload.startswith(beginning):
            raise Unsupported(name)
    if begins_document(payload):
        raise Malformed("JSON where plain values are sent")
    text = read_text(payload)
    if text.startswith('"') and text.endswith('"') and len(text) > 1:
        try:
            text = str(orjson.loads(text)).strip()
        except orjson.JSONDecodeError:
            raise Malformed("a quoted text that is no JSON string") from None
    if len(text) > MAX_TEXT:
        raise Unsupported(f"a text of {len(text)} characters")
    return text


def _expect_word(text: str) -> None:
    """Raise Unsupported where a text is a document or bytes in a form of its own, Malformed where others read that."""
    if "\n" in text:
        raise Unsupported("several lines")
    if _NMEA.fullmatch(text):
        raise Unsupported("an NMEA sentence")
    if _LINE_PROTOCOL.match(text.encode()):
        raise Malformed("a line for InfluxDB")
    if is_blob(text):
        raise Unsupported("bytes as hexadecimal or base64 text, or a UUID")
