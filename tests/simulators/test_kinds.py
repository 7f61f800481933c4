"""Every kind of simulator says what the hub's decoders understand, as the family that it is."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from hub.decoders.lines import decode_lines
from simulators.base import NO_WILL, Message, Simulator
from simulators.kinds import DEFAULT, KINDS, make, titles

NOON = 1_732_449_600.0
FAMILIES = {
    "zigbee2mqtt": "zigbee2mqtt",
    "tasmota": "tasmota",
    "json": "json",
    "shelly_gen2": "shelly_gen2",
    "shelly_gen1": "shelly_gen1",
    "esphome": "esphome",
    "homeassistant": "ha_discovery",
    "homie": "homie",
    "sparkplug": "sparkplug_b",
    "chirpstack": "chirpstack",
    "things_stack": "ttn_v3",
    "openmqttgateway": "openmqttgateway",
    "rtl433": "rtl_433",
    "thingsboard": "thingsboard",
    "pump": "json",
}
"""What their telemetry is decoded as."""


def life_of(simulator: Simulator) -> Iterator[Message]:
    will = simulator.will
    yield from simulator.birth(NOON)
    for second in range(25):
        for member in range(simulator.members):
            yield from simulator.report(member, NOON + second)
    if will != NO_WILL:
        yield will
    simulator.reboot(NOON + 30)
    yield from simulator.birth(NOON + 30)


def decoded(messages: Iterator[Message]) -> list[dict[str, Any]]:
    lines = []
    for message in messages:
        payload = message.payload.encode() if isinstance(message.payload, str) else message.payload
        lines.append(json.dumps({"topic": message.topic, "payload_hex": payload.hex()}))
    return [json.loads(line) for line in decode_lines(lines, now_ms=lambda: int(NOON * 1000))]


def test_there_is_a_kind_for_each_family() -> None:
    assert set(KINDS) == set(FAMILIES)
    assert set(DEFAULT) <= set(KINDS)
    assert list(titles(["tasmota", "pump"], [2, 1])) == ["2 Tasmota plugs", "1 MQTT 5 pumps"]


@pytest.mark.parametrize("kind", KINDS)
def test_each_message_is_understood(kind: str) -> None:
    devices = set()
    for simulator in make(kind, 2, seed=1):
        told = decoded(life_of(simulator))
        assert [line for line in told if "error" in line] == []
        events = [event for line in told for event in line.get("events", [line])]
        with_readings = [event for event in events if event["readings"] and event["kind"] == "telemetry"]
        assert {event["family"] for event in with_readings} == {FAMILIES[kind]}
        devices |= {event["device"] for event in with_readings}
        if simulator.will != NO_WILL:
            assert {event["status"] for event in events} >= {"online", "offline"}
    assert len(devices) >= 2
    assert make(kind, 0, seed=1) == []


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_is_the_same_device(kind: str) -> None:
    def said(seed: int) -> list[list[Message]]:
        return [list(life_of(simulator)) for simulator in make(kind, 2, seed=seed)]

    assert said(4) == said(4)
    assert said(4) != said(5)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "payload", [b"", b"nonsense", b"\xff\xfe\x00", b"[1,2]", b'{"downlinks":[1,{}]}', b"{}", b"\x12\x05"]
)
def test_nonsense_changes_nothing(kind: str, payload: bytes) -> None:
    for simulator in make(kind, 1, seed=1):
        simulator.birth(NOON)
        for topic_filter in simulator.filters:
            simulator.command(topic_filter.replace("+", "x").replace("#", "x"), payload, NOON)
        assert simulator.report(0, NOON + 1)
