"""Which broker, and which client for it: chosen once at start, and logged."""

import asyncio
import logging
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hub.errors import Unavailable
from hub.mqtt.base import MqttClient
from hub.mqtt.embedded import EmbeddedBroker
from hub.mqtt.mqtt5_client import Mqtt5Client
from hub.mqtt.probe import answers, probe
from hub.mqtt.url import BrokerUrl
from hub.settings import Settings

if TYPE_CHECKING:
    from hub.mqtt.aiomqtt_client import AiomqttClient

log = logging.getLogger(__name__)

PROBE_AGAIN_S = 2.0
NO_KEEP_ALIVE_S = 0xFFFF
"""The longest there is, 18 hours: a link between parent and child ends with one of them, not by silence."""


@dataclass(frozen=True, slots=True)
class Broker:
    """The broker of this hub: `url` is the hub's own way to it (may hold a password), `shown` the devices'.

    `embedded`: it is a child of this process and ends with it.
    """

    url: str
    shown: str
    embedded: bool = False


async def open_broker(settings: Settings, stack: AsyncExitStack) -> Broker:
    """The broker that the settings name, the one that answers where ours would listen, or the embedded one.

    Raises Unavailable where the embedded broker can't listen.
    """
    if settings.mqtt_url is not None:
        return Broker(settings.mqtt_url, str(BrokerUrl.parse(settings.mqtt_url)))
    host, _, port = settings.mqtt_listen.rpartition(":")
    if not settings.mqtt_listen_given and await answers(host, int(port)):
        found = f"mqtt://{settings.mqtt_listen}"
        log.warning("A broker answers on %s already: the hub uses it, and starts none of its own.", found)
        return Broker(found, found)
    embedded = await stack.enter_async_context(EmbeddedBroker(settings.mqtt_listen, data_dir=settings.data_dir))
    log.info("Embedded broker: MQTT 3.1.1 on %s, MQTT 5 on %s.", embedded.url311, embedded.url5)
    return Broker(embedded.url5, embedded.url311, embedded=True)


async def open_client(broker: Broker, settings: Settings, stack: AsyncExitStack) -> MqttClient:
    """The client for what the broker speaks; waits until it answers, however long that takes."""
    said = ""
    while True:
        try:
            version = await probe(broker.url)
            break
        except Unavailable as error:
            if str(error) != said:
                said = str(error)
                log.warning("No broker yet, asking on: %s", said)
            await asyncio.sleep(PROBE_AGAIN_S)
    client_class = _client_class(version)
    log.info("The broker at %s speaks MQTT %s: using %s.", broker.shown, version, client_class.__name__)
    if broker.embedded:
        return await stack.enter_async_context(embedded_client(broker.url, settings))
    client = client_class(broker.url, client_id=settings.mqtt_client_id, filters=settings.mqtt_filters)
    return await stack.enter_async_context(client)


def _client_class(version: str) -> "type[Mqtt5Client | AiomqttClient]":
    if version == "5":
        return Mqtt5Client
    from hub.mqtt.aiomqtt_client import AiomqttClient  # noqa: PLC0415 - few brokers are that old

    return AiomqttClient


def embedded_client(url: str, settings: Settings) -> Mqtt5Client:
    """The client for the embedded broker: QoS 0, on a link that nobody gives up (docs/design/embedded-link.md)."""
    return Mqtt5Client(
        url,
        client_id=settings.mqtt_client_id,
        filters=settings.mqtt_filters,
        max_qos=0,
        # rumqttd 0.20 panics over a message with properties for a subscriber of 3.1.1, which may be anybody.
        takes_response=False,
        keep_alive_s=NO_KEEP_ALIVE_S,
    )
