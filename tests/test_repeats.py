import pytest

from hub.errors import CONFLICT, HubError
from hub.events import Batch, Packet, Position
from hub.repeats import MAX_KEY_CHARS, SOURCE, Done, Repeats, packet_of


def batch(*packets: Packet, offset: int = 1, source: str = SOURCE) -> Batch:
    topics = ["telemetry/kitchen", "device/kitchen"]
    made = Batch.of(topics, [1, 1], [b"{}", b"{}"], source=source, packets=packets)
    made.position = Position("e", offset) if offset else None
    return made


def test_a_request_is_who_asked_what_of_which_device() -> None:
    first = packet_of("k", b"1", user="key:a", device="kitchen")
    assert packet_of("k", b"1", user="key:a", device="kitchen") == first
    others = [("j", "key:a", "kitchen"), ("k", "key:b", "kitchen"), ("k", "key:a", "hall"), ("k", "key:ak", "itchen")]
    ids = {packet_of(key, b"1", user=user, device=device)[0] for key, user, device in others}
    assert len(ids | {first[0]}) == 5
    assert packet_of("k", b"2", user="key:a", device="kitchen")[1] != first[1]


@pytest.mark.parametrize("key", ["", "x" * (MAX_KEY_CHARS + 1), "a\nb"])
def test_an_unfit_key_is_refused(key: str) -> None:
    with pytest.raises(HubError):
        packet_of(key, b"", user="a", device="b")


def test_what_the_log_has_is_found() -> None:
    repeats = Repeats()
    repeats.learn([batch((1, 10), offset=7), batch((2, 20), offset=8, source="hub"), batch((3, 30), offset=0)])
    assert repeats.find((1, 10)) == Done(Position("e", 7), 1, 10)
    assert repeats.find((2, 20)) is None
    assert repeats.find((3, 30)) is None
    with pytest.raises(HubError) as refused:
        repeats.find((1, 11))
    assert refused.value.code is CONFLICT


def test_the_oldest_is_forgotten() -> None:
    repeats = Repeats(max_known=2)
    repeats.learn([batch((1, 1), (2, 2)), batch((1, 1), offset=2), batch((3, 3), offset=3)])
    assert (len(repeats), repeats.forgotten) == (2, 1)
    assert repeats.find((2, 2)) is None
    assert repeats.find((1, 1)) == Done(Position("e", 2), 1, 1)
