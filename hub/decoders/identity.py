"""Device ids: any family's own name for a device as one topic level."""

import re

from hub.decoders.base import Malformed
from hub.topics import to_level

MAX_NAME = 128
"""Characters of a device's own name; telemetry topics stay within MQTT's and the hub's limits."""

_UNFIT = re.compile(r"[\ud800-\udfff\ufffe\uffff]")


def fits(name: str) -> bool:
    """Whether a device can have this name: not blank, not too long, of characters that a topic may have."""
    return bool(name.strip()) and len(name) <= MAX_NAME and _UNFIT.search(name) is None


def device_id(name: str) -> str:
    """The device id of a family's name for it; raises Malformed for a name that does not fit."""
    if not fits(name):
        raise Malformed(f"{name[:40]!r} can't be the name of a device")
    return to_level(name)
