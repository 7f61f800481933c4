"""Stepping over a message that the codec can't read.

A broker that does not check topics passes on what a device sent. Closing the connection would not help: the broker
would send the same message again, for ever. So it is stepped over, acknowledged and counted.
"""

from typing import NamedTuple

_PUBLISH = 3
_NO_QOS = 3
_MORE = 0x80
_MAX_LENGTH_BYTES = 4


class Found(NamedTuple):
    """Where a PUBLISH lies; `whole` is false while bytes of it are missing. `packet_id` is 0 at QoS 0."""

    whole: bool
    length: int
    qos: int
    packet_id: int


_PART = Found(whole=False, length=0, qos=0, packet_id=0)


def find_publish(data: bytes | bytearray, start: int) -> Found | None:
    """The PUBLISH that begins at `start` (MQTT 5.0 section 3.3); None where it is none or its frame is broken."""
    qos = data[start] >> 1 & 3
    if data[start] >> 4 != _PUBLISH or qos == _NO_QOS:
        return None
    remaining, at = _length(data, start + 1)
    if at is None:
        return _PART if len(data) - start <= _MAX_LENGTH_BYTES else None
    end = at + remaining
    if end > len(data):
        return _PART
    at += 2 + int.from_bytes(data[at : at + 2], "big")
    packet_id = int.from_bytes(data[at : min(at + 2, end)], "big") if qos else 0
    if qos and not packet_id:
        return None
    return Found(whole=True, length=end - start, qos=qos, packet_id=packet_id)


def _length(data: bytes | bytearray, at: int) -> tuple[int, int | None]:
    """A variable byte integer and where it ends; None where that is not to be seen."""
    value = 0
    for shift, byte in enumerate(data[at : at + _MAX_LENGTH_BYTES]):
        value |= (byte & 0x7F) << 7 * shift
        if not byte & _MORE:
            return value, at + shift + 1
    return value, None
