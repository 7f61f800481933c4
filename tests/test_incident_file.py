"""Incident files on the disk: whole or not there, private, and no way to fill the reader's memory."""

import random
import re
import stat
from pathlib import Path

import orjson
import pytest
import zstandard

from hub import incident_file
from hub.errors import HubError
from hub.events import Position, encode_event
from hub.incident import INCIDENT, InvalidIncident, Manifest, Writer
from hub.incident_file import MAX_LINE_BYTES, check, load, read, writing

MANIFEST = Manifest(INCIDENT, "0.1.0", 1732412345123)


def make(path: Path, *, events: int = 1000) -> None:
    writer, numbers = Writer(), random.Random(7)
    with writing(path) as put:
        put(writer.manifest(MANIFEST))
        for n in range(events):
            piece = encode_event(f"telemetry/d{n % 7}", n, {"n": n, "noise": numbers.random()})
            put(writer.placed(Position("e", n + 1), piece))
        put(writer.end())


def packed(path: Path, *lines: bytes) -> None:
    path.write_bytes(zstandard.ZstdCompressor().compress(b"".join(line + b"\n" for line in lines)))


def test_events_of_a_file_are_a_fixture(tmp_path: Path) -> None:
    path = tmp_path / "a.hubz"
    make(path)
    found = load(path)
    assert [(one.position.offset, one.topic, one.time) for one in found] == [
        (n + 1, f"telemetry/d{n % 7}", n) for n in range(1000)
    ]
    assert [orjson.loads(one.piece)["data"]["n"] for one in found] == list(range(1000))
    assert check(path)[0] == MANIFEST


def test_a_file_is_for_its_owner_and_there_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.hubz"
    with pytest.raises(ZeroDivisionError), writing(path) as put:
        [put(b"half" * (1 // left)) for left in (2, 1, 0)]
    assert list(tmp_path.iterdir()) == []
    make(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(HubError, match="is there already"):
        make(path)
    with pytest.raises(HubError, match="can't be written: No such file"):
        make(tmp_path / "none" / "a.hubz")


def test_a_file_that_was_cut_or_changed_is_refused_wherever_it_was(tmp_path: Path) -> None:
    path, damaged = tmp_path / "a.hubz", tmp_path / "b.hubz"
    make(path)
    whole = path.read_bytes()
    for length in range(0, len(whole) - 1, max(1, len(whole) // 50)):
        damaged.write_bytes(whole[:length])
        with pytest.raises(InvalidIncident):
            check(damaged)
    for place in range(0, len(whole), max(1, len(whole) // 50)):
        damaged.write_bytes(whole[:place] + bytes([whole[place] ^ 4]) + whole[place + 1 :])
        with pytest.raises(InvalidIncident):
            check(damaged)


def test_what_is_no_such_file(tmp_path: Path) -> None:
    path = tmp_path / "a.hubz"
    with pytest.raises(HubError, match="can't be read: No such file"):
        check(path)
    path.write_bytes(b"%PDF-1.7 and so on")
    with pytest.raises(InvalidIncident, match=r"can't be read\. It is damaged, or no such file"):
        check(path)
    packed(path, b'{"a":1}')
    with pytest.raises(InvalidIncident, match="does not begin with a manifest"):
        list(read(path))


def test_a_line_of_a_gigabyte_is_refused_after_some_of_it(tmp_path: Path) -> None:
    path = tmp_path / "a.hubz"
    compressor = zstandard.ZstdCompressor()
    zeros = bytes(1024 * 1024)
    with path.open("wb") as file, compressor.stream_writer(file) as stream:
        stream.write(Writer().manifest(MANIFEST) + b"\n")
        for _ in range(1024):
            stream.write(zeros)
    with pytest.raises(InvalidIncident, match=f"a line of over {MAX_LINE_BYTES} bytes"):
        check(path)


def test_a_file_that_unpacks_to_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(incident_file, "FREE_BYTES", 1024 * 1024)
    path, writer = tmp_path / "a.hubz", Writer()
    piece = encode_event("telemetry/d", 1, {"text": "x" * 100_000})
    with writing(path) as put:
        put(writer.manifest(MANIFEST))
        for n in range(1, 2_000):
            put(writer.placed(Position("e", n), piece))
        put(writer.end())
    with pytest.raises(InvalidIncident, match=re.escape("more than 2000 times its size")):
        check(path)
