"""What the hub makes of a message, for tests."""

import orjson

from hub.decoders import FAMILIES
from hub.decoders.base import Decoded, Knowledge
from hub.decoders.registry import Decoders

NOW = 1_750_000_000_000
"""June 2025, in ms since the epoch."""


def decoders() -> Decoders:
    """All families, knowing nothing yet."""
    return Decoders(FAMILIES, Knowledge())


def told(topic: str, payload: object, by: Decoders | None = None) -> list[Decoded]:
    """What the message says: bytes as they are, text as UTF-8, anything else as JSON; [] where nobody claims it."""
    raw = (
        payload
        if isinstance(payload, bytes)
        else payload.encode()
        if isinstance(payload, str)
        else orjson.dumps(payload)
    )
    outcome = (decoders() if by is None else by).decode(topic, raw, NOW)
    return [] if outcome is None else list(outcome.events)


def one(topic: str, payload: object, by: Decoders | None = None) -> Decoded:
    """The one thing that the message says."""
    (decoded,) = told(topic, payload, by)
    return decoded


def family(topic: str, payload: bytes) -> str | None:
    """The family that claims the message."""
    outcome = decoders().decode(topic, payload, NOW)
    return None if outcome is None else outcome.family
