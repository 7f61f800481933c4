import asyncio
import logging
from contextlib import suppress
from pathlib import Path

import pytest

from hub.decoders.base import Knowledge
from hub.knowledge_file import KnowledgeFile


def test_what_was_learnt_is_there_again(tmp_path: Path) -> None:
    knowledge = KnowledgeFile(tmp_path / "knowledge.json").load()
    assert knowledge.families == {}
    knowledge.of("tasmota")["plug"] = {"name": "Plug"}
    KnowledgeFile(tmp_path / "knowledge.json").save(knowledge)
    assert KnowledgeFile(tmp_path / "knowledge.json").load().families == {"tasmota": {"plug": {"name": "Plug"}}}


def test_nothing_new_is_not_written(tmp_path: Path) -> None:
    file = KnowledgeFile(tmp_path / "knowledge.json")
    file.save(Knowledge({"a": {}}))
    (tmp_path / "knowledge.json").unlink()
    file.save(Knowledge({"a": {}}))
    assert not (tmp_path / "knowledge.json").exists()


def test_a_broken_file_is_said_and_begun_anew(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "knowledge.json").write_bytes(b"{")
    assert KnowledgeFile(tmp_path / "knowledge.json").load().families == {}
    assert "learnt anew" in caplog.text


def test_a_disk_that_refuses_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        KnowledgeFile(tmp_path / "missing" / "knowledge.json").save(Knowledge({"a": {}}))
    assert "can't be written" in caplog.text


async def test_it_is_kept_at_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.knowledge_file.SAVE_EVERY_S", 0.01)
    knowledge = Knowledge({"a": {}})
    keeping = asyncio.create_task(KnowledgeFile(tmp_path / "knowledge.json").keep(knowledge))
    async with asyncio.timeout(10):
        while not (tmp_path / "knowledge.json").exists():
            await asyncio.sleep(0.005)
    knowledge.of("b")
    keeping.cancel()
    with suppress(asyncio.CancelledError):
        await keeping
    assert KnowledgeFile(tmp_path / "knowledge.json").load().families == {"a": {}, "b": {}}
