import json
from pathlib import Path

import pytest

from simulators.base import Message
from simulators.scenario import Scenario

NOON = 1_732_449_600.0


def scenario(tmp_path: Path, text: str) -> Scenario:
    file = tmp_path / "scenario.yaml"
    file.write_text(text, encoding="utf-8")
    return Scenario.load(file)


def test_nothing_goes_wrong_without_rules() -> None:
    said = [Message("devices/a/telemetry", '{"power":1}')]
    assert Scenario().change("a", said, NOON) == said
    assert Scenario().reboot_s("a", NOON, NOON + 1e6) is None


def test_values_drift_from_the_beginning_for_those_that_are_meant(tmp_path: Path) -> None:
    rules = scenario(tmp_path, "- {devices: meter-*, drift: {key: power, per_hour: 10}}")
    said = [
        Message("t", '{"power":1.5,"more":[{"power":2}],"time":1732449600000}'),
        Message("d/power", "3"),
        Message("b", b"\0"),
    ]
    assert [m.payload for m in rules.change("meter-1", said[:1], NOON)] == [
        '{"power":1.5,"more":[{"power":2.0}],"time":1732449600000}'
    ]
    later = rules.change("meter-1", said, NOON + 3600)
    assert json.loads(later[0].payload) == {"power": 11.5, "more": [{"power": 12}], "time": 1_732_449_600_000}
    assert [message.payload for message in later[1:]] == ["13", b"\0"]
    assert rules.change("plug-1", said, NOON + 3600) == said


def test_values_leap_with_a_share_of_the_messages(tmp_path: Path) -> None:
    rules = scenario(tmp_path, "- {spike: {key: power, by: 4000, share: 0.25}}")
    said = [json.loads(rules.change("a", [Message("t", '{"power":1}')], NOON)[0].payload)["power"] for _ in range(400)]
    assert set(said) == {1, 4001}
    assert 50 < said.count(4001) < 150


def test_a_device_is_silent_for_a_time_and_comes_back(tmp_path: Path) -> None:
    rules = scenario(tmp_path, "- {dropout: {every_s: 100, for_s: 10}}")
    silent = [not rules.change("a", [Message("t", "1")], NOON + second) for second in range(1000)]
    assert silent.count(True) == 100
    assert silent[:100] == silent[100:200]


def test_reboots_come_at_their_time_once(tmp_path: Path) -> None:
    rules = scenario(tmp_path, "- {reboot: {every_s: 100, away_s: 5}}")
    away = [rules.reboot_s("a", NOON + second - 0.5, NOON + second) for second in (n / 2 for n in range(600))]
    assert [one for one in away if one is not None] == [5, 5, 5]


def test_firmware_lies_about_time(tmp_path: Path) -> None:
    rules = scenario(tmp_path, "- {clock: {off_s: -3600}}")
    said = {
        "time": 1_732_449_600_000,
        "ts": 1_732_449_600.5,
        "Time": "2024-11-24T12:00:00",
        "received_at": "2024-11-24T12:00:00Z",
        "timestamp": "nonsense",
        "power": 5,
    }
    [message] = rules.change("a", [Message("t", json.dumps(said))], NOON)
    assert json.loads(message.payload) == {
        "time": 1_732_446_000_000,
        "ts": 1_732_446_000.5,
        "Time": "2024-11-24T11:00:00",
        "received_at": "2024-11-24T11:00:00Z",
        "timestamp": "nonsense",
        "power": 5,
    }
    assert rules.change("a", [Message("t", "online")], NOON) == [Message("t", "online")]


@pytest.mark.parametrize(
    "text",
    [
        "a: 1",
        "- 5",
        "- {devices: a}",
        "- {flood: {by: 1}}",
        "- {drift: {key: power}}",
        "- {drift: {key: 5, per_hour: 1}}",
        "- {drift: 5}",
        "- {clock: {off_s: soon}}",
        "[",
    ],
)
def test_an_unfit_file_is_refused_with_what_is_wrong(tmp_path: Path, text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        scenario(tmp_path, text)
