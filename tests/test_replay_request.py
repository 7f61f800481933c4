import json
from typing import Any

import pytest

from hub.errors import InvalidFrame
from hub.events import Position
from hub.protocol import parse
from hub.replay_request import Replay, ReplayAction

BEGIN: dict[str, Any] = {"type": "replay", "id": 7, "filters": ["#"], "from": 5}
ACT: dict[str, Any] = {"type": "replay", "id": 8, "replay": 7}


def test_a_beginning() -> None:
    assert parse(json.dumps(BEGIN)) == Replay(7, ("#",), 5)
    asked = {**BEGIN, "from": "e-4", "to": "e-9", "speed": 100, "paused": True, "snapshot": False}
    expected = Replay(7, ("#",), Position("e", 4), Position("e", 9), speed=100.0, paused=True, snapshot=False)
    assert parse(json.dumps(asked)) == expected


def test_what_is_done_to_one() -> None:
    assert parse(json.dumps({**ACT, "action": "pause", "speed": 2})) == ReplayAction(8, 7, "pause")
    assert parse(json.dumps({**ACT, "action": "seek", "from": 0})) == ReplayAction(8, 7, "seek", start=0)
    assert parse(json.dumps({**ACT, "action": "speed", "speed": 0.1})) == ReplayAction(8, 7, "speed", speed=0.1)


NO_MOMENTS: list[Any] = [None, -1, 1.5, True, [], {}, "", 2**53 + 1]
NO_ACTIONS: list[Any] = ["play", "", None, 1, [], "seek", "speed"]

BAD: list[dict[str, Any]] = [
    *({**BEGIN, "speed": speed} for speed in (0, -1, 0.09, 100.1, 1e9, None, True, "2")),
    *({**BEGIN, "from": moment} for moment in NO_MOMENTS),
    *({**BEGIN, "to": moment} for moment in NO_MOMENTS if moment is not None),
    {**BEGIN, "from": "yesterday"},
    {**BEGIN, "paused": 1},
    {**BEGIN, "snapshot": None},
    {**BEGIN, "filters": []},
    {**BEGIN, "filters": ["a/#/b"]},
    *({**ACT, "action": action} for action in NO_ACTIONS),
    {**ACT, "action": "speed", "speed": 0},
    {**ACT, "action": "seek", "from": "-"},
    *({"type": "replay", "id": 8, "action": "stop", "replay": replay} for replay in (None, "7", True, 7.0)),
]


@pytest.mark.parametrize("asked", BAD, ids=repr)
def test_what_can_not_be_understood_is_refused(asked: dict[str, Any]) -> None:
    with pytest.raises(InvalidFrame) as refused:
        parse(json.dumps(asked))
    assert refused.value.frame_id == asked["id"]
    assert not refused.value.fatal


def test_no_number_is_no_speed() -> None:
    with pytest.raises(InvalidFrame):
        parse('{"type":"replay","id":7,"filters":["#"],"from":5,"speed":NaN}')
