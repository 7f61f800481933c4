import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import InvalidPosition
from hub.events import Batch, Position, decode_event, encode_event

TEXT = st.text(st.characters(codec="utf-8"), max_size=20)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
EVENTS = st.lists(st.tuples(TEXT, st.integers(0, 2**53), st.dictionaries(TEXT, JSON, max_size=3)), max_size=8)
PACKETS = st.lists(st.tuples(st.integers(1, 65535), st.integers(0, 2**64 - 1)), max_size=4)


@given(st.from_regex(r"[0-9A-Za-z]{1,32}", fullmatch=True), st.integers(0, 10**18))
def test_a_position_is_its_string(epoch: str, offset: int) -> None:
    position = Position(epoch, offset)
    assert Position.parse(str(position)) == position


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "-",
            "a",
            "a-",
            "-1",
            "a-01",
            "a--1",
            "a-1-2",
            "a-1 ",
            " a-1",
            "a-1\n",
            "ä-1",
            "a-\u0661",
            "a-1e3",
            "a-+1",
        ),
        "a" * 33 + "-1",
        "a-" + "9" * 20,
    ],
)
def test_strings_that_are_no_position(text: str) -> None:
    with pytest.raises(InvalidPosition):
        Position.parse(text)


def test_a_long_string_is_cut_in_the_message() -> None:
    with pytest.raises(InvalidPosition) as raised:
        Position.parse("x" * 10_000)
    assert len(str(raised.value)) < 200


@given(TEXT, st.integers(0, 2**53), st.dictionaries(TEXT, JSON, max_size=3), st.none() | st.integers(0, 2**53))
def test_an_event_comes_back(topic: str, time: int, data: dict[str, object], received: int | None) -> None:
    event = decode_event(encode_event(topic, time, data, received))
    expected = {"topic": topic, "time": time, "data": data}
    assert event == (expected if received is None else {**expected, "received": received})


def test_the_bytes_of_an_event() -> None:
    assert encode_event("a/b", 5, {"x": 1.5}) == b'{"topic":"a/b","time":5,"data":{"x":1.5}}'
    assert encode_event("ü", 5, {}, 6) == '{"topic":"ü","time":5,"received":6,"data":{}}'.encode()


@given(EVENTS, st.sampled_from(["", "hub-1"]), PACKETS)
def test_a_batch_comes_back_from_its_entry(
    events: list[tuple[str, int, dict[str, object]]], source: str, packets: list[tuple[int, int]]
) -> None:
    topics, times = [topic for topic, _, _ in events], [time for _, time, _ in events]
    pieces = [encode_event(*event) for event in events]
    batch = Batch.of(topics, times, pieces, source=source, packets=packets)
    assert batch.position is None
    assert batch.pieces() is pieces
    read = Batch.decode(batch.encode(), Position("e", 7))
    assert (read.topics, read.times, read.lengths, read.body) == (topics, times, batch.lengths, batch.body)
    assert read.pieces() == pieces
    assert read.pieces() is read.pieces()
    assert (read.source, read.packets) == (source, packets if source else [])
    assert read.position == Position("e", 7)
    assert orjson.loads(b"[" + read.body + b"]") == [
        {"topic": topic, "time": time, "data": data} for topic, time, data in events
    ]


def test_batches_are_equal_only_to_themselves() -> None:
    one, two = Batch.of([], [], []), Batch.of([], [], [])
    assert one == one  # noqa: PLR0124 - that is the point
    assert one != two
