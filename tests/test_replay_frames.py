import json

from hub.events import Position
from hub.protocol import MAX_EVENTS_FRAME_BYTES
from hub.replay_frames import replayed

HALF = b'"' + b"x" * (MAX_EVENTS_FRAME_BYTES // 2) + b'"'
SINCE, POSITION = Position("e", 1), Position("e", 2)


def test_parts_say_where_to_come_back_from() -> None:
    frames = replayed(7, since=SINCE, position=POSITION, time=5, pieces=[HALF, HALF, HALF])
    read = [json.loads(frame.payload) for frame in frames]
    assert [(one["position"], one.get("part", False)) for one in read] == [("e-1", True), ("e-1", True), ("e-2", False)]
    assert {(one["replay"], one["time"]) for one in read} == {(7, 5)}
    assert [str(frame.position) for frame in frames] == ["e-1", "e-1", "e-2"]


def test_a_part_of_how_things_were_proves_nothing() -> None:
    frames = replayed(7, since=SINCE, position=POSITION, time=5, pieces=[HALF, HALF, HALF], snapshot=True)
    read = [json.loads(frame.payload) for frame in frames]
    assert [(one["position"], one["snapshot"]) for one in read] == [("none-0", True), ("none-0", True), ("e-2", True)]
