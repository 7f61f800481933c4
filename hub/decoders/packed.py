"""Binary documents on topics that nobody laid out: what JSON would say there, in fewer bytes."""

from collections.abc import Callable, Sequence

from hub.decoders.base import NO_ATTRIBUTES, NO_UNITS, Decode, Decoded, Malformed, Unsupported
from hub.decoders.json_message import NoDevice, Reader
from hub.decoders.members import may_be_clock
from hub.decoders.places import levels_of, purpose_of, spoken_device
from hub.decoders.reserved import is_reserved

Load = Callable[[bytes], object]

_NUMBERS = frozenset((int, float, bool))


def claim_packed(topic: str, payload: bytes, *, load: Load, words: frozenset[str]) -> Decode | None:
    """The decoder of a topic whose first payload is a document in a binary format, or None.

    The format marks nothing, so a payload is taken for it if it is an object with names, used up to its last byte; an
    array only where a level of the topic (`words`) says the format.
    """
    if is_reserved(topic):
        return None
    levels = levels_of(topic)
    rest = [level for level in levels if level.lower() not in words]
    try:
        document = load(payload)
    except (Malformed, Unsupported):
        return None
    if not _is_document(document) and len(rest) == len(levels):
        return None
    purpose = purpose_of(rest)
    if purpose in ("command", "request"):
        told = [Decoded(spoken_device(rest), purpose)]
        return lambda _payload, _now_ms: told
    reader = Reader(rest)
    try:
        reader.read(document, 0)
    except (NoDevice, Malformed):
        return None
    except Unsupported:
        pass
    return _Messages(reader, load).decode


def _is_document(document: object) -> bool:
    return isinstance(document, dict) and bool(document) and all(name.isprintable() and name for name in document)


class _Messages:
    """The messages of one topic."""

    __slots__ = ("_keys", "_load", "_reader")

    def __init__(self, reader: Reader, load: Load) -> None:
        self._reader = reader
        self._load = load
        self._keys: frozenset[str] | None = None

    def decode(self, payload: bytes, now_ms: int) -> Sequence[Decoded]:
        document = self._load(payload)
        # An object of numbers with the members of the one before is passed on as it is.
        if (
            type(document) is dict
            and document.keys() == self._keys
            and _NUMBERS.issuperset(map(type, document.values()))
        ):
            return [Decoded(self._reader.device, "telemetry", document, NO_UNITS, None, None, NO_ATTRIBUTES)]
        found = self._reader.read(document, now_ms)
        bare = [Decoded(self._reader.device, "telemetry", document)] if isinstance(document, dict) else None
        may_differ = self._reader.tells_presence or bare is None or any(map(may_be_clock, found[0].data))
        self._keys = None if may_differ or found != bare else frozenset(found[0].data)
        return found
