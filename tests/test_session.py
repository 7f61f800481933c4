from hub.auth import Identity, Role
from hub.errors import CLOSE_EXPIRED, CLOSE_SHUTDOWN, CLOSE_SLOW, CloseCode
from hub.protocol import Frame
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
    return Session(ANNA, wire, limit_bytes=limit_bytes), wire


def test_frames_go_straight_to_the_wire() -> None:
    one, wire = session()
    one.deliver(Frame("events", b"1"))
    one.answer(Frame("events", b"2"))
    assert wire.written == [b"1", b"2"]


def test_held_frames_come_after_what_was_missed() -> None:
    one, wire = session()
    one.hold()
    one.deliver(Frame("events", b"live"))
    one.answer(Frame("events", b"missed"))
    assert wire.written == [b"missed"]
    one.release()
    one.deliver(Frame("events", b"later"))
    assert wire.written == [b"missed", b"live", b"later"]


def test_holding_again_forgets_what_a_snapshot_has() -> None:
    one, wire = session()
    one.hold()
    one.deliver(Frame("events", b"old"))
    one.hold()
    one.deliver(Frame("events", b"new"))
    one.release()
    assert wire.written == [b"new"]


def test_release_without_hold_is_nothing() -> None:
    one, wire = session()
    one.release()
    assert wire.written == []


def test_a_slow_client_is_closed_before_more_is_written() -> None:
    one, wire = session(limit_bytes=10)
    wire.waiting = 10
    one.deliver(Frame("events", b"fits"))
    wire.waiting = 11
    one.deliver(Frame("events", b"too much"))
    one.deliver(Frame("events", b"after the close"))
    one.answer(Frame("events", b"after the close"))
    assert wire.written == [b"fits"]
    assert [code for code, _ in wire.closed] == [CLOSE_SLOW]
    assert one.closed is CLOSE_SLOW
    assert "11 bytes" in wire.closed[0][1]


def test_too_much_held_is_slow_too() -> None:
    one, wire = session(limit_bytes=10)
    one.hold()
    one.deliver(Frame("events", b"0123456789"))
    assert wire.closed == []
    one.deliver(Frame("events", b"x"))
    assert [code for code, _ in wire.closed] == [CLOSE_SLOW]
    one.release()
    assert wire.written == []


def test_the_first_close_code_stands() -> None:
    one, wire = session()
    one.close(CLOSE_EXPIRED)
    one.close(CLOSE_SHUTDOWN, "later")
    assert wire.closed == [(CLOSE_EXPIRED, CLOSE_EXPIRED.message)]
