"""What a topic shape alone says: which of its levels name a device and a quantity, and what to call a mapping of it."""

import re

PAYLOAD_KEY = "value"
"""The key of a lone value whose topic has no level left to name it."""

_NO_NAME = re.compile(r"[^\w.-]+")


def from_levels(shape: str) -> tuple[str, str]:
    """The templates of device and key by the topic's levels alone: what varies names the device."""
    levels = shape.split("/")
    varying = [at for at, level in enumerate(levels, 1) if level == "+"]
    last = len(levels)
    if not varying:
        # A lone topic: its last level is a quantity, if there is one above it that can be the device.
        return (f"{{{last - 1}}}", f"{{{last}}}") if last > 1 else ("{1}", PAYLOAD_KEY)
    if last in varying and len(varying) > 1:
        varying.remove(last)
    key = PAYLOAD_KEY if last in varying else f"{{{last}}}"
    return "-".join(f"{{{at}}}" for at in varying), key


def mapping_name(shape: str) -> str:
    """A name for a mapping, of the levels that do not vary."""
    kept = [_NO_NAME.sub("-", level).strip("-") for level in shape.split("/") if level not in ("+", "#", "")]
    return "-".join(filter(None, kept))[:64] or "mapping"
