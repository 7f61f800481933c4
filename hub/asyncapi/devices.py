"""What devices say over MQTT: the conventions that the hub understands, each with a message and what comes of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from inspect import getmodule

from hub.asyncapi.schema import Schema, ref, text
from hub.decoders import FAMILIES


@dataclass(frozen=True, slots=True)
class DeviceChannel:
    """Topics of one kind; `{…}` in the address stands for what a device has there.

    `payload` said on `topic` becomes `event`, which has its topic and data. A payload that is text goes as it is,
    anything else as JSON.
    """

    address: str
    family: str
    description: str
    schema: Schema
    topic: str
    payload: object
    event: tuple[str, Mapping[str, object]]

    @property
    def content_type(self) -> str:
        """Of the payload."""
        return "text/plain" if isinstance(self.payload, str) else "application/json"

    @property
    def parameters(self) -> list[str]:
        """The names in the address."""
        return [part.partition("}")[0] for part in self.address.split("{")[1:]]


DEVICE_CHANNELS: Mapping[str, DeviceChannel] = {
    "jsonTelemetry": DeviceChannel(
        "{path}/{device}/telemetry",
        "json",
        "JSON on any topic: the level before the last word, or a member such as `deviceId`, names the device.",
        {
            "type": ["object", "array"],
            "description": "Values by key, flat or nested; perhaps the device's clock.",
        },
        "devices/kitchen/telemetry",
        {"temperature": 21.5, "humidity": 40},
        ("telemetry/kitchen", {"temperature": 21.5, "humidity": 40}),
    ),
    "plainValue": DeviceChannel(
        "{path}/{device}/{key}",
        "plain",
        "One value on each topic.",
        text("A number, perhaps with its unit behind it; a word; true or false."),
        "sensors/kitchen/temperature",
        "21.5",
        ("telemetry/kitchen", {"temperature": 21.5}),
    ),
    "plainPresence": DeviceChannel(
        "{path}/{device}/status",
        "plain",
        "Whether a device is reachable; `offline` usually as its will message. Likewise `lwt`, `availability`, …",
        {"enum": ["online", "offline"], "description": "Or what other words the topic's last level goes with."},
        "devices/kitchen/status",
        "offline",
        ("connectivity/kitchen", {"state": "offline"}),
    ),
    "tasmotaSensor": DeviceChannel(
        "tele/{device}/SENSOR",
        "tasmota",
        "Tasmota's readings, one object for each sensor; also with the prefix behind the device's topic.",
        {"type": "object", "properties": {"Time": text("The device's clock.")}, "additionalProperties": True},
        "tele/plug/SENSOR",
        {"Time": "2024-05-01T08:40:00", "ENERGY": {"Power": 170}},
        ("telemetry/plug", {"ENERGY.Power": 170}),
    ),
    "tasmotaPresence": DeviceChannel(
        "tele/{device}/LWT",
        "tasmota",
        "Whether a Tasmota device is reachable.",
        {"enum": ["Online", "Offline"], "description": "Or the words that its discovery has told."},
        "tele/plug/LWT",
        "Online",
        ("connectivity/plug", {"state": "online"}),
    ),
    "zigbee2mqttState": DeviceChannel(
        "zigbee2mqtt/{device}",
        "zigbee2mqtt",
        "The state of a device behind Zigbee2MQTT; its friendly name may have `/` in it.",
        {"type": "object", "additionalProperties": {"anyOf": [ref("Scalar"), {"type": ["object", "array", "null"]}]}},
        "zigbee2mqtt/hall",
        {"occupancy": True, "battery": 87},
        ("telemetry/hall", {"occupancy": True, "battery": 87}),
    ),
    "zigbee2mqttPresence": DeviceChannel(
        "zigbee2mqtt/{device}/availability",
        "zigbee2mqtt",
        "Whether a device behind Zigbee2MQTT is reachable.",
        {"type": "object", "properties": {"state": {"enum": ["online", "offline"]}}, "required": ["state"]},
        "zigbee2mqtt/hall/availability",
        {"state": "offline"},
        ("connectivity/hall", {"state": "offline"}),
    ),
}
"""What most devices say; `conventions` has the others."""


def conventions() -> dict[str, str]:
    """Every convention that the hub understands, in the order they are asked, with the line that says its topics."""
    found = {}
    for family in FAMILIES:
        told = getattr(getmodule(type(family)), "__doc__", None) or family.family
        found[family.family] = told.strip().partition("\n")[0]
    return found
