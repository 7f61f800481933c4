import json
import zlib
from pathlib import Path
from typing import Any

import pytest

from hub import protocol
from hub.errors import CLOSE_CODES, ERROR_CODES, HubError, InvalidFrame
from hub.events import Position
from hub.interest import PLAIN, Interest, Options
from hub.protocol import Auth, Frame, Presence, Publish, Subscribe, Typing, Unsubscribe
from hub.replay_frames import replay_end, replay_gap, replayed
from hub.replay_request import Replay, ReplayAction

GOLDEN = json.loads((Path(__file__).parent / "golden" / "frames.json").read_text())
CODES = {code.name: code for code in ERROR_CODES}
POSITION = Position("k3v9", 1042)


def cases(direction: str, member: str) -> list[Any]:
    chosen = [case for case in GOLDEN if case["direction"] == direction and member in case]
    assert chosen
    return [pytest.param(case, id=case["name"]) for case in chosen]


def as_json(frame: protocol.ClientFrame) -> dict[str, object]:  # noqa: C901, PLR0911 - one of each verb
    match frame:
        case Auth():
            return {"type": "auth", "id": frame.id, "token": frame.token}
        case Subscribe():
            shown: dict[str, object] = {"type": "subscribe", "id": frame.id, "filters": list(frame.filters)}
            if frame.since is not None:
                shown["since"] = str(frame.since)
            if frame.snapshot:
                shown["snapshot"] = True
            if frame.presence:
                shown["presence"] = True
            return {**shown, **frame.options.as_json()}
        case Unsubscribe():
            options = {} if frame.options is None else frame.options.as_json() or {"where": None}
            return {"type": "unsubscribe", "id": frame.id, "filters": list(frame.filters), **options}
        case Publish():
            return {"type": "publish", "id": frame.id, "topic": frame.topic, "data": frame.data}
        case Presence():
            return {"type": "presence", "id": frame.id, "topic": frame.topic}
        case Typing():
            return {"type": "typing", "id": frame.id, "topic": frame.topic}
        case Replay():
            return _replay_as_json(frame)
        case ReplayAction():
            asked = {"from": _point_as_json(frame.start), "speed": frame.speed}
            about = {"type": "replay", "id": frame.id, "replay": frame.replay, "action": frame.action}
            return about | {name: value for name, value in asked.items() if value is not None}


def _replay_as_json(frame: Replay) -> dict[str, object]:
    shown: dict[str, object] = {"type": "replay", "id": frame.id, "filters": list(frame.filters)}
    shown["from"] = _point_as_json(frame.start)
    others = {"to": _point_as_json(frame.end), "speed": frame.speed, "paused": frame.paused, "snapshot": frame.snapshot}
    usual = {"to": None, "speed": 1.0, "paused": False, "snapshot": True}
    return shown | {name: value for name, value in others.items() if value != usual[name]}


def _point_as_json(point: Position | int | None) -> str | int | None:
    return str(point) if isinstance(point, Position) else point


@pytest.mark.parametrize("case", cases("client", "frame"))
def test_golden_client_frames_are_parsed(case: dict[str, Any]) -> None:
    assert as_json(protocol.parse(json.dumps(case["frame"]))) == case["frame"]


@pytest.mark.parametrize("case", cases("client", "text"))
def test_golden_malformed_frames_are_refused(case: dict[str, Any]) -> None:
    with pytest.raises(InvalidFrame) as refused:
        protocol.parse(case["text"])
    assert refused.value.code.name == case["error"]
    assert refused.value.fatal == ("closes" in case)
    if not refused.value.fatal:
        assert refused.value.frame_id == case["reply_id"]
    assert len(str(refused.value)) > 10


@pytest.mark.parametrize("case", cases("server", "frame"))
def test_golden_server_frames_are_built(case: dict[str, Any]) -> None:
    frame = case["frame"]
    of_replay = "replay" in frame and frame["type"] != "reply"
    assert json.loads((build_replayed if of_replay else build)(frame).payload) == frame


def build(frame: dict[str, Any]) -> Frame:
    match frame["type"]:
        case "reply" if frame["ok"]:
            return protocol.reply(frame["id"], {k: v for k, v in frame.items() if k not in {"type", "id", "ok"}})
        case "reply":
            error = frame["error"]
            assert CODES[error["name"]].number == error["code"]
            return protocol.refusal(frame["id"], HubError(error["message"], code=CODES[error["name"]]))
        case "events":
            body = b",".join(json.dumps(event).encode() for event in frame["events"])
            marks = {name: frame[name] for name in ("snapshot", "conflated", "part") if name in frame}
            return protocol.events(Position.parse(frame["position"]), body, **marks)
        case "heartbeat":
            return protocol.heartbeat(Position.parse(frame["position"]), frame["lag_ms"])
        case "typing":
            return protocol.typing(frame["topic"], frame["user"])
        case "gap":
            return protocol.gap(Position.parse(frame["position"]))
    raise AssertionError(frame)


def build_replayed(frame: dict[str, Any]) -> Frame:
    replay, position, time = frame["replay"], Position.parse(frame["position"]), frame["time"]
    if frame["type"] == "gap":
        return replay_gap(replay, position=position, time=time)
    if frame["type"] == "replay_end":
        error = frame.get("error")
        failed = None if error is None else HubError(error["message"], code=CODES[error["name"]])
        return replay_end(replay, position=position, time=time, error=failed)
    pieces = [json.dumps(event).encode() for event in frame["events"]]
    snapshot = frame.get("snapshot", False)
    (built,) = replayed(replay, since=position, position=position, time=time, pieces=pieces, snapshot=snapshot)
    return built


@pytest.mark.parametrize(
    ("length", "header"),
    [
        (0, b"\x81\x00"),
        (125, b"\x81\x7d"),
        (126, b"\x81\x7e\x00\x7e"),
        (65535, b"\x81\x7e\xff\xff"),
        (65536, b"\x81\x7f\x00\x00\x00\x00\x00\x01\x00\x00"),
    ],
)
def test_a_frame_carries_its_websocket_header(length: int, header: bytes) -> None:
    frame = Frame("events", b"x" * length)
    assert frame.websocket == header + frame.payload
    assert frame.websocket is frame.websocket


def test_events_are_cut_into_frames_that_clients_take() -> None:
    half = b"x" * (protocol.MAX_EVENTS_FRAME_BYTES // 2)
    frames = protocol.events_frames(Position("k3v9", 7), POSITION, [half, half, half, b"y"])
    assert [frame.payload.count(b"x" * 100) > 0 for frame in frames] == [True, True, True]
    assert all(len(frame.payload) < protocol.MAX_EVENTS_FRAME_BYTES + 100 for frame in frames)
    starts = [frame.payload[:45] for frame in frames]
    assert [b"k3v9-7" in start for start in starts] == [True, True, False]
    assert b"k3v9-1042" in starts[-1]


def test_one_event_larger_than_a_frame_goes_alone() -> None:
    large = b"x" * (protocol.MAX_EVENTS_FRAME_BYTES + 1)
    assert [list(part) for part in protocol.cut([large, b"y"])] == [[large], [b"y"]]


def test_no_events_are_one_empty_frame() -> None:
    (frame,) = protocol.events_frames(POSITION, POSITION, [])
    assert json.loads(frame.payload) == {"type": "events", "position": str(POSITION), "events": []}


def test_a_part_of_a_snapshot_proves_nothing() -> None:
    half = b"x" * (protocol.MAX_EVENTS_FRAME_BYTES // 2)
    frames = protocol.snapshot_frames(POSITION, [half, half, half])
    assert [b'"snapshot":true' in frame.payload for frame in frames] == [True] * 3
    assert [b'"position":"none-0"' in frame.payload for frame in frames] == [True, True, False]


def test_a_frame_is_an_event_block_with_its_position() -> None:
    assert protocol.events(POSITION, b"1").sse == (
        b'event: events\nid: k3v9-1042\ndata: {"type":"events","position":"k3v9-1042","events":[1]}\n\n'
    )
    gap = protocol.gap(POSITION)
    assert gap.sse == b'event: gap\ndata: {"type":"gap","position":"k3v9-1042"}\n\n'
    assert gap.sse is gap.sse


def test_a_compressed_frame_is_what_a_client_inflates() -> None:
    frame = protocol.events(POSITION, b",".join(b'{"n":%d}' % n for n in range(200)))
    packed = frame.deflated
    assert packed is frame.deflated
    assert packed[0] == 0xC1
    assert packed[1] == 126
    assert len(packed) == 4 + int.from_bytes(packed[2:4], "big")
    assert len(packed) < len(frame.payload) / 2
    assert zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed[4:] + b"\x00\x00\xff\xff") == frame.payload


def test_a_small_frame_is_not_compressed() -> None:
    frame = protocol.gap(POSITION)
    assert frame.deflated is frame.websocket


def test_each_filter_is_an_interest_with_the_options() -> None:
    frame = protocol.parse('{"type":"subscribe","id":1,"filters":["a","b"],"max_rate":2}')
    assert isinstance(frame, Subscribe)
    assert frame.interests == {Interest("a", Options(max_rate=2)), Interest("b", Options(max_rate=2))}


@pytest.mark.parametrize(
    ("members", "gone"),
    [
        ("", {PLAIN, Options(max_rate=2), Options(max_rate=3)}),
        (',"max_rate":2', {Options(max_rate=2)}),
        (',"where":null', {PLAIN}),
    ],
)
def test_unsubscribe_takes_all_or_only_those_with_equal_options(members: str, gone: set[Options]) -> None:
    frame = protocol.parse('{"type":"unsubscribe","id":1,"filters":["a","b"]' + members + "}")
    assert isinstance(frame, Unsubscribe)
    asked = [PLAIN, Options(max_rate=2), Options(max_rate=3)]
    assert {options for options in asked if frame.takes(Interest("a", options))} == gone
    assert not frame.takes(Interest("c"))


def test_a_form_is_made_once() -> None:
    made = []

    def build(frame: Frame) -> int:
        made.append(frame)
        return len(frame.payload)

    frame = protocol.gap(POSITION)
    assert frame.form(build) == frame.form(build) == len(frame.payload)
    assert made == [frame]


def test_why_a_connection_ends() -> None:
    shown = json.loads(protocol.close(CLOSE_CODES[0], "bye").payload)
    assert shown == {"type": "close", "code": 3001, "name": "shutdown", "message": "bye", "reconnect": True}
    assert json.loads(protocol.close(CLOSE_CODES[-1], "no").payload)["reconnect"] is False
