"""Commands to devices: their life, and the wire form of each family."""

from collections.abc import Mapping
from types import MappingProxyType

from hub.commands.chirpstack import ChirpStackWire
from hub.commands.command import Command
from hub.commands.deaf import DeafWire
from hub.commands.desired import DESIRED
from hub.commands.ems_esp import EmsEspWire
from hub.commands.esphome import EspHomeWire
from hub.commands.frigate import FrigateWire
from hub.commands.homeassistant import HomeAssistantWire, declared_setters
from hub.commands.homie import HomieWire
from hub.commands.openmqttgateway import OpenMqttGatewayWire
from hub.commands.owntracks import OwnTracksWire
from hub.commands.plain import PlainWire
from hub.commands.shelly_gen1 import ShellyGen1Wire
from hub.commands.shelly_gen2 import ShellyGen2Wire
from hub.commands.sparkplug import SparkplugWire
from hub.commands.tasmota import TasmotaWire
from hub.commands.things_stack import ThingsStackWire
from hub.commands.thingsboard import ThingsBoardWire
from hub.commands.valetudo import ValetudoWire
from hub.commands.victron import VictronWire
from hub.commands.wire import Control, Sending, Uncommandable, Wire
from hub.commands.wled import WledWire
from hub.commands.zigbee2mqtt import Zigbee2MqttWire
from hub.decoders.base import Knowledge
from hub.decoders.declared import FAMILY
from hub.errors import InvalidTopic
from hub.events import Scalar
from hub.topics import validate_topic

WIRES: Mapping[str, Wire] = MappingProxyType({
    "tasmota": TasmotaWire(),
    "zigbee2mqtt": Zigbee2MqttWire(),
    "shelly_gen1": ShellyGen1Wire(),
    "shelly_gen2": ShellyGen2Wire(),
    "esphome": EspHomeWire(),
    FAMILY: HomeAssistantWire(),
    "homie": HomieWire(4),
    "homie5": HomieWire(5),
    "sparkplug_b": SparkplugWire(),
    "chirpstack": ChirpStackWire(),
    "ttn_v3": ThingsStackWire(),
    "thingsboard": ThingsBoardWire(),
    "ems_esp": EmsEspWire(),
    "wled": WledWire(),
    "valetudo": ValetudoWire(),
    "frigate": FrigateWire(),
    "victron": VictronWire(),
    "openmqttgateway": OpenMqttGatewayWire(),
    "owntracks": OwnTracksWire(),
    "rtl_433": DeafWire("a receiver hears it, and nobody can talk to it"),
    "ruuvi_gateway": DeafWire("a gateway hears it, and nobody can talk to it"),
    "sys": DeafWire("a broker takes no commands over MQTT"),
})  # fmt: skip
"""The families that have a way of their own, or none."""

_PLAIN = PlainWire()


def encode(command: Command, family: str, knowledge: Knowledge, *, now_ms: int) -> Sending:
    """What is published for a command to a device of a family; raises Uncommandable.

    A family without a way of its own may have declared one by Home Assistant's discovery; else it is the plain one.
    What a twin wants goes the way that the family has for that, where it has one.
    """
    sending = _encoded(command, family, knowledge, now_ms)
    for outgoing in sending.outgoing:
        try:
            # A device may declare any text as the topic of its commands.
            validate_topic(outgoing.topic)
        except InvalidTopic as error:
            raise Uncommandable(str(error)) from None
    return sending


def _encoded(command: Command, family: str, knowledge: Knowledge, now_ms: int) -> Sending:
    if command.twin and family in DESIRED:
        return DESIRED[family](command, knowledge, now_ms)
    wire = WIRES.get(family)
    if wire is None:
        wire = WIRES[FAMILY] if declared_setters(command.device, knowledge) else _PLAIN
    return wire.encode(command, knowledge, now_ms=now_ms)


def controls(family: str, data: Mapping[str, Scalar]) -> list[Control]:
    """What of a device with this telemetry can be set for sure."""
    return WIRES.get(family, _PLAIN).controls(data)
