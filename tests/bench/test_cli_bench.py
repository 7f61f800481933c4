"""`hub bench` as a person runs it: it starts what it measures, and leaves nothing behind."""

import json
import tempfile
from pathlib import Path

import pytest

from hub.bench.cases import CASES
from tests.hub_command import hub, isolate, sentence

SMALL = ("--dashboards", "2", "--rate", "100", "--seconds", "1")


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    isolate(monkeypatch, tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)


def test_the_list() -> None:
    code, printed, _ = hub("bench", "list")
    assert code == 0
    assert [line.split()[0] for line in printed.splitlines()] == [one.name for one in CASES]


def test_both_set_ups(tmp_path: Path) -> None:
    outcomes = tmp_path / "outcomes.json"
    code, printed, errors = hub("bench", "run", "quick", *SMALL, "--set-up", "both", "--json", str(outcomes))
    assert code == 0, errors
    assert printed.count("| 2 dashboards × 100 messages/s |") == 2  # noqa: RUF001 - a multiplication
    told = json.loads(outcomes.read_text())
    assert [(one["case"], one["complete"], one["received"]["delivered"]) for one in told] == [("quick", True, 200)] * 2
    assert [sorted(one["cpu_s"]) for one in told] == [["hub"], ["hub", "mosquitto", "redis"]]
    assert all(one["cpu_s"]["hub"] > 0 and one["rss_bytes"] > 1_000_000 for one in told)
    assert [path.name for path in tmp_path.glob("hub-bench-*")] == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("nothing",), "There is no case 'nothing'"),
        (("quick", "--dashboards", "0"), "nothing to measure"),
        (("quick", "--url", "wss://hub.example"), "no TLS"),
        (("quick", "--url", "ws://hub.example"), "token"),
        (("quick", *SMALL, "--url", "ws://127.0.0.1:9"), "No dashboard could connect"),
    ],
)
def test_what_can_not_be_measured(monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], words: str) -> None:
    if "wss://hub.example" in arguments or "ws://127.0.0.1:9" in arguments:
        monkeypatch.setenv("HUB_TOKEN", "a-token")
    code, printed, errors = hub("bench", "run", *arguments)
    assert (code, printed) == (1, "")
    assert sentence(errors.splitlines(keepends=True)[-1])
    assert words in errors
