import pytest

from hub.mqtt.malformed import Found, find_publish


def packet(head: int, body: bytes) -> bytes:
    return bytes([head, len(body)]) + body


@pytest.mark.parametrize("start", [0, 3])
def test_a_whole_publish_is_stepped_over(start: int) -> None:
    data = bytes(start) + packet(0x32, b"\x00\x00\x00\x07\x00x") + b"next"
    assert find_publish(data, start) == Found(whole=True, length=8, qos=1, packet_id=7)
    data = bytes(start) + packet(0x30, b"\x00\x02\xff\xfe\x00x")
    assert find_publish(data, start) == Found(whole=True, length=8, qos=0, packet_id=0)


def test_a_long_one_too() -> None:
    data = b"\x34\x88\x01" + b"\x00\x02\xff\xfe\x01\x02\x00" + bytes(129)
    assert find_publish(data, 0) == Found(whole=True, length=139, qos=2, packet_id=258)
    assert find_publish(data[:-1], 0) == Found(whole=False, length=0, qos=0, packet_id=0)


@pytest.mark.parametrize("data", [b"\x32", b"\x32\xff", b"\x32\xff\xff\xff"])
def test_a_length_that_is_not_there_yet(data: bytes) -> None:
    found = find_publish(data, 0)
    assert found is not None
    assert not found.whole


@pytest.mark.parametrize(
    "data",
    [
        packet(0x20, b"\x00\x00\x00"),
        packet(0x36, b"\x00\x00\x00\x07"),
        b"\x32\xff\xff\xff\xff\x01",
        packet(0x32, b"\x00\x00\x00\x00"),
        packet(0x32, b"\x00\x09\x00"),
    ],
    ids=["no PUBLISH", "no QoS", "no length", "packet id 0", "topic beyond the end"],
)
def test_what_can_not_be_stepped_over(data: bytes) -> None:
    assert find_publish(data, 0) is None
