"""The fast client: MQTT 5, one batch per read of the socket."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from hub.errors import Unavailable
from hub.mqtt.inbox import MAX_WAITING_BYTES, MAX_WAITING_MESSAGES
from hub.mqtt.kept_client import KeptClient
from hub.mqtt.mqtt5_connection import ConnectOptions, Exchanges, Mqtt5Connection

CONNECT_TIMEOUT_S = 10.0
SESSION_EXPIRY_S = 7 * 24 * 3600
"""How long the broker keeps messages for a hub that is away."""
RECEIVE_MAX = 1000
"""Unacknowledged messages in flight; one batch can't be larger at QoS 1."""
MAX_PACKET_BYTES = 16 * 1024 * 1024
"""Asked of the broker, which leaves out what is larger (MQTT 5.0 section 3.1.2.11.4)."""
KEEP_ALIVE_S = 30


class Mqtt5Client(KeptClient):
    """MqttClient for brokers that speak MQTT 5.

    It subscribes with `max_qos` 1: the log recognises what comes again, so QoS 2 would add two packets a message and
    nothing else; rumqttd, which raises every message to the subscription's QoS, would do so for all of them. With
    `max_qos` 2, PUBREC is what `ack` sends and a message that is released is not delivered again on a kept session.
    """

    def __init__(  # noqa: PLR0913 - options of one connection, all by keyword
        self,
        url: str,
        *,
        client_id: str,
        filters: Sequence[str],
        tls: ssl.SSLContext | None = None,
        max_qos: int = 1,
        takes_response: bool = True,
        session_expiry_s: int = SESSION_EXPIRY_S,
        receive_max: int = RECEIVE_MAX,
        keep_alive_s: int = KEEP_ALIVE_S,
        max_waiting_messages: int = MAX_WAITING_MESSAGES,
        max_waiting_bytes: int = MAX_WAITING_BYTES,
    ) -> None:
        super().__init__(
            url,
            client_id=client_id,
            filters=filters,
            max_waiting_messages=max_waiting_messages,
            max_waiting_bytes=max_waiting_bytes,
        )
        self.takes_response = takes_response
        self._tls = tls
        self._exchanges = Exchanges()
        self._options = ConnectOptions(
            client_id=client_id,
            user=self._url.user,
            password=self._url.password,
            session_expiry_s=session_expiry_s,
            receive_max=receive_max,
            max_packet_bytes=MAX_PACKET_BYTES,
            keep_alive_s=keep_alive_s,
            max_qos=max_qos,
        )

    @asynccontextmanager
    async def _open(self) -> AsyncIterator[Mqtt5Connection]:
        connection = Mqtt5Connection(
            self._options, inbox=self._inbox, exchanges=self._exchanges, begin=self._begin_connection
        )
        try:
            await self._connect(connection)
            yield connection
        finally:
            await connection.close()

    async def _connect(self, connection: Mqtt5Connection) -> None:
        loop = asyncio.get_running_loop()
        tls = (self._tls or ssl.create_default_context()) if self._url.tls else None
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                await loop.create_connection(lambda: connection, self._url.host, self._url.port, ssl=tls)
                await connection.accepted()
        except TimeoutError:
            raise Unavailable(f"no answer within {CONNECT_TIMEOUT_S:g} s") from None
        except OSError as error:
            raise Unavailable(f"can't connect: {error}") from error

    def _begin_connection(self, connection: Mqtt5Connection, resumed: bool) -> None:  # noqa: FBT001 - a callback
        self._begin(connection, resumed=resumed)
