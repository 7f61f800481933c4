from hub.errors import CLOSE_SHUTDOWN
from hub.listener import Listener
from hub.protocol import Frame


def test_whatever_comes_is_heard() -> None:
    heard: list[int] = []
    listener = Listener(lambda: heard.append(1))
    listener.write(Frame("events", b"{}"))
    listener.write(Frame("gap", b"{}"))
    assert listener.waiting_bytes() == 0
    listener.close(CLOSE_SHUTDOWN, "")
    assert heard == [1, 1]
