"""`hub migrate`: up, and back for an older hub."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from hub.cli import FAILED, main
from hub.store.tables import REVISION
from tests.hub_command import isolate
from tests.sources import ROOT

RELEASE = ROOT / "tests/store/releases/0001.sql"


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    isolate(monkeypatch, tmp_path)
    found = tmp_path / "data/hub.db"
    found.parent.mkdir()
    with closing(sqlite3.connect(found)) as db:
        db.executescript(RELEASE.read_text())
    return found


def version(path: Path) -> int:
    with closing(sqlite3.connect(path)) as db:
        found: int = db.execute("SELECT version FROM store").fetchone()[0]
        return found


def test_up_and_back(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for argv, revision, left in (
        (["migrate"], REVISION, 2),
        (["migrate", "--to", "0001"], "0001", 1),
        (["migrate", "--to", REVISION], REVISION, 2),
    ):
        assert main(argv) == 0
        assert capsys.readouterr().out == f"The store's tables are of revision {revision}.\n"
        assert version(path) == left


def test_a_revision_that_is_none(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["migrate", "--to", "7"]) == FAILED
    assert "no way from revision" in capsys.readouterr().err
    assert version(path) == 2
