"""Passing on as it came: a message with the members of the one before, and other numbers, needs no decoding.

`{"temperature":21.5,"on":true}` is an event's data as it stands. A regular expression of the object's form tells that
the next one is, too, in a third of the time that reading it, telling what it says and writing it again takes.
"""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache

from hub.decoders.base import Decoded
from hub.decoders.tally import Tally
from hub.events import TELEMETRY_PREFIX, Scalar, head_of

MAX_MEMBERS = 64
"""An object of more is not worth the time that its form takes to prepare."""
MAX_FORMS = 4096
"""Forms kept, shared by all devices that send alike; past it the one that was asked for longest ago goes."""

_NUMBER = rb"-?(?:0|[1-9][0-9]{0,15})(?:\.[0-9]{1,16})?"
"""RFC 8259 without exponents; sixteen digits are exact in 64 bits, and far below where the codec rounds."""
_BOOLEAN = rb"(?:true|false)"
_MEMBER = re.compile(rb'\s*"([^"\\\s]*)"\s*:\s*(?:(' + _NUMBER + rb")|(" + _BOOLEAN + rb"))\s*")
_BLANKS = b" \t\r\n"

Form = Callable[[bytes], object]


class Passage:
    """How messages of one topic are passed on; `said` is what an earlier one said, which holds but for the numbers.

    `topic` is that of their events, and `head` what these begin with. `quiet` is for whoever tells of devices: until
    when, and as of which of its changes, such a message tells nothing new of its device.
    """

    __slots__ = ("_form", "_spaced", "_tally", "head", "quiet", "said", "topic")

    def __init__(self, tally: Tally, said: Decoded, form: Form, *, spaced: bool) -> None:
        self.said = said
        self.topic = f"{TELEMETRY_PREFIX}{said.device}"
        self.head = head_of(self.topic)
        self.quiet = (0, 0)
        self._tally = tally
        self._form = form
        self._spaced = spaced

    @property
    def family(self) -> str:
        """Whose decoder read the earlier one."""
        return self._tally.family

    def data(self, payload: bytes) -> bytes | None:
        """The data of the event that a message is, as JSON, and it counts as decoded; None where it must be decoded."""
        if not self._form(payload):
            return None
        self._tally.decoded += 1
        return payload.translate(None, _BLANKS) if self._spaced else payload


def passage_of(tally: Tally, said: Decoded, payload: bytes) -> Passage | None:
    """A passage for messages like this one, whose data are the members of the payload; None where there can be none."""
    pattern = _pattern(payload, said.data)
    if pattern is None:
        return None
    return Passage(tally, said, _form(pattern), spaced=payload != payload.translate(None, _BLANKS))


def _pattern(payload: bytes, data: Mapping[str, Scalar]) -> bytes | None:
    """The regular expression of a flat object's form: its names and blanks as they are, numbers of any value."""
    if not payload.startswith(b"{") or not payload.endswith(b"}") or len(data) > MAX_MEMBERS:
        return None
    at, end = 1, len(payload) - 1
    names, parts = [], []
    while (member := _MEMBER.match(payload, at, end)) is not None:
        value = _NUMBER if member[2] is not None else _BOOLEAN
        begun, ended = member.span(2 if value is _NUMBER else 3)
        parts.append(re.escape(payload[at:begun]) + value + re.escape(payload[ended : member.end()]))
        names.append(member[1].decode())
        at = member.end() + 1
    # A name that is there twice, or whose value is no number, is not among them as it is among the data.
    whole = at == end + 1 and payload.count(b",", 0, end) == len(parts) - 1
    return rb"\{" + b",".join(parts) + rb"\}" if whole and names == [*data] else None


@lru_cache(maxsize=MAX_FORMS)
def _form(pattern: bytes) -> Form:
    return re.compile(pattern).fullmatch
