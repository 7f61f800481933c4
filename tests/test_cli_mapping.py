import json
from pathlib import Path

import pytest

from tests.hub_command import hub, isolate


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    isolate(monkeypatch, tmp_path)
    monkeypatch.setenv("HUB_MAPPINGS_FILE", str(tmp_path / "mappings.yaml"))


GREENHOUSE = [
    "mapping", "add", "gh", "--filter", "gh/+/air", "--device", "gh-{2}", "--format", "pairs", "--time", "/ts",
    "--value", "temperature=/t", "--unit", "temperature=°C", "--scale", "temperature=0.1", "--value", "h=/h",
]  # fmt: skip


def test_a_mapping_is_added_listed_and_tried() -> None:
    assert hub(*GREENHOUSE)[0] == 0
    assert hub("mapping", "add", "all", "--filter", "all/+", "--device", "{2}")[0] == 0
    as_tasmota = ("--family", "tasmota", "--topic", "tele/{2}/SENSOR")
    assert hub("mapping", "add", "plugs", "--filter", "plugs/+", *as_tasmota)[0] == 0
    assert hub("mapping", "add", "noise", "--filter", "noise/#", "--ignore")[0] == 0
    assert hub("mapping", "add", "noise", "--filter", "noise/+", "--ignore")[0] == 0
    code, printed, _ = hub("mapping", "list")
    lines = [line.split("\t") for line in printed.splitlines()]
    assert (code, lines) == (
        0,
        [
            ["gh", "gh/+/air", "gh-{2}", "temperature (°C), h"],
            ["all", "all/+", "{2}", "all members"],
            ["plugs", "plugs/+", "tele/{2}/SENSOR", "as tasmota"],
            ["noise", "noise/+", "ignored"],
        ],
    )
    messages = [
        {"topic": "gh/3/air", "payload": "t=217;h=40"},
        {"topic": "all/x", "payload": '{"a":1}'},
        {"topic": "plugs/boiler", "payload": '{"ENERGY":{"Power":5}}'},
    ]
    stdin = "\n".join(map(json.dumps, messages)).encode()
    answers = [json.loads(line) for line in hub("mapping", "test", stdin=stdin)[1].splitlines()]
    assert [answer["device"] for answer in answers] == ["gh-3", "x", "boiler"]
    assert answers[2]["readings"] == [{"name": "ENERGY.Power", "value": 5, "unit": "W"}]
    assert answers[0]["readings"][0] == {"name": "temperature", "value": 21.7, "unit": "°C"}
    answers = [json.loads(line) for line in hub("mapping", "test", "all", stdin=stdin)[1].splitlines()]
    assert [answer["device"] for answer in answers] == [None, "x", None]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["add", "a", "--filter", "a"], "'device' is missing"),
        (["add", "a", "--filter", "a", "--device", "d", "--value", "k"], "is no KEY="),
        (["add", "a", "--filter", "a", "--device", "d", "--unit", "k=V"], "is the key of no --value"),
        (["add", "a", "--filter", "a", "--device", "d", "--value", "k=/k", "--scale", "k=x"], "no number"),
        (["add", "a", "--filter", "a", "--ignore", "--file", "no/such/directory/m.yaml"], "can't be written"),
        (["add", "a", "--filter", "a", "--family", "tasmota"], "'topic' is missing"),
        (["add", "a", "--filter", "a", "--topic", "{1}"], "'family' is missing"),
        (["add", "a", "--filter", "a", "--family", "json", "--topic", "{1}", "--time", "/t"], "--time is no part"),
        (["list"], "does not exist"),
        (["test", "--file", "no.yaml"], "does not exist"),
    ],
)
def test_a_fault_is_named(arguments: list[str], reason: str) -> None:
    code, _, errors = hub("mapping", *arguments)
    assert code == 1
    assert reason in errors


def test_a_name_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    assert hub(*GREENHOUSE)[0] == 0
    assert "no mapping 'x'" in hub("mapping", "test", "x", stdin=b"")[2]
    monkeypatch.delenv("HUB_MAPPINGS_FILE")
    assert "HUB_MAPPINGS_FILE" in hub("mapping", "list")[2]
