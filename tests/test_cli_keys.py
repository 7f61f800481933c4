import re
import time
from pathlib import Path

import httpx
import pytest

from hub.cli import main
from tests.hub_command import hub, isolate, sentence
from tests.processes import hub_process


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    isolate(monkeypatch, tmp_path)


def lines(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    assert main(["key", *arguments]) == 0
    return capsys.readouterr().out.splitlines()


def test_keys_come_and_go(capsys: pytest.CaptureFixture[str]) -> None:
    assert lines(capsys, "list") == []
    told, secret = lines(capsys, "add", "script")
    assert re.fullmatch(r"hub_[A-Za-z0-9_-]{43}", secret)
    found = re.fullmatch(r"Added script \(([0-9a-f]{12})\), viewer\. The key is shown this once:", told)
    assert found is not None
    narrow = ["--subscribe", "telemetry/+", "--subscribe", "chat/#", "--publish", "chat/ops", "--ttl", "100"]
    lines(capsys, "add", "wall", "--role", "operator", *narrow)
    plain, narrowed = (line.split("\t") for line in lines(capsys, "list"))
    assert plain == [found[1], "script", "viewer", "expires never"]
    assert narrowed[1:5] == ["wall", "operator", "subscribe chat/#,telemetry/+", "publish chat/ops"]
    assert re.fullmatch(r"expires \d{4}-\d\d-\d\d \d\d:\d\d UTC", narrowed[5])
    assert lines(capsys, "revoke", found[1]) == [f"Revoked script ({found[1]})."]
    assert lines(capsys, "revoke", "wall") == [f"Revoked wall ({narrowed[0]})."]
    assert lines(capsys, "list") == []


@pytest.mark.parametrize(
    "arguments",
    [
        ["add", "taken"],
        ["add", ""],
        ["add", "a", "--ttl", "0"],
        ["add", "a", "--subscribe", "a/#/b"],
        ["revoke", "never"],
    ],
)
def test_what_keys_cannot_be_is_one_sentence(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    lines(capsys, "add", "taken")
    assert main(["key", *arguments]) == 1
    assert sentence(capsys.readouterr().err)
    assert len(lines(capsys, "list")) == 1


def test_as_a_program() -> None:
    assert hub("key", "add", "script")[0] == 0
    assert "script" in hub("key", "list")[1]


def wait_for(status: int, url: str, headers: dict[str, str]) -> None:
    end = time.monotonic() + 20
    while httpx.get(url, headers=headers).status_code != status:
        assert time.monotonic() < end
        time.sleep(0.05)


def test_a_running_hub_takes_the_key_that_was_made_beside_it(tmp_path: Path) -> None:
    with hub_process(tmp_path / "hub") as running:
        secret = running.run("key", "add", "script", "--role", "admin").splitlines()[-1]
        header = {"Authorization": f"Bearer {secret}"}
        wait_for(200, f"{running.origin}/api/me", header)
        running.run("key", "revoke", "script")
        wait_for(401, f"{running.origin}/api/me", header)
        assert secret not in running.said()
