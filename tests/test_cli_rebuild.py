"""`hub rebuild`: on a stopped hub, with counts."""

from pathlib import Path

import pytest

from hub import cli_rebuild
from hub.cli import FAILED, main
from hub.store.sqlite import SqliteEventStore
from tests.hub_command import isolate
from tests.store.batches import readings


@pytest.fixture(autouse=True)
async def _store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    isolate(monkeypatch, tmp_path)
    monkeypatch.setenv("HUB_HISTORY_DAYS", "0")
    monkeypatch.setenv("HUB_MINUTES_DAYS", "0")
    path = tmp_path / "data/hub.db"
    path.parent.mkdir()
    async with SqliteEventStore(path) as store:
        await store.write(readings(1, 10, devices=2, per_batch=300))


def test_all_or_some(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(cli_rebuild, "EVERY_S", 1e9)
    assert main(["rebuild"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "latest: folded anew, 3000 in all",
        "rollups: folded anew, 8 in all",
        "search: folded anew, 0 in all",
    ]
    monkeypatch.setattr(cli_rebuild, "EVERY_S", 0)
    assert main(["rebuild", "--only", "latest"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "latest: 2000 …",
        "latest: 3000 …",
        "latest: folded anew, 3000 in all",
    ]


def test_one_that_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rebuild", "--only", "latest,rooms"]) == FAILED
    assert "There is no projection 'rooms'; there are latest, rollups, search." in capsys.readouterr().err


def test_what_a_store_does_not_fold_anew_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], postgres_url: str
) -> None:
    monkeypatch.setenv("HUB_STORE_URL", postgres_url)
    assert main(["rebuild"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "latest: folded anew, 0 in all",
        "search: folded anew, 0 in all",
        "rollups: not folded anew; this store computes them as events come (docs/history.md)",
    ]
