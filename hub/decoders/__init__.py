"""Conventions of device families: messages in, what they say out."""

from hub.decoders.aws_iot import AwsIot
from hub.decoders.azure_iot import AzureIot
from hub.decoders.base import Decoder
from hub.decoders.cbor import Cbor
from hub.decoders.chirpstack import ChirpStack
from hub.decoders.csv import Csv
from hub.decoders.ems_esp import EmsEsp
from hub.decoders.esphome import EspHome
from hub.decoders.frigate import Frigate
from hub.decoders.homeassistant import HomeAssistant
from hub.decoders.homie import Homie
from hub.decoders.homie5 import Homie5
from hub.decoders.influx import Influx
from hub.decoders.json import Json
from hub.decoders.meshtastic import Meshtastic
from hub.decoders.msgpack import MessagePack
from hub.decoders.openmqttgateway import OpenMqttGateway
from hub.decoders.owntracks import OwnTracks
from hub.decoders.plain import Plain
from hub.decoders.rtl433 import Rtl433
from hub.decoders.ruuvi import Ruuvi
from hub.decoders.senml import SenMl
from hub.decoders.shelly_gen1 import ShellyGen1
from hub.decoders.shelly_gen2 import ShellyGen2
from hub.decoders.sparkplug import Sparkplug
from hub.decoders.sys_topics import SysTopics
from hub.decoders.tasmota import Tasmota
from hub.decoders.things_stack import ThingsStack
from hub.decoders.thingsboard import ThingsBoard
from hub.decoders.valetudo import Valetudo
from hub.decoders.victron import Victron
from hub.decoders.wled import Wled
from hub.decoders.zigbee2mqtt import Zigbee2Mqtt

FAMILIES: tuple[Decoder, ...] = (
    Tasmota(),
    Zigbee2Mqtt(),
    Sparkplug(),
    OwnTracks(),
    ChirpStack(),
    ThingsStack(),
    ThingsBoard(),
    AwsIot(),
    AzureIot(),
    Meshtastic(),
    SysTopics(),
    ShellyGen1(),
    ShellyGen2(),
    Homie5(),
    Homie(),
    Valetudo(),
    Victron(),
    Ruuvi(),
    OpenMqttGateway(),
    Rtl433(),
    Wled(),
    EmsEsp(),
    Frigate(),
    HomeAssistant(),
    EspHome(),
    SenMl(),
    MessagePack(),
    Cbor(),
    Influx(),
    Csv(),
    Json(),
    Plain(),
)
"""All conventions in the order they are asked: what knows its topics before what takes any JSON or any word."""
