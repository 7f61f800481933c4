from hub.errors import CLOSE_SHUTDOWN
from hub.listener import Ear, Listener
from hub.protocol import Frame


def test_whatever_comes_is_heard() -> None:
    heard: list[int] = []
    listener = Listener(lambda: heard.append(1))
    listener.write(Frame("events", b"{}"))
    listener.write(Frame("gap", b"{}"))
    assert listener.waiting_bytes() == 0
    listener.close(CLOSE_SHUTDOWN, "")
    assert heard == [1, 1]


def test_an_ear_is_given_the_events_of_frames_that_have_some() -> None:
    heard: list[object] = []
    ear = Ear(heard.append)
    frame = Frame("events", b"{}")
    frame.pieces = [b"1", b"2"]
    ear.write(frame)
    ear.write(Frame("gap", b"{}"))
    assert heard == [[b"1", b"2"]]
