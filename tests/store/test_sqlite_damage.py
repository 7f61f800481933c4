"""A damaged file is kept aside; a sound one, a missing one and one in use are left alone."""

import logging
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from hub.store import sqlite_damage
from hub.store.sqlite import SqliteEventStore
from hub.store.sqlite_damage import damage, set_aside_damaged
from tests.store.batches import readings, values


@pytest.fixture
async def path(tmp_path: Path) -> Path:
    found = tmp_path / "hub.db"
    async with SqliteEventStore(found, fold_s=0) as store:
        await store.write(readings(1, 5, per_batch=400))
    return found


def overwrite(path: Path, start: int) -> None:
    content = bytearray(path.read_bytes())
    content[start : start + 3_000] = b"\xa5" * 3_000
    path.write_bytes(content)


@pytest.mark.parametrize("start", [0, 100, 4096 * 20])
async def test_a_damaged_file_is_kept_and_the_hub_goes_on(
    path: Path, start: int, caplog: pytest.LogCaptureFixture
) -> None:
    overwrite(path, start)
    content = path.read_bytes()
    with caplog.at_level(logging.CRITICAL):
        aside = set_aside_damaged(path)
    assert aside is not None
    assert aside.read_bytes() == content
    assert "is damaged" in caplog.text
    assert str(aside) in caplog.text
    async with SqliteEventStore(path) as store:
        assert await store.position() is None
        assert await store.write(readings(1, 1)) == 1
    assert damage(path) is None


async def test_a_large_file_is_not_read_as_a_whole(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_damage, "CHECKED_BYTES", 1)
    assert damage(path) is None
    overwrite(path, 0)
    assert damage(path) == "file is not a database"


async def test_what_is_sound_stays(path: Path, tmp_path: Path) -> None:
    assert set_aside_damaged(path) is None
    assert set_aside_damaged(tmp_path / "none.db") is None
    (tmp_path / "empty.db").touch()
    assert set_aside_damaged(tmp_path / "empty.db") is None
    async with SqliteEventStore(path) as store:
        assert len(await values(store, "d0", "n")) == 2_000


async def test_what_can_not_be_read_now_stays(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_damage, "OPENING_TIMEOUT_S", 0.01)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("PRAGMA journal_mode = DELETE")
        other.execute("BEGIN EXCLUSIVE")
        assert set_aside_damaged(path) is None
    assert path.exists()
