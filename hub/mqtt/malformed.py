"""Stepping over a message that the codec can't read.

A broker that does not check topics passes on what a device sent. Closing the connection would not help: the broker
would send the same message again, for ever. So it is stepped over, acknowledged and counted.
"""

from typing import NamedTuple

_PUBLISH = 3
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
    if data[start] >> 4 != _PUBLISH or qos > 2:  # noqa: PLR2004 - there are three
        return None
    remaining, at = 0, start + 1
    for shift in range(_MAX_LENGTH_BYTES):
        if at >= len(data):
            return _PART
        remaining |= (data[at] & 0x7F) << 7 * shift
        at += 1
        if data[at - 1] < 0x80:  # noqa: PLR2004 - the bit that says: one more byte
            break
    else:
        return None
    end = at + remaining
    if end > len(data):
        return _PART
    if not qos:
        return Found(whole=True, length=end - start, qos=0, packet_id=0)
    at += 2 + int.from_bytes(data[at : at + 2], "big")
    if at + 2 > end:
        return None
    packet_id = int.from_bytes(data[at : at + 2], "big")
    return Found(whole=True, length=end - start, qos=qos, packet_id=packet_id) if packet_id else None
