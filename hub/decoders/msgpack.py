"""MessagePack on any topic: objects as JSON has them; arrays on `…/msgpack` or `…/mp`."""

from datetime import UTC, datetime, timedelta

import msgpack

from hub.decoders.base import Decode, Knowledge, Malformed
from hub.decoders.binary_values import plain
from hub.decoders.packed import claim_packed

_WORDS = frozenset(("msgpack", "messagepack", "mp"))
_FIRST = frozenset((*range(0x80, 0xA0), 0xDC, 0xDD, 0xDE, 0xDF))
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class MessagePack:
    """Objects and arrays in MessagePack."""

    family = "msgpack"

    def claim(self, topic: str, payload: bytes, knowledge: Knowledge) -> Decode | None:  # noqa: ARG002 - learns nothing
        """Any topic that is not another convention's, where the payload begins as a map or an array."""
        if payload[:1] and payload[0] in _FIRST:
            return claim_packed(topic, payload, load=load_msgpack, words=_WORDS)
        return None


def load_msgpack(payload: bytes) -> object:
    """The document of a payload, up to its last byte, as plain JSON values; raises Malformed, Unsupported."""
    try:
        document = msgpack.unpackb(payload, strict_map_key=False, list_hook=_dated, object_hook=_dated_members)
    except (ValueError, TypeError, msgpack.UnpackException) as error:
        raise Malformed(f"no MessagePack: {str(error)[:80] or type(error).__name__}") from None
    return plain(_date(document))


def _dated(elements: list[object]) -> list[object]:
    return [_date(element) for element in elements]


def _dated_members(members: dict[object, object]) -> dict[object, object]:
    return {name: _date(value) for name, value in members.items()}


def _date(value: object) -> object:
    """The extension for moments as a date; one past the year 9999 is none."""
    if not isinstance(value, msgpack.Timestamp):
        return value
    try:
        return _EPOCH + timedelta(seconds=value.seconds, microseconds=value.nanoseconds // 1000)
    except OverflowError:
        return None
