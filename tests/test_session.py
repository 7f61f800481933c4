import json

import pytest

from hub.auth import Identity, Role
from hub.errors import CLOSE_EXPIRED, CLOSE_SHUTDOWN, CLOSE_SLOW, CloseCode
from hub.events import Position, encode_event
from hub.protocol import Frame, events_frames, gap, heartbeat
from hub.session import Session

ANNA = Identity("anna", Role.OPERATOR, 2_000_000_000)


class Wire:
    """Keeps what it is given, and waits as told."""

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.waiting = 0
        self.closed: list[tuple[CloseCode, str]] = []

    def write(self, frame: Frame) -> None:
        self.written.append(frame.payload)

    def waiting_bytes(self) -> int:
        return self.waiting

    def close(self, code: CloseCode, reason: str) -> None:
        self.closed.append((code, reason))


def session(limit_bytes: int = 100) -> tuple[Session, Wire]:
    wire = Wire()
    return Session(ANNA, wire, limit_bytes=limit_bytes, slow={}), wire


def test_frames_go_straight_to_the_wire() -> None:
    one, wire = session()
    one.deliver(Frame("events", b"1"), 0)
    one.answer(Frame("events", b"2"))
    assert wire.written == [b"1", b"2"]


def test_held_frames_come_after_what_was_missed() -> None:
    one, wire = session()
    one.hold()
    one.deliver(Frame("events", b"live"), 0)
    one.answer(Frame("events", b"missed"))
    assert wire.written == [b"missed"]
    one.release(0)
    one.deliver(Frame("events", b"later"), 0)
    assert wire.written == [b"missed", b"live", b"later"]


def test_holding_again_forgets_what_a_snapshot_has() -> None:
    one, wire = session()
    one.hold()
    one.deliver(Frame("events", b"old"), 0)
    one.hold()
    one.deliver(Frame("events", b"new"), 0)
    one.release(0)
    assert wire.written == [b"new"]


def test_release_without_hold_is_nothing() -> None:
    one, wire = session()
    one.release(0)
    assert wire.written == []


KITCHEN = Position("a", 1)


def live(n: int, *pieces: bytes) -> Frame:
    (frame,) = events_frames(Position("a", n - 1), Position("a", n), pieces)
    return frame


def telemetry(n: int) -> bytes:
    return encode_event("telemetry/kitchen", n, {"n": n})


def test_a_slow_wire_gets_fewer_events_and_no_extreme_is_lost() -> None:
    one, wire = session(limit_bytes=1000)
    one.deliver(live(1, telemetry(1)), 0)
    wire.waiting = 501
    for n in range(2, 6):
        one.deliver(live(n, telemetry(n)), n)
    one.deliver(live(6, b'{"topic":"chat/ops","time":6,"data":{}}'), 6)
    assert len(wire.written) == 1
    assert list(one.slow) == [one]
    one.drain(7)
    assert len(wire.written) == 1
    wire.waiting = 0
    one.drain(8)
    frame = json.loads(wire.written[1])
    assert (frame["position"], frame["conflated"]) == ("a-6", 4)
    assert [event["topic"] for event in frame["events"]] == ["telemetry/kitchen", "chat/ops"]
    assert frame["events"][0]["data"] == {"n": 5}
    assert frame["events"][0]["conflated"]["min"] == {"n": 2}
    assert one.slow == {}
    one.deliver(live(7, telemetry(7)), 9)
    assert json.loads(wire.written[2])["position"] == "a-7"


def test_what_is_only_partly_given_promises_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.session.MAX_EVENTS_FRAME_BYTES", 1)
    one, wire = session(limit_bytes=1000)
    wire.waiting = 501
    one.deliver(live(1, b'{"topic":"chat/a","time":1,"data":{}}'), 1)
    one.deliver(live(2, b'{"topic":"chat/b","time":2,"data":{}}'), 2)
    wire.waiting = 0
    one.drain(3)
    assert [json.loads(payload)["position"] for payload in wire.written] == ["a-1", "a-2"]


def test_a_heartbeat_waits_and_a_gap_replaces_what_waits() -> None:
    one, wire = session(limit_bytes=1000)
    wire.waiting = 501
    one.deliver(live(1, telemetry(1)), 1)
    one.deliver(heartbeat(KITCHEN, 0), 2)
    assert wire.written == []
    one.deliver(gap(KITCHEN), 3)
    assert [json.loads(payload)["type"] for payload in wire.written] == ["gap"]
    assert one.slow == {}


def test_a_client_for_which_too_much_waits_is_closed() -> None:
    one, wire = session(limit_bytes=100)
    wire.waiting = 60
    one.deliver(live(1, b'{"topic":"chat/a","time":1,"data":{}}'), 1)
    one.deliver(live(2, b'{"topic":"chat/a","time":2,"data":{}}'), 2)
    assert [code for code, _ in wire.closed] == [CLOSE_SLOW]
    assert "chat/a" in wire.closed[0][1]
    one.deliver(live(3, b"1"), 3)
    one.answer(gap(KITCHEN))
    one.drain(4)
    assert wire.written == []
    assert one.closed is CLOSE_SLOW


def test_too_much_held_is_slow_too() -> None:
    one, wire = session(limit_bytes=10)
    one.hold()
    one.deliver(Frame("events", b"0123456789"), 0)
    assert wire.closed == []
    one.deliver(Frame("events", b"x"), 0)
    assert [code for code, _ in wire.closed] == [CLOSE_SLOW]
    one.release(0)
    assert wire.written == []


def test_the_first_close_code_stands() -> None:
    one, wire = session()
    one.close(CLOSE_EXPIRED)
    one.close(CLOSE_SHUTDOWN, "later")
    assert wire.closed == [(CLOSE_EXPIRED, CLOSE_EXPIRED.message)]


def test_a_notice_is_given_now_or_never() -> None:
    notice = Frame("typing", b"notice")
    one, wire = session(limit_bytes=1000)
    one.notify(notice)
    one.hold()
    one.notify(notice)
    one.release(0)
    wire.waiting = 501
    one.notify(notice)
    events = events_frames(Position("a", 1), Position("a", 2), [encode_event("telemetry/a", 1, {"n": 1})])
    one.deliver(events[0], 0)
    wire.waiting = 0
    one.notify(notice)
    one.close(CLOSE_SHUTDOWN)
    one.notify(notice)
    assert wire.written == [b"notice"]
