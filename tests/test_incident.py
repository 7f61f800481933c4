"""The lines of an incident file: what is written is read again, and whatever was changed or is missing is named."""

from collections.abc import Callable

import orjson
import pytest

from hub.events import Position, encode_event
from hub.incident import INCIDENT, InvalidIncident, Line, Manifest, Placed, Reader, Record, Writer, _object

MANIFEST = Manifest(INCIDENT, "0.1.0", 1732412345123, "2024-11-24T01:00:00Z", "", ("telemetry/#", "chat/ops"))
FIRST = encode_event("telemetry/kitchen", 1732412345123, {"temperature": 21.5, "count": 2**63})
SECOND = encode_event("chat/ops", 1732412345124, {"text": "hot\nhere", "author": "anna"})
RAW = encode_event("raw/gh/1", 1732412345125, {"payload": "x"})


def written() -> list[bytes]:
    writer = Writer()
    return [
        writer.manifest(MANIFEST),
        writer.record("settings", {"history_days": 30}),
        writer.placed(Position("e", 3), FIRST),
        writer.placed(Position("e", 3), SECOND),
        writer.placed(Position("f", 1), SECOND),
        writer.placed(Position("e", 1), RAW, kind="raw"),
        writer.latest(FIRST),
        writer.end(),
    ]


def read(lines: list[bytes]) -> list[Line]:
    reader = Reader()
    found = [reader.feed(line) for line in lines]
    reader.finish()
    return [line for line in found if line is not None]


def test_what_is_written_is_read_byte_for_byte() -> None:
    assert read(written()) == [
        MANIFEST,
        Record("settings", {"history_days": 30}),
        Placed("event", Position("e", 3), "telemetry/kitchen", 1732412345123, FIRST),
        Placed("event", Position("e", 3), "chat/ops", 1732412345124, SECOND),
        Placed("event", Position("f", 1), "chat/ops", 1732412345124, SECOND),
        Placed("raw", Position("e", 1), "raw/gh/1", 1732412345125, RAW),
        Record("latest", FIRST),
    ]


def test_counts_and_digest_are_those_of_the_writer() -> None:
    writer, reader = Writer(), Reader()
    for line in (writer.manifest(MANIFEST), writer.placed(Position("e", 3), FIRST), writer.end()):
        reader.feed(line)
    assert reader.tally.counts == writer.tally.counts == {"event": 1}
    assert reader.tally.events == writer.tally.events != Reader().tally.events


@pytest.mark.parametrize("left", range(1, 8))
def test_a_part_that_is_missing_is_noticed(left: int) -> None:
    with pytest.raises(InvalidIncident, match=f"after line {left}, before its end"):
        read(written()[:left])


@pytest.mark.parametrize("gone", range(1, 7))
def test_a_line_that_was_taken_out_is_noticed(gone: int) -> None:
    lines = written()
    with pytest.raises(InvalidIncident, match="was changed"):
        read(lines[:gone] + lines[gone + 1 :])


def test_every_byte_counts() -> None:
    lines = written()
    for number, line in enumerate(lines):
        for place in range(len(line)):
            changed = line[:place] + bytes([line[place] ^ 1]) + line[place + 1 :]
            with pytest.raises(InvalidIncident):
                read([*lines[:number], changed, *lines[number + 1 :]])


def event_line(**changed: object) -> bytes:
    event = {"topic": "chat/ops", "time": 1, "data": {}} | changed
    return orjson.dumps({"position": "e-9", "event": event})


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"", "Line 3 of the file can't be understood"),
        (b"[1]", "can't be understood"),
        (b'{"a":{},"b":{}}', "can't be understood"),
        (b'{"other":{}}', "can't be understood"),
        (b'{"user":7}', "can't be understood"),
        (b'{"latest":{}}', "has no event"),
        (event_line(topic=7), "has no event"),
        (event_line(data=None), "has no event"),
        (b'{"position":"e-9","event":{oops}}', "has no event"),
        (event_line(time="now"), "has no time"),
        (event_line(time=2**60), "has no time"),
        (event_line(topic="a/+/b"), "can't be taken: Topic 'a/.*' has a wildcard"),
        (event_line(topic=""), "can't be taken: Topic '' is empty"),
        (b'{"position":"e-00","event":{"topic":"a","time":1,"data":{}}}', "can't be taken: 'e-00' is no"),
    ],
)
def test_a_line_that_no_hub_writes(line: bytes, reason: str) -> None:
    reader = Reader()
    for good in written()[:2]:
        reader.feed(good)
    with pytest.raises(InvalidIncident, match=reason):
        reader.feed(line)


@pytest.mark.parametrize("positions", [("e-2", "e-1"), ("e-1", "f-1", "e-2")])
def test_events_that_are_not_in_the_order_of_the_log(positions: tuple[str, ...]) -> None:
    writer, reader = Writer(), Reader()
    reader.feed(writer.manifest(MANIFEST))
    for position in positions[:-1]:
        reader.feed(writer.placed(Position.parse(position), FIRST))
    with pytest.raises(InvalidIncident, match="is out of order"):
        reader.feed(writer.placed(Position.parse(positions[-1]), FIRST))


def test_more_lives_of_a_log_than_there_can_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.incident.MAX_EPOCHS", 1)
    writer, reader = Writer(), Reader()
    reader.feed(writer.manifest(MANIFEST))
    reader.feed(writer.placed(Position("e", 1), FIRST))
    reader.feed(writer.placed(Position("e", 2), FIRST))
    with pytest.raises(InvalidIncident, match="more than 1 lives"):
        reader.feed(writer.placed(Position("f", 1), FIRST))


def manifest(change: Callable[[dict[str, object]], object]) -> bytes:
    told = _object(Writer().manifest(MANIFEST)) or {}
    change(told)
    return orjson.dumps(told)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"PK\x03\x04", "no incident file"),
        (b"{}", "no incident file"),
        (manifest(lambda told: told.update(hubz=2)), "format 2, this hub reads 1: take a newer hub"),
        (manifest(lambda told: told.update(kind="other")), "manifest of the file can't be understood"),
        (manifest(lambda told: told.update(made="now")), "can't be understood"),
        (manifest(lambda told: told.pop("from")), "can't be understood"),
        (manifest(lambda told: told.update(filters="#")), "can't be understood"),
        (manifest(lambda told: told.update(filters=[1])), "can't be understood"),
    ],
)
def test_a_manifest_that_this_hub_does_not_know(line: bytes, reason: str) -> None:
    with pytest.raises(InvalidIncident, match=reason):
        Reader().feed(line)


def test_nothing_stands_behind_the_end() -> None:
    reader = Reader()
    for line in written():
        reader.feed(line)
    with pytest.raises(InvalidIncident, match="Line 9 of the file stands behind the end"):
        reader.feed(b"{}")
