import json
from pathlib import Path
from typing import Any

import pytest

from hub.client import frames
from hub.client.frames import Event, Events, Gap, Heartbeat, Reply, Typing, encode, parse
from hub.errors import INVALID_DATA, PERMISSION_DENIED, TOO_LARGE, HubError, InvalidFrame

GOLDEN = json.loads((Path(__file__).parent.parent / "golden" / "frames.json").read_text())


def cases(direction: str) -> list[Any]:
    chosen = [case for case in GOLDEN if case["direction"] == direction and "frame" in case]
    assert chosen
    return [pytest.param(case["frame"], id=case["name"]) for case in chosen]


def as_json(frame: Events) -> dict[str, Any]:
    shown: dict[str, Any] = {"type": "events", "position": frame.position}
    shown |= {"snapshot": True} if frame.snapshot else {}
    shown |= {"part": True} if frame.part else {}
    shown |= {"conflated": frame.conflated} if frame.conflated else {}
    events = []
    for event in frame.events:
        assert event.snapshot == frame.snapshot
        fields = {"topic": event.topic, "time": event.time, "data": event.data}
        fields |= {} if event.received is None else {"received": event.received}
        fields |= {} if event.conflated is None else {"conflated": event.conflated}
        events.append(fields)
    return shown | {"events": events}


@pytest.mark.parametrize("frame", cases("server"))
def test_golden_server_frames_are_read(frame: dict[str, Any]) -> None:
    match parse(json.dumps(frame)):
        case Events() as found:
            assert as_json(found) == frame
        case Heartbeat() as found:
            assert found == Heartbeat(frame["position"], frame["lag_ms"])
        case Gap() as found:
            assert found == Gap(frame["position"])
        case Typing() as found:
            assert found == Typing(frame["topic"], frame["user"])
        case Reply() as found:
            assert (found.id, found.error is None) == (frame["id"], frame["ok"])
            assert (found.position, found.recovered) == (frame.get("position"), frame.get("recovered"))
            assert (found.expires, found.total) == (frame.get("expires"), frame.get("total", 0))
            assert [member._asdict() for member in found.members] == frame.get("members", [])
            if found.error is not None:
                shown = {"code": found.error.code.number, "name": found.error.code.name, "message": str(found.error)}
                assert shown == frame["error"]
        case found:
            assert found is None
            assert "replay" in frame or frame["type"] not in {"events", "heartbeat", "gap", "reply", "typing"}


@pytest.mark.parametrize("frame", cases("client"))
def test_golden_client_frames_are_written(frame: dict[str, Any]) -> None:
    assert json.loads(encode(frame)) == frame


ERROR = {"code": 1, "name": "n", "message": "m"}


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        "null",
        "{}",
        '{"type":1}',
        {"type": "reply", "id": 1},
        {"type": "reply", "ok": True},
        {"type": "reply", "id": "1", "ok": True},
        {"type": "reply", "id": 1, "ok": True, "position": 5},
        {"type": "reply", "id": 1, "ok": True, "recovered": "yes"},
        {"type": "reply", "id": 1, "ok": True, "expires": "soon"},
        {"type": "reply", "id": 1, "ok": True, "total": "1"},
        {"type": "reply", "id": 1, "ok": True, "members": [{"user": "anna"}]},
        {"type": "typing", "topic": "chat/ops"},
        {"type": "reply", "id": 1, "ok": False},
        {"type": "reply", "id": "1", "ok": False, "error": ERROR},
        {"type": "reply", "id": 1, "ok": False, "error": ERROR | {"code": "1"}},
        {"type": "reply", "id": 1, "ok": False, "error": {"code": 1, "message": "m"}},
        {"type": "reply", "id": 1, "ok": False, "error": {"code": 1, "name": "n"}},
        {"type": "events", "events": []},
        {"type": "events", "position": "a-1"},
        {"type": "events", "position": "a-1", "snapshot": 1, "events": []},
        {"type": "events", "position": "a-1", "part": 1, "events": []},
        {"type": "events", "position": "a-1", "conflated": "1", "events": []},
        {"type": "events", "position": "a-1", "events": [1]},
        {"type": "events", "position": "a-1", "events": [{"time": 1, "data": {}}]},
        {"type": "events", "position": "a-1", "events": [{"topic": "a", "data": {}}]},
        {"type": "events", "position": "a-1", "events": [{"topic": "a", "time": 1, "data": []}]},
        {"type": "events", "position": "a-1", "events": [{"topic": "a", "time": 1, "received": "x", "data": {}}]},
        {"type": "events", "position": "a-1", "events": [{"topic": "a", "time": 1, "conflated": 2, "data": {}}]},
        {"type": "heartbeat", "position": "a-1"},
        {"type": "heartbeat", "lag_ms": 1},
        {"type": "gap"},
    ],
    ids=str,
)
def test_a_malformed_frame_is_refused(text: str | dict[str, Any]) -> None:
    with pytest.raises(InvalidFrame):
        parse(text if isinstance(text, str) else json.dumps(text))


def test_a_frame_of_an_unknown_type_is_passed_over() -> None:
    assert parse('{"type":"notice","anything":1}') is None


def test_an_error_of_a_newer_hub_is_kept() -> None:
    error = {"code": 299, "name": "novel", "message": "something new"}
    found = parse(json.dumps({"type": "reply", "id": 1, "ok": False, "error": error}))
    assert isinstance(found, Reply)
    assert found.error is not None
    assert (found.error.code.number, found.error.code.name, found.error.code.retry) == (299, "novel", False)
    known = parse(json.dumps({"type": "reply", "id": 1, "ok": False, "error": error | {"code": 103}}))
    assert isinstance(known, Reply)
    assert known.error is not None
    assert known.error.code is PERMISSION_DENIED


def test_an_event_is_a_tuple_that_reads_well() -> None:
    event = Event("telemetry/kitchen", 1, {"temperature": 21.5})
    assert (event.topic, event.received, event.snapshot, event.conflated) == ("telemetry/kitchen", None, False, None)


def test_a_client_frame_has_the_size_that_the_hub_takes() -> None:
    def publish(text: str) -> bytes:
        return encode({"type": "publish", "id": 1, "topic": "chat/ops", "data": {"text": text}})

    empty = len(publish(""))
    assert len(publish("x" * (frames.MAX_CLIENT_FRAME_BYTES - empty))) == frames.MAX_CLIENT_FRAME_BYTES
    for text in ("x" * (frames.MAX_CLIENT_FRAME_BYTES - empty + 1), "ж" * (frames.MAX_CLIENT_FRAME_BYTES // 2)):
        with pytest.raises(HubError) as refused:
            publish(text)
        assert refused.value.code is TOO_LARGE


def test_what_json_can_not_say_is_refused() -> None:
    with pytest.raises(HubError) as refused:
        encode({"data": {"x": object()}})
    assert refused.value.code is INVALID_DATA
