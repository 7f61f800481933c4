import asyncio
import logging
import os
import signal
from pathlib import Path

import pytest

from hub.mapping import parse_mapping
from hub.mapping_file import MappingFile, parse_file, read_file, render_file
from hub.mapping_path import InvalidMapping
from hub.mappings import Mappings
from tests.running import until

TEXT = """
- name: greenhouse
  filter: gh/+/air
  device: greenhouse-{2}
  values: [{key: temperature, path: /t, unit: °C}]
- {name: noise, filter: noise/#, ignore: true}
"""


def test_a_file_is_a_list_of_records() -> None:
    mappings = parse_file(TEXT)
    assert [mapping.name for mapping in mappings] == ["greenhouse", "noise"]
    assert parse_file(render_file(mappings)) == mappings
    assert parse_file("") == parse_file(render_file([])) == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a: b", "is a list"),
        ("- [", "no YAML"),
        ("- a", "is an object"),
        ("- !!python/object:os.system {}", "no YAML"),
        (TEXT + TEXT, "two mappings of the name greenhouse"),
    ],
)
def test_a_fault_is_named(text: str, reason: str) -> None:
    with pytest.raises(InvalidMapping, match=reason):
        parse_file(text)


def test_a_file_that_can_not_be_read(tmp_path: Path) -> None:
    path = tmp_path / "mappings.yaml"
    assert read_file(path, missing_ok=True) == []
    with pytest.raises(InvalidMapping, match="does not exist"):
        read_file(path)
    path.write_bytes(b"\xff")
    with pytest.raises(InvalidMapping, match="can't be read"):
        read_file(path)
    path.write_text("a")
    with pytest.raises(InvalidMapping, match=r"mappings.yaml: A file"):
        read_file(path)


async def test_sighup_reads_it_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path, mappings = tmp_path / "mappings.yaml", Mappings()
    path.write_text(TEXT, encoding="utf-8")
    async with MappingFile(path, mappings):
        assert len(mappings) == 2
        path.write_text(render_file([parse_mapping({"name": "a", "filter": "a", "ignore": True})]))
        os.kill(os.getpid(), signal.SIGHUP)
        await until(lambda: list(mappings.in_file) == ["a"])
        path.write_text("broken")
        with caplog.at_level(logging.ERROR, "hub.mapping_file"):
            os.kill(os.getpid(), signal.SIGHUP)
            await until(lambda: "stay as they were" in caplog.text)
        assert list(mappings.in_file) == ["a"]
    assert asyncio.get_running_loop().remove_signal_handler(signal.SIGHUP) is False
