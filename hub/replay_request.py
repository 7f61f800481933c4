"""What a client asks of a replay: what of the past, from when, how fast; and what it does to one that plays."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from hub.errors import InvalidFrame
from hub.events import Position

MIN_SPEED = 0.1
MAX_SPEED = 100.0
MAX_TIME_MS = 2**53
ACTIONS = ("pause", "resume", "seek", "speed", "stop")

Point = Position | int
"""A moment of the past: a position, or ms since the epoch."""


@dataclass(frozen=True, slots=True)
class Replay:
    """Play what was recorded after `start`, up to and with `end`, `speed` times as fast; begin with how things were."""

    id: int
    filters: tuple[str, ...]
    start: Point
    end: Point | None = None
    speed: float = 1.0
    paused: bool = False
    snapshot: bool = True


@dataclass(frozen=True, slots=True)
class ReplayAction:
    """Do something to the replay that the frame of the id `replay` began; `seek` has a `start`, `speed` a speed."""

    id: int
    replay: int
    action: str
    start: Point | None = None
    speed: float | None = None


def read_replay(
    frame_id: int, fields: Mapping[str, object], filters: Callable[[Mapping[str, object]], tuple[str, ...]]
) -> Replay | ReplayAction:
    """The frame of the verb `replay`; raises InvalidFrame, InvalidFilter or InvalidPosition."""
    if "action" in fields:
        return _read_action(frame_id, fields)
    end = fields.get("to")
    return Replay(
        frame_id,
        filters(fields),
        start=read_point(fields, "from"),
        end=None if end is None else read_point(fields, "to"),
        speed=read_speed(fields.get("speed", 1.0)),
        paused=_flag(fields, "paused", default=False),
        snapshot=_flag(fields, "snapshot", default=True),
    )


def _read_action(frame_id: int, fields: Mapping[str, object]) -> ReplayAction:
    action, replay = fields["action"], fields.get("replay")
    if action not in ACTIONS or not isinstance(action, str):
        raise InvalidFrame(f"`action` must be one of {', '.join(ACTIONS)}.")
    if type(replay) is not int:
        raise InvalidFrame("`replay` must be the id of the frame that began the replay.")
    return ReplayAction(
        frame_id,
        replay,
        action,
        start=read_point(fields, "from") if action == "seek" else None,
        speed=read_speed(fields.get("speed")) if action == "speed" else None,
    )


def read_point(fields: Mapping[str, object], name: str) -> Point:
    """The moment of a member; raises InvalidFrame or InvalidPosition."""
    value = fields.get(name)
    if isinstance(value, str):
        return Position.parse(value)
    if type(value) is not int or not 0 <= value <= MAX_TIME_MS:
        raise InvalidFrame(f"`{name}` must be a position or a time in ms since the epoch.")
    return value


def read_speed(value: object) -> float:
    """A speed; raises InvalidFrame."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise InvalidFrame("`speed` must be a number.")
    if not MIN_SPEED <= value <= MAX_SPEED:
        raise InvalidFrame(f"`speed` must be {MIN_SPEED} to {MAX_SPEED:g}.")
    return float(value)


def _flag(fields: Mapping[str, object], name: str, *, default: bool) -> bool:
    value = fields.get(name, default)
    if not isinstance(value, bool):
        raise InvalidFrame(f"`{name}` must be true or false.")
    return value
