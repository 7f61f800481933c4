import pytest

from hub.decoders.base import Malformed, Unsupported
from hub.decoders.leaves import MAX_DEPTH, MAX_KEY, MAX_LEAVES, MAX_TEXT, flatten, is_blob, leaves, reading


def nested(depth: int) -> object:
    document: object = 1
    for _ in range(depth):
        document = [document]
    return document


def test_nested_members_get_dotted_keys() -> None:
    document = {"joints": [0.5, -1], "tool": {"temp": 41.2, "state": "closed"}, "ok": True, "none": None, "empty": {}}
    assert flatten(document) == {
        "joints.0": 0.5, "joints.1": -1, "tool.temp": 41.2, "tool.state": "closed", "ok": True,
    }  # fmt: skip
    assert flatten({"speed": 3}, under=("motor",)) == {"motor.speed": 3}
    assert flatten(5) == {"value": 5}


def test_members_are_left_out_with_all_below_them() -> None:
    assert leaves({"a": {"b": 1}, "c": 2}, skip=lambda name, _: name == "a") == [(("c",), 2)]


def test_depth_and_size_are_bounded() -> None:
    assert len(flatten(nested(MAX_DEPTH))) == 1
    with pytest.raises(Malformed, match="nested deeper than 32 levels"):
        flatten(nested(MAX_DEPTH + 1))
    assert len(flatten([1] * MAX_LEAVES)) == MAX_LEAVES
    with pytest.raises(Unsupported, match="over 1000 values"):
        flatten([1] * (MAX_LEAVES + 1))
    assert flatten({"k" * MAX_KEY: 1})
    for key in ("k" * (MAX_KEY + 1), "a\0b"):
        with pytest.raises(Unsupported, match="a key of over"):
            flatten({key: 1})


@pytest.mark.parametrize(
    "text",
    [
        "deadbeefdeadbeef",
        "0x00158d000224154d",
        "SGVsbG8gV29ybGQhIEhlbGxvIFdvcmxkISBIZWxsbyBX0000",
        "q83vEjRWeJA=",
        "3f2504e0-4f89-11d3-9a0c-0305e82c3301",
    ],
)
def test_bytes_as_text_are_no_value(text: str) -> None:
    assert is_blob(text)
    assert reading(text) is None


@pytest.mark.parametrize(
    "text",
    ["closed", "1234567890123456", "OpenDTU-8E1C80", "ABCDEFGH", "WR02", "abcdefghabcdefghabcdefghabcdefgh", "a="],
)
def test_words_are_values(text: str) -> None:
    assert not is_blob(text)
    assert reading(text) == text


def test_long_mixed_letters_without_digits_are_words() -> None:
    assert not is_blob("LivingRoomTemperatureSensorNorth")


@pytest.mark.parametrize("value", [None, "", "nan", "-Infinity", "x" * (MAX_TEXT + 1), "a\0", [], {}])
def test_what_is_no_value(value: object) -> None:
    assert reading(value) is None
