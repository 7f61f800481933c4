import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from hub.auth import Keys, Role, verify
from hub.cli import main
from tests.hub_command import hub, isolate, sentence


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    isolate(monkeypatch, tmp_path)


def test_a_token_for_whoever_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("HUB_AUTH_SECRET", "s")
    assert main(["token", "--user", "script", "--role", "operator", "--ttl", "100"]) == 0
    assert main(["token", "--user", "script", "--role", "viewer"]) == 0
    short, long = (verify(line, Keys(b"s"), now_s=0) for line in capsys.readouterr().out.splitlines())
    assert (short.user, short.role, long.role) == ("script", Role.OPERATOR, Role.VIEWER)
    assert long.expires_s - short.expires_s >= 43_200 - 100


def test_a_token_of_the_generated_secret(tmp_path: Path) -> None:
    code, printed, _ = hub("token", "--user", "script", "--role", "admin")
    secret = (tmp_path / "data/auth_secret").read_bytes().strip()
    assert code == 0
    assert verify(printed.splitlines()[-1], Keys(secret), now_s=0).role is Role.ADMIN


@pytest.mark.parametrize("arguments", [["--user", ""], ["--user", "a\tb"], ["--user", "a", "--ttl", "0"]])
def test_a_token_that_makes_no_sense_is_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["token", "--role", "viewer", *arguments]) == 1
    assert sentence(capsys.readouterr().err)


def test_users_come_and_go() -> None:
    assert hub("user", "list") == (0, "", "")
    assert hub("user", "add", "anna", "--role", "admin", stdin="correct horse\n") == (0, "Added anna, admin.\n", "")
    assert hub("user", "add", "berta", stdin="correct horse")[1] == "Added berta, viewer.\n"
    lines = hub("user", "list")[1].splitlines()
    assert [line.split("\t")[:2] for line in lines] == [["anna", "admin"], ["berta", "viewer"]]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC", line.split("\t")[2]) for line in lines)
    assert hub("user", "password", "berta", stdin="battery staple\n") == (0, "The password of berta is set.\n", "")
    assert hub("user", "remove", "berta") == (0, "Removed berta.\n", "")
    assert len(hub("user", "list")[1].splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "stdin"),
    [
        (["add", "anna"], "correct horse"),
        (["add", "berta"], "short"),
        (["add", "berta"], ""),
        (["add", " berta"], "correct horse"),
        (["password", "nobody"], "correct horse"),
        (["remove", "nobody"], ""),
    ],
)
def test_what_users_cannot_be_is_one_sentence(arguments: list[str], stdin: str) -> None:
    assert hub("user", "add", "anna", stdin="correct horse\n")[0] == 0
    code, printed, errors = hub("user", *arguments, stdin=stdin)
    assert (code, printed) == (1, "")
    assert sentence(errors)


def test_a_data_directory_that_cannot_be_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "data").touch()
    for arguments in (["user", "list"], ["token", "--user", "a", "--role", "viewer"]):
        assert main(arguments) == 1
        errors = capsys.readouterr().err
        assert sentence(errors)
        assert "HUB_DATA_DIR" in errors


def ask_at_a_terminal(*typed: str) -> tuple[int, str]:
    """Add a user at a terminal, typing after each prompt: exit code, and all that the terminal showed."""
    ours, theirs = os.openpty()
    argv = [sys.executable, "-m", "hub", "user", "add", "anna"]
    process = subprocess.Popen(argv, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True)
    os.close(theirs)
    shown = b""
    answers = list(typed)
    while True:
        try:
            read = os.read(ours, 1024)
        except OSError:
            break
        shown += read
        if shown.endswith(b": "):
            os.write(ours, answers.pop(0).encode() + b"\n")
    os.close(ours)
    return process.wait(30), shown.decode()


def test_at_a_terminal_a_password_is_asked_for_twice_and_not_shown() -> None:
    code, shown = ask_at_a_terminal("correct horse", "correct horse")
    assert code == 0
    assert "correct horse" not in shown
    assert "Added anna, viewer." in shown


def test_two_passwords_that_differ_change_nothing() -> None:
    code, shown = ask_at_a_terminal("correct horse", "correct house")
    assert code == 1
    assert "the two passwords differ" in shown.lower()
    assert hub("user", "list")[1] == ""
