import subprocess
import sys
from pathlib import Path

import pytest

from hub import __version__
from hub.cli import main
from hub.settings_text import env, markdown, table
from tests.hub_command import hub, isolate, sentence


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    isolate(monkeypatch, tmp_path)


def test_the_version() -> None:
    assert hub("--version") == (0, f"hub {__version__}\n", "")


def test_small_commands_load_nothing_heavy() -> None:
    code = "import hub.cli, sys; print([name for name in ('asyncio', 'pydantic', 'fastapi') if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout == b"[]\n"


@pytest.mark.parametrize(
    "arguments", [[], ["nothing"], ["token"], ["token", "--user", "a", "--role", "root"], ["user"]]
)
def test_wrong_usage_is_one_sentence(arguments: list[str]) -> None:
    code, printed, errors = hub(*arguments)
    assert (code, printed) == (1, "")
    assert sentence(errors)
    assert "--help" in errors


@pytest.mark.parametrize("command", ["serve", "demo"])
def test_the_help_lists_the_settings(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main([command, "--help"])
    assert caught.value.code == 0
    assert table() in capsys.readouterr().out


def test_other_help_does_not(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    printed = capsys.readouterr().out
    assert "HUB_" not in printed
    assert all(command in printed for command in ("serve", "demo", "token", "user", "decode", "settings"))


def test_settings_as_text(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, text in ((["--markdown"], markdown()), (["--env"], env()), ([], table())):
        assert main(["settings", *arguments]) == 0
        assert capsys.readouterr().out == text
