"""Frigate, the video recorder: `frigate/<camera>/<object>` counts, `…/<feature>/state`, `frigate/events` JSON.

A camera (or a zone: topics don't tell which) is `frigate/<name>`, named in the topic or in the event; what concerns all
is `frigate`. Of an event, what is seen now is read; boxes, paths and pictures are not. No units are stated.
"""

import re
from collections.abc import Sequence
from functools import partial
from typing import Any

from hub.decoders.base import NO_UNITS, Decode, Decoded, Knowledge, Malformed
from hub.decoders.clock import moment
from hub.decoders.document import load_object, read_text
from hub.decoders.identity import device_id, fits
from hub.decoders.leaves import Path
from hub.decoders.outline import Field, Outline
from hub.decoders.single import Single
from hub.decoders.words import status_of

_ROOT = re.compile(r"frigate[-_A-Za-z0-9]*")
_EVENTS = frozenset(("events", "reviews", "triggers", "tracked_object_update"))
_STATS = frozenset(("stats",))
_DOCUMENTS = frozenset(("camera_activity", "model_state", "job_state", "onConnect"))
_COMMANDS = frozenset(("restart", "createReviewMarker", "ptz", "ptzCommands"))
_NO_READINGS = frozenset((
    "before", "id", "event_id", "box", "region", "thumbnail", "thumb_path", "thumb_time", "snapshot", "snapshot_time",
    "frame_time", "start_time", "end_time", "path_data", "attributes", "current_attributes", "detections", "camera",
    "pid", "ffmpeg_pid", "capture_pid", "last_updated", "timestamp", "recordings", "stationary_path", "regions",
))  # fmt: skip


class Frigate:
    """Cameras that Frigate records."""

    family = "frigate"

    def claim(self, topic: str, payload: bytes, knowledge: Knowledge) -> Decode | None:  # noqa: ARG002 - topic decides
        """Topics below `frigate`, or a prefix that begins with it."""
        if not topic.startswith("frigate"):
            return None
        root, *levels = topic.split("/")
        if _ROOT.fullmatch(root) is None or not levels or not all(levels):
            return None
        return _of_all(root, levels[0]) if len(levels) == 1 else _of_part(root, levels)


def _of_all(root: str, name: str) -> Decode | None:
    if name == "available":
        return partial(_availability, root)
    if name in _EVENTS:
        return _Events(root).decode
    if name in _STATS:
        return Single(root, (name,), _rule, kind="telemetry").decode
    if name in _COMMANDS:
        return lambda _payload, _now_ms: [Decoded(root, "command")]
    return lambda _payload, _now_ms: [Decoded(root, "meta")] if name in _DOCUMENTS else [Decoded(root, "info")]


def _of_part(root: str, levels: list[str]) -> Decode | None:
    """The decoder of a topic below a camera or zone, or below a feature of all (`notifications/state`)."""
    name, last = levels[0], levels[-1]
    if not fits(f"{root}/{name}"):
        return None
    own = name in ("notifications", "profile")
    device = root if own else device_id(f"{root}/{name}")
    if last in ("set", "suspend") or any(level in _COMMANDS for level in levels[1:2]):
        return lambda _payload, _now_ms: [Decoded(device, "command")]
    if last in ("snapshot", "thumbnail", "best") or "last" in levels[1:2]:
        return partial(_picture, device)
    if levels[1] == "status":
        return partial(_camera, device, ".".join(levels[1:]))
    return Single(device, tuple(levels if own else levels[1:]), _rule).decode


def _rule(path: Path) -> Field | None:
    return None if path[-1] in _NO_READINGS else Field(".".join(path))


def _availability(root: str, payload: bytes, _now_ms: int) -> Sequence[Decoded]:
    if payload.strip() == b"stopped":
        return [Decoded(root, "presence", status="offline")]
    status = status_of(payload)
    return [Decoded(root, "removal" if status is None else "presence", status=status)]


def _camera(device: str, key: str, payload: bytes, _now_ms: int) -> Sequence[Decoded]:
    """Whether frames come, by role; a camera that is turned off is no reason to worry, and has no presence."""
    word = read_text(payload)
    if key.endswith("detect") and word in ("online", "offline"):
        return [Decoded(device, "presence", status="online" if word == "online" else "offline")]
    return [Decoded(device, "state", {key: word[:40]} if word else {})]


def _picture(device: str, _payload: bytes, _now_ms: int) -> Sequence[Decoded]:
    return [Decoded(device, "meta")]


class _Events:
    """What was detected by any camera."""

    def __init__(self, root: str) -> None:
        self._root = root
        self._outline = Outline(_rule)

    def decode(self, payload: bytes, now_ms: int) -> Sequence[Decoded]:
        """One detection or review as it is now; raises Malformed."""
        document = load_object(payload)
        after = document.get("after")
        seen: dict[str, Any] = after if isinstance(after, dict) else document
        camera = seen.get("camera")
        if camera is not None and not isinstance(camera, str):
            raise Malformed("an event whose camera has no name")
        device = device_id(f"{self._root}/{camera}") if camera else self._root
        time = moment(seen.get("frame_time"), now_ms)
        return [Decoded(device, "event", self._outline.read(document), NO_UNITS, None, time)]
