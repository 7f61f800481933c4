"""Words by which devices, and their wills, say that they are reachable or gone."""

from collections.abc import Mapping

from hub.decoders.base import Status

_ANY: Mapping[str, Status] = {"online": "online", "offline": "offline"}
_PLAIN: Mapping[str, Status] = {
    **_ANY,
    "connected": "online",
    "disconnected": "offline",
    "available": "online",
    "unavailable": "offline",
    "alive": "online",
    "dead": "offline",
    "lost": "offline",
    "gone": "offline",
}
_FLAG: Mapping[str, Status] = {
    **_PLAIN,
    "true": "online", "1": "online", "yes": "online", "false": "offline", "0": "offline", "no": "offline",
}  # fmt: skip

_VOCABULARY: Mapping[str, Mapping[str, Status]] = {
    # A `status` or `state` may be of anything: only the two plain words are surely the device's own.
    "state": _ANY,
    "status": _ANY,
    "lwt": _PLAIN,
    "will": _PLAIN,
    "connection": _PLAIN,
    "connectivity": _PLAIN,
    "presence": _ANY,
    "availability": _PLAIN,
    "available": _FLAG,
    "online": _FLAG,
    "connected": _FLAG,
    "alive": _FLAG,
}


def tells_presence(name: str) -> bool:
    """Whether a topic level or a member of this name may be about presence."""
    return name.lower() in _VOCABULARY


def presence(name: str, value: object) -> Status | None:
    """What the value under this name says of its device's presence, or None where it says nothing of it."""
    word = str(value).strip().lower() if isinstance(value, str | bool | int) else ""
    return _VOCABULARY.get(name.lower(), _ANY).get(word) if tells_presence(name) else None
