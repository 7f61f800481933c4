"""Devices that nobody has approved yet: what they say is counted and a sample of it kept, for operators; pure."""

from collections import deque
from collections.abc import Mapping

from hub.auth import QUARANTINE_PREFIX
from hub.decoders.base import Decoded

MAX_DEVICES = 1_000
"""Devices that may wait; past it the one that was silent for longest goes (`dropped`)."""
MAX_SAMPLES = 5
MAX_SAMPLE_KEYS = 50
MAX_SAMPLE_CHARS = 200
TOLD_EVERY_MS = 10_000
"""A device that waits is told of at once, then at most so often."""

Held = tuple[str, dict[str, object]]
"""Topic and data of an event."""


class _Waiting:
    __slots__ = ("attributes", "family", "first_ms", "messages", "samples", "told_ms")

    def __init__(self, family: str, now_ms: int) -> None:
        self.family = family
        self.first_ms = now_ms
        self.told_ms = 0
        self.messages = 0
        self.attributes: dict[str, str] = {}
        self.samples: deque[dict[str, object]] = deque(maxlen=MAX_SAMPLES)


class Quarantine:
    """The devices of this process that wait; times are ms of the hub's clock."""

    def __init__(self) -> None:
        self.messages = 0
        self.dropped = 0
        self._waiting: dict[str, _Waiting] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def hold(self, decoded: Decoded, family: str, now_ms: int) -> list[Held]:
        """Keep what a device says from all but operators; what to tell them, nothing for most."""
        device = str(decoded.device)
        waiting = self._waiting.pop(device, None)
        if waiting is None:
            waiting = _Waiting(family, now_ms)
            if len(self._waiting) >= MAX_DEVICES:
                del self._waiting[next(iter(self._waiting))]
                self.dropped += 1
        self._waiting[device] = waiting
        self.messages += 1
        waiting.messages += 1
        waiting.attributes.update(list(_short(decoded.attributes).items())[:MAX_SAMPLE_KEYS])
        if decoded.data:
            waiting.samples.append({"time": now_ms, "data": _short(decoded.data)})
        if waiting.told_ms and now_ms - waiting.told_ms < TOLD_EVERY_MS:
            return []
        waiting.told_ms = now_ms
        return [(QUARANTINE_PREFIX + device, _shown(waiting, now_ms))]

    def release(self, device: str) -> None:
        """A device waits no more."""
        self._waiting.pop(device, None)


def _short(values: Mapping[str, object]) -> dict[str, str]:
    few = list(values.items())[:MAX_SAMPLE_KEYS]
    return {
        key[:MAX_SAMPLE_CHARS]: value[:MAX_SAMPLE_CHARS] if isinstance(value, str) else value  # type: ignore[misc]  # other scalars stay as they are
        for key, value in few
    }


def _shown(waiting: _Waiting, now_ms: int) -> dict[str, object]:
    return {
        "family": waiting.family,
        "attributes": dict(waiting.attributes),
        "messages": waiting.messages,
        "first_seen": waiting.first_ms,
        "last_seen": now_ms,
        "samples": list(waiting.samples),
    }
