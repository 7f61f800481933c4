"""The kinds of simulators by name: one for each family of devices."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from simulators.base import Simulator
from simulators.chirpstack import ChirpStack
from simulators.esphome import EspHome
from simulators.homeassistant import Lamp
from simulators.homie import Heater
from simulators.meter import Meter
from simulators.openmqttgateway import OpenMqttGateway
from simulators.plug import Plug
from simulators.pump import Pump
from simulators.rtl433 import Receiver
from simulators.shelly_gen1 import ShellyGen1
from simulators.shelly_gen2 import ShellyGen2
from simulators.sparkplug import EdgeNode
from simulators.thermostat import Bridge
from simulators.things_stack import ThingsStack
from simulators.thingsboard import ThingsBoardGateway


class Kind(NamedTuple):
    """What a kind is called, and how so many of it (at least 1) with a seed are made."""

    title: str
    make: Callable[[int, int], list[Simulator]]


def _each(one: Callable[[int, int], Simulator]) -> Callable[[int, int], list[Simulator]]:
    """Each device has a session of its own."""
    return lambda count, seed: [one(index, seed) for index in range(count)]


def _behind(one: Callable[[int, int], Simulator]) -> Callable[[int, int], list[Simulator]]:
    """All devices are behind one gateway."""
    return lambda count, seed: [one(count, seed)]


KINDS: Mapping[str, Kind] = MappingProxyType({
    "zigbee2mqtt": Kind("Zigbee2MQTT thermostats", _behind(lambda n, seed: Bridge(n, seed=seed))),
    "tasmota": Kind("Tasmota plugs", _each(lambda i, seed: Plug(i, seed=seed))),
    "json": Kind("meters", _each(lambda i, seed: Meter(i, seed=seed))),
    "shelly_gen2": Kind("Shelly plugs", _each(lambda i, seed: ShellyGen2(i, seed=seed))),
    "shelly_gen1": Kind("Shelly plugs of the first generation", _each(lambda i, seed: ShellyGen1(i, seed=seed))),
    "esphome": Kind("ESPHome nodes", _each(lambda i, seed: EspHome(i, seed=seed))),
    "homeassistant": Kind("Home Assistant lamps", _each(lambda i, seed: Lamp(i, seed=seed))),
    "homie": Kind("Homie heaters", _each(lambda i, seed: Heater(i, seed=seed))),
    "sparkplug": Kind("Sparkplug edge nodes", _each(lambda i, seed: EdgeNode(i, seed=seed))),
    "chirpstack": Kind("ChirpStack valves", _behind(lambda n, seed: ChirpStack(n, seed=seed))),
    "things_stack": Kind("The Things Stack valves", _behind(lambda n, seed: ThingsStack(n, seed=seed))),
    "openmqttgateway": Kind("OpenMQTTGateway thermometers", _behind(lambda n, seed: OpenMqttGateway(n, seed=seed))),
    "rtl433": Kind("rtl_433 sensors", _behind(lambda n, seed: Receiver(n, seed=seed))),
    "thingsboard": Kind("ThingsBoard freezers", _behind(lambda n, seed: ThingsBoardGateway(n, seed=seed))),
    "pump": Kind("MQTT 5 pumps", _each(lambda i, seed: Pump(i, seed=seed))),
})  # fmt: skip
DEFAULT = ("zigbee2mqtt", "tasmota", "json")


def make(kind: str, count: int, *, seed: int) -> list[Simulator]:
    """So many devices of a kind, the same ones for the same seed."""
    return KINDS[kind].make(count, seed) if count else []


def titles(kinds: Sequence[str], counts: Sequence[int]) -> Iterator[str]:
    """`7 Tasmota plugs` and so on."""
    return (f"{count} {KINDS[kind].title}" for kind, count in zip(kinds, counts, strict=True))
