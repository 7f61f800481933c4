import json
from itertools import pairwise

import pytest

from simulators.base import Message
from simulators.meter import Meter

NOON = 1_732_449_600.0


def test_birth_is_online_and_a_first_value() -> None:
    meter = Meter(0, seed=1)
    online, first = meter.birth(NOON)
    assert online == Message("devices/meter-01/status", "online", 1, retain=True)
    assert meter.will == Message("devices/meter-01/status", "offline", 1, retain=True)
    assert (first.topic, first.qos, first.retain) == ("devices/meter-01/telemetry", 1, False)
    assert json.loads(first.payload).keys() == {"time", "power", "energy", "voltage", "current", "frequency", "relay"}


def test_what_it_measures_agrees_with_itself() -> None:
    meter = Meter(0, seed=2)
    values = [json.loads(meter.report(0, NOON + i * 60)[0].payload) for i in range(2 * 24 * 60)]
    for value in values:
        assert 5 <= value["power"] < 4200
        assert 224 < value["voltage"] < 238
        assert value["current"] == pytest.approx(value["power"] / value["voltage"], abs=0.01)
        assert 49.9 < value["frequency"] < 50.1
    assert all(after["energy"] >= before["energy"] for before, after in pairwise(values))
    assert 5 < values[-1]["energy"] - values[0]["energy"] < 60
    assert values[1]["time"] - values[0]["time"] == 60_000


def test_evenings_take_more_than_nights() -> None:
    meter = Meter(3, seed=2)
    night = json.loads(meter.report(0, NOON - 9 * 3600)[0].payload)["power"]
    evening = json.loads(meter.report(0, NOON + 7 * 3600)[0].payload)["power"]
    assert evening > night + 200


def test_it_cuts_the_flat_off_and_forgets_nothing() -> None:
    meter = Meter(0, seed=1)
    [topic] = meter.filters
    asked = {"id": "a", "name": "relay", "value": False, "answer": "answers/1"}
    answer, cut_off = meter.command(topic, json.dumps(asked).encode(), NOON)
    assert (answer.topic, json.loads(answer.payload)) == ("answers/1", {"id": "a", "ok": True})
    before = json.loads(cut_off.payload)
    assert (before["relay"], before["power"]) == (False, 0)
    meter.reboot(NOON)
    after = json.loads(meter.report(0, NOON)[0].payload)
    assert (after["relay"], after["energy"]) == (False, before["energy"])
    [refused] = meter.command(topic, b'{"id":"b","name":"relay","value":1}', NOON)
    assert refused.topic == "devices/meter-01/command/answer"
    assert json.loads(refused.payload)["ok"] is False


def test_the_same_seed_says_the_same() -> None:
    def say(seed: int) -> list[Message]:
        meter = Meter(2, seed=seed)
        return [message for i in range(5) for message in meter.report(0, NOON + i)]

    assert say(5) == say(5)
    assert say(5) != say(6)
