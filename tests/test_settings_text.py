from pathlib import Path

import pytest

from hub.settings import Settings, variable
from hub.settings_text import env, markdown, table
from tests.hub_command import isolate

NAMES = [variable(field) for field in Settings.model_fields]


def test_markdown_has_a_row_for_each_setting() -> None:
    rows = [line for line in markdown().splitlines() if line.startswith("| `HUB_")]
    assert [row.split("`")[1] for row in rows] == NAMES
    assert all(row.count("|") == 5 for row in rows)


def test_env_has_a_line_for_each_setting() -> None:
    lines = [line.removeprefix("# ") for line in env().splitlines() if line.startswith("# HUB_")]
    assert [line.split("=")[0] for line in lines] == NAMES


def test_env_as_it_is_written_is_the_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    isolate(monkeypatch, tmp_path)
    monkeypatch.delenv("HUB_DATA_DIR")
    defaults = Settings()
    Path(".env").write_text(env().replace("# HUB_", "HUB_"))
    assert Settings() == defaults


def test_the_table_is_for_a_terminal() -> None:
    assert "`" not in table()
    assert [line.split("=")[0].strip() for line in table().splitlines() if line.startswith("  HUB_")] == NAMES
