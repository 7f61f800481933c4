import json

import pytest

from simulators.base import Gateway, Message
from simulators.thermostat import DAY_CELSIUS, NIGHT_CELSIUS, Bridge

NOON = 1_732_449_600.0
NIGHT = NOON - 9.5 * 3600
BATTERY_KEYS = {"battery", "linkquality", "voltage"}
CLIMATE_KEYS = {
    "local_temperature", "occupied_heating_setpoint", "pi_heating_demand", "running_state", "system_mode",
}  # fmt: skip


def state(messages: list[Message]) -> dict[str, object]:
    fields: dict[str, object] = json.loads(messages[-1].payload)
    return fields


def test_birth_is_discovery_then_availability_and_state_of_each_member() -> None:
    bridge = Bridge(2, seed=1)
    said = bridge.birth(NOON)
    assert [(message.topic, message.retain) for message in said] == [
        ("zigbee2mqtt/bridge/state", True),
        ("zigbee2mqtt/bridge/info", True),
        ("zigbee2mqtt/bridge/devices", True),
        ("zigbee2mqtt/Living room/availability", True),
        ("zigbee2mqtt/Living room", False),
        ("zigbee2mqtt/Kitchen/availability", True),
        ("zigbee2mqtt/Kitchen", False),
    ]
    assert json.loads(said[0].payload) == {"state": "online"}
    assert json.loads(said[3].payload) == {"state": "online"}


def test_bridge_devices_names_keys_and_units_of_everything_a_state_holds() -> None:
    bridge = Bridge(3, seed=1)
    devices = json.loads(bridge.birth(NOON)[2].payload)
    assert [device["type"] for device in devices] == ["Coordinator", "EndDevice", "EndDevice", "EndDevice"]
    assert len({device["ieee_address"] for device in devices}) == 4
    units = {}
    for expose in devices[1]["definition"]["exposes"]:
        for feature in expose.get("features", [expose]):
            units[feature["property"]] = feature.get("unit")
    assert units.keys() == CLIMATE_KEYS | BATTERY_KEYS == state(bridge.report(0, NOON)).keys()
    assert units["local_temperature"] == "°C"
    assert units["voltage"] == "mV"
    assert units["system_mode"] is None


def test_values_are_plausible_over_a_week() -> None:
    bridge = Bridge(1, seed=3)
    for i in range(7 * 24 * 6):
        fields = state(bridge.report(0, NOON + i * 600))
        assert isinstance(fields["local_temperature"], float)
        assert 14 < fields["local_temperature"] < 25
        assert isinstance(fields["pi_heating_demand"], int)
        assert 0 <= fields["pi_heating_demand"] <= 100
        assert isinstance(fields["linkquality"], int)
        assert 1 <= fields["linkquality"] <= 255
        assert isinstance(fields["battery"], int)
        assert 1 <= fields["battery"] <= 100
        assert fields["running_state"] == "heat" or fields["pi_heating_demand"] == 0


def test_the_programme_is_lower_at_night_until_a_setpoint_is_commanded() -> None:
    bridge = Bridge(1, seed=1)
    assert state(bridge.report(0, NOON))["occupied_heating_setpoint"] == DAY_CELSIUS
    assert state(bridge.report(0, NIGHT))["occupied_heating_setpoint"] == NIGHT_CELSIUS
    answer = bridge.command("zigbee2mqtt/Living room/set", b'{"occupied_heating_setpoint":22.3}', NOON)
    assert answer[0].topic == "zigbee2mqtt/Living room"
    assert state(answer)["occupied_heating_setpoint"] == 22.5
    assert state(bridge.report(0, NIGHT))["occupied_heating_setpoint"] == 22.5


@pytest.mark.parametrize(
    ("payload", "setpoint"),
    [(b'{"occupied_heating_setpoint":99}', 30), (b'{"occupied_heating_setpoint":-4,"system_mode":"heat"}', 5)],
)
def test_a_setpoint_stays_within_the_limits_of_its_expose(payload: bytes, setpoint: float) -> None:
    answer = Bridge(1, seed=1).command("zigbee2mqtt/Living room/set", payload, NOON)
    assert state(answer)["occupied_heating_setpoint"] == setpoint


def test_off_shuts_the_valve() -> None:
    answer = Bridge(1, seed=1).command("zigbee2mqtt/Living room/set", b'{"system_mode":"off"}', NOON)
    assert state(answer)["pi_heating_demand"] == 0
    assert state(answer)["running_state"] == "idle"


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        ("zigbee2mqtt/Nowhere/set", b'{"system_mode":"off"}'),
        ("zigbee2mqtt/Living room/set", b"{"),
        ("zigbee2mqtt/Living room/set", b"[1]"),
        ("zigbee2mqtt/Living room/set", b'{"system_mode":"cool"}'),
        ("zigbee2mqtt/Living room/set", b'{"occupied_heating_setpoint":true}'),
    ],
)
def test_what_it_does_not_know_is_not_answered(topic: str, payload: bytes) -> None:
    assert Bridge(1, seed=1).command(topic, payload, NOON) == []


def test_get_is_answered_with_the_state_also_below_a_slash() -> None:
    bridge = Bridge(7, seed=1)
    answer = bridge.command("zigbee2mqtt/upstairs/Guest room/get", b'{"local_temperature":""}', NOON)
    assert [message.topic for message in answer] == ["zigbee2mqtt/upstairs/Guest room"]


def test_a_lost_member_is_offline_and_silent_then_back() -> None:
    bridge = Bridge(2, seed=1)
    assert isinstance(bridge, Gateway)
    lost = bridge.lose(1, NOON, 30)
    assert lost == [Message("zigbee2mqtt/Kitchen/availability", '{"state":"offline"}', 1, retain=True)]
    assert bridge.report(1, NOON + 29) == []
    assert bridge.command("zigbee2mqtt/Kitchen/get", b"", NOON + 29) == []
    assert "zigbee2mqtt/Kitchen" not in [message.topic for message in bridge.birth(NOON + 29)]
    back = bridge.report(1, NOON + 30)
    assert [json.loads(message.payload).get("state") for message in back] == ["online", None]
    assert len(bridge.report(1, NOON + 31)) == 1


def test_the_same_seed_says_the_same() -> None:
    def say(seed: int) -> list[Message]:
        bridge = Bridge(12, seed=seed)
        return [*bridge.birth(NOON), *(message for i in range(12) for message in bridge.report(i, NOON + i))]

    assert say(5) == say(5)
    assert say(5) != say(6)
