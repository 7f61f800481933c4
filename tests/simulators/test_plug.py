import json
from itertools import pairwise
from typing import Any

import pytest

from simulators.base import Gateway, Message
from simulators.nature import DAY_S
from simulators.plug import APPLIANCES, STATE_EVERY, Plug

NOON = 1_732_449_600.0


def fields(message: Message) -> dict[str, Any]:
    decoded: dict[str, Any] = json.loads(message.payload)
    return decoded


def test_birth_is_lwt_discovery_and_a_full_state() -> None:
    plug = Plug(0, seed=1)
    said = plug.birth(NOON)
    assert said[0] == Message(plug.will.topic, "Online", 1, retain=True)
    assert plug.will == Message(f"tele/{plug.topic}/LWT", "Offline", 1, retain=True)
    config = fields(said[1])
    assert said[1].topic == f"tasmota/discovery/{config['mac']}/config"
    assert (config["t"], config["dn"], config["tp"]) == (plug.topic, "Fridge", ["cmnd", "stat", "tele"])
    assert config["t"].endswith(config["mac"][6:])
    assert said[2].topic == f"tasmota/discovery/{config['mac']}/sensors"
    assert fields(said[2])["sn"]["ENERGY"]
    assert [message.topic.rpartition("/")[2] for message in said[3:]] == ["INFO1", "STATE", "SENSOR"]
    assert [message.retain for message in said] == [True, True, True, False, False, False]


def test_each_sixth_report_is_state() -> None:
    plug = Plug(0, seed=1)
    topics = [message.topic for i in range(12) for message in plug.report(0, NOON + i)]
    assert [i for i, topic in enumerate(topics, 1) if topic.endswith("/STATE")] == [STATE_EVERY, 2 * STATE_EVERY]


@pytest.mark.parametrize("index", range(len(APPLIANCES)))
def test_what_it_measures_agrees_with_itself(index: int) -> None:
    plug = Plug(index, seed=2)
    totals = []
    for i in range(3 * 24 * 12):
        [message] = plug.report(0, NOON + i * 300)
        if message.topic.endswith("/STATE"):
            continue
        energy = fields(message)["ENERGY"]
        assert 222 < energy["Voltage"] < 238
        assert energy["Power"] <= energy["ApparentPower"]
        assert energy["ApparentPower"] == pytest.approx(energy["Voltage"] * energy["Current"], rel=0.1, abs=0.3)
        totals.append(energy["Total"])
    assert all(after >= before for before, after in pairwise(totals))
    assert 0.02 < totals[-1] - totals[0] < 60


def test_today_becomes_yesterday_at_midnight() -> None:
    plug = Plug(5, seed=1)
    midnight = (NOON // DAY_S + 1) * DAY_S
    before = fields(plug.report(0, midnight - 1)[0])["ENERGY"]
    after = fields(plug.report(0, midnight + 1)[0])["ENERGY"]
    assert after["Yesterday"] == before["Today"]
    assert after["Today"] < 0.01


def test_time_is_the_plug_clock_without_a_zone() -> None:
    assert fields(Plug(0, seed=1).report(0, NOON)[0])["Time"] == "2024-11-24T12:00:00"


@pytest.mark.parametrize(
    ("word", "on"),
    [(b"OFF", False), (b"off", False), (b"0", False), (b"ON", True), (b"TOGGLE", False), (b"2", False), (b"", True)],
)
def test_power_is_answered_on_result_and_power(word: bytes, *, on: bool) -> None:
    plug = Plug(1, seed=1)
    answer = plug.command(f"cmnd/{plug.topic}/POWER", word, NOON)
    state = "ON" if on else "OFF"
    assert answer == [
        Message(f"stat/{plug.topic}/RESULT", f'{{"POWER":"{state}"}}'),
        Message(f"stat/{plug.topic}/POWER", state),
    ]
    energy = fields(plug.report(0, NOON + 1)[0])["ENERGY"]
    assert (energy["Power"] > 0) == on


def test_other_commands_are_answered() -> None:
    plug = Plug(1, seed=1)
    [state] = plug.command(f"cmnd/{plug.topic}/State", b"", NOON)
    assert fields(state)["POWER"] == "ON"
    [unknown] = plug.command(f"cmnd/{plug.topic}/Dimmer", b"5", NOON)
    assert fields(unknown) == {"Command": "Unknown", "Input": "DIMMER"}


def test_a_reboot_begins_the_uptime_anew_and_keeps_counters_and_relay() -> None:
    plug = Plug(4, seed=1)
    plug.birth(NOON)
    plug.command(f"cmnd/{plug.topic}/POWER", b"OFF", NOON)
    [state] = plug.command(f"cmnd/{plug.topic}/STATE", b"", NOON + 90_061)
    assert (fields(state)["Uptime"], fields(state)["UptimeSec"]) == ("1T01:01:01", 90_061)
    plug.reboot(NOON + 90_070)
    after = fields(plug.birth(NOON + 90_075)[4])
    assert (after["UptimeSec"], after["MqttCount"], after["POWER"]) == (5, 1, "OFF")


def test_the_same_seed_says_the_same_and_plugs_differ() -> None:
    def say(index: int, seed: int) -> list[Message]:
        plug = Plug(index, seed=seed)
        return [*plug.birth(NOON), *plug.report(0, NOON + 5)]

    assert say(2, 5) == say(2, 5)
    assert say(2, 5) != say(2, 6)
    assert len({Plug(i, seed=1).topic for i in range(50)}) == 50
    assert Plug(len(APPLIANCES), seed=1).name == "Fridge 2"
    assert not isinstance(Plug(0, seed=1), Gateway)
