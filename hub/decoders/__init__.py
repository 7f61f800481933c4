"""Conventions of device families: messages in, what they say out."""

from hub.decoders.base import Decoder
from hub.decoders.json import Json
from hub.decoders.plain import Plain
from hub.decoders.tasmota import Tasmota
from hub.decoders.zigbee2mqtt import Zigbee2Mqtt

FAMILIES: tuple[Decoder, ...] = (Tasmota(), Zigbee2Mqtt(), Json(), Plain())
"""All conventions in the order they are asked: what knows its topics before what takes any JSON or any word."""
