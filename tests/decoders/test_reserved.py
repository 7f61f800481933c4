from contextlib import suppress

import pytest

from hub.decoders.base import Malformed, Unsupported
from hub.decoders.reserved import is_reserved
from tests.decoders.told import NOW, decoders

RESERVED = [
    "$SYS/broker/uptime",
    "$aws/things/lamp/shadow/update",
    "homie/car/engine/temperature",
    "site/robot/$state",
    "homeassistant/sensor/x/config",
    "esphome/discover/node",
    "node/sensor/outside/state",
    "shellies/shelly1-AA/relay/0",
    "plug/events/rpc",
    "plug/status/switch:0",
    "plug/status/mqtt",
    "plug/command/switch:0",
    "spBv1.0/G/NDATA/E",
    "STATE/scada",
    "owntracks/u/phone",
    "senml/x",
    "msh/EU_868/2/json/LongFast/!7efeee00",
    "application/1/device/0101010101010101/event/up",
    "eu868/gateway/0016c001f153a14c/event/up",
    "v3/app@tenant/devices/dev1/up",
    "rtl_433/host/events",
    "sensors/rtl_433/P25/C1/rain_mm",
    "home/gw/BTtoMQTT/AABBCCDDEEFF",
    "home/gw/commands/MQTTtoBT/config",
    "home/home_presence/gw",
    "N/c0619ab2f10b/system/0/Dc/Battery/Soc",
    "ruuvi/AA:BB/CC:DD",
    "v1/devices/me/telemetry",
    "v2/t",
    "devices/dev1/messages/events/a=b",
    "frigate/events",
    "valetudo/robot/BatteryStateAttribute/level",
    "wled/298232/g",
    "ems-esp/boiler_data",
]


@pytest.mark.parametrize("topic", RESERVED)
def test_other_conventions_are_left_alone(topic: str) -> None:
    assert is_reserved(topic)
    by = decoders()
    for payload in (
        b"21.5",
        b'{"deviceId":"x","temperature":21.5}',
        b"a,b=c d=1 1714552800000000000",
        b"\x81\xa1a\x01",
    ):
        with suppress(Malformed, Unsupported):
            by.decode(topic, payload, NOW)
        assert by.family_of(topic) not in {"json", "plain", "influx", "csv", "msgpack", "cbor"}


@pytest.mark.parametrize(
    "topic", ["devices/kitchen/telemetry", "home/kitchen/temperature", "node/status", "v2/x", "state"]
)
def test_other_topics_are_anybodys(topic: str) -> None:
    assert not is_reserved(topic)
