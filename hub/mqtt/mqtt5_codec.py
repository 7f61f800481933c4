"""MQTT 5 on the wire: packets to bytes, and whatever one read of a socket brought to messages and controls."""

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

import mqtt5

from hub.errors import InvalidTopic
from hub.mqtt.base import Message, Response
from hub.mqtt.malformed import find_publish

FIRST_REFUSAL = 0x80
"""Reason codes from here on are refusals (MQTT 5.0 section 2.4)."""

PINGREQ = b"\xc0\x00"
DISCONNECT = b"\xe0\x00"
"""Normal disconnection: the broker keeps the session and sends no will message."""

_PUBACK = b"\x40\x02"
_PUBREC = b"\x50\x02"
_PUBREL = b"\x62\x02"
_PUBCOMP = b"\x70\x02"
_ACKS = (b"", _PUBACK, _PUBREC)
_DUP = 8
_RETAIN = 1


class Accepted(NamedTuple):
    """CONNACK of a connection that the broker takes, with what it grants (MQTT 5.0 section 3.2.2)."""

    resumed: bool
    keep_alive_s: int | None
    receive_max: int
    max_qos: int
    max_packet_bytes: int | None


class Refused(NamedTuple):
    """CONNACK of a connection that the broker does not take."""

    reason: str


class Granted(NamedTuple):
    """SUBACK: for each filter, in order, an empty string or why it is refused."""

    refusals: tuple[str, ...]


class Settled(NamedTuple):
    """PUBACK or PUBCOMP, or a PUBREC that refuses: an own message is done; `refusal` is empty or says why not."""

    packet_id: int
    refusal: str


class Received(NamedTuple):
    """PUBREC: the broker has an own QoS 2 message and waits for PUBREL."""

    packet_id: int


class Released(NamedTuple):
    """PUBREL: the broker will not send this QoS 2 message again."""

    packet_id: int


class Malformed(NamedTuple):
    """A PUBLISH that no topic or payload can be read from; `packet_id` is 0 at QoS 0."""

    packet_id: int
    qos: int
    reason: str


class Ended(NamedTuple):
    """DISCONNECT from the broker, or bytes that are not MQTT 5: the connection can't go on."""

    reason: str


Control = Accepted | Refused | Granted | Settled | Received | Released | Malformed | Ended


class Arrived(NamedTuple):
    """What was whole in the bytes: messages and controls, each in order; the rest begins at `end`."""

    messages: list[Message]
    controls: list[Control]
    end: int


def parse(data: bytes | bytearray) -> Arrived:
    """Take all whole packets. Never raises: what can't be read is a Malformed or an Ended."""
    messages: list[Message] = []
    controls: list[Control] = []
    read, append, new = mqtt5.read, messages.append, tuple.__new__
    start, size = 0, len(data)
    with memoryview(data) as view:
        while start < size:
            try:
                packet, length = read(view[start:])
            except IndexError:
                break  # the codec's word for: more bytes are needed
            except BaseException as error:
                # A string that is not UTF-8 makes the codec panic, and its panic is no Exception.
                if not isinstance(error, ValueError) and type(error).__name__ != "PanicException":
                    raise
                length = _past(data, start, error, controls)
                if not length:
                    break
                start += length
                continue
            if isinstance(packet, mqtt5.PublishPacket):
                # One tuple a message, flags straight from the first byte: this loop is the speed of ingest.
                head = data[start]
                append(
                    new(
                        Message,
                        (
                            packet.topic,
                            packet.payload,
                            head >> 1 & 3,
                            head & _RETAIN > 0,
                            head & _DUP > 0,
                            packet.packet_id or 0,
                            packet.correlation_data,
                        ),
                    )
                )
            else:
                control = _CONTROLS[type(packet)](packet)
                if control is not None:
                    controls.append(control)
            start += length
    return Arrived(messages, controls, start)


def _past(data: bytes | bytearray, start: int, error: BaseException, controls: list[Control]) -> int:
    """How many bytes of a packet to step over; 0 where the connection can't go on or more bytes are needed."""
    found = find_publish(data, start)
    if found is None:
        controls.append(Ended(f"the broker sent what is not MQTT 5: {error}"))
        return 0
    if found.whole:
        controls.append(Malformed(found.packet_id, found.qos, str(error)))
        return found.length
    return 0


def connect(
    client_id: str,
    *,
    user: str | None,
    password: str | None,
    keep_alive_s: int,
    session_expiry_s: int,
    receive_max: int,
    max_packet_bytes: int,
) -> bytes:
    """A CONNECT that takes up the session of an earlier connection."""
    return mqtt5.ConnectPacket(
        client_id,
        username=user,
        password=None if password is None else password.encode(),
        clean_start=False,
        keep_alive=keep_alive_s,
        session_expiry_interval=session_expiry_s,
        receive_max=receive_max,
        max_packet_size=max_packet_bytes,
    ).write()


def subscribe(filters: Sequence[str], *, packet_id: int, max_qos: int) -> bytes:
    """A SUBSCRIBE; retained messages come only for subscriptions that are new to the session."""
    wanted = [
        mqtt5.TopicFilter(
            topic_filter,
            max_qos=mqtt5.QoS(max_qos),
            # As in 3.1.1: RETAIN marks what the broker had stored, not what a device says just now.
            retain_as_published=False,
            retain_handling=mqtt5.RetainHandling.SEND_IF_SUBSCRIPTION_NOT_EXISTS,
        )
        for topic_filter in filters
    ]
    return mqtt5.SubscribePacket(packet_id, wanted).write()


def publish(
    topic: str, payload: bytes, *, qos: int, retain: bool, packet_id: int | None, response: Response | None = None
) -> bytes:
    """A PUBLISH; raises InvalidTopic where MQTT 5 has no such topic."""
    try:
        return mqtt5.PublishPacket(
            topic,
            payload,
            qos=mqtt5.QoS(qos),
            retain=retain,
            packet_id=packet_id,
            response_topic=None if response is None else response.topic,
            correlation_data=None if response is None else response.correlation,
        ).write()
    except ValueError as error:
        raise InvalidTopic(f"Topic {topic[:80]!r}: {error}.") from error


def acks(messages: Sequence[Message]) -> bytes:
    """PUBACK or PUBREC for each message with QoS 1 or 2, in their order."""
    # By hand: the codec's objects would be half the cost of a message.
    return b"".join([_ACKS[qos] + packet_id.to_bytes(2, "big") for _, _, qos, _, _, packet_id, _ in messages if qos])


def ack(packet_id: int, *, qos: int) -> bytes:
    """PUBACK or PUBREC of one packet id."""
    return _ACKS[qos] + packet_id.to_bytes(2, "big")


def pubrel(packet_id: int) -> bytes:
    """PUBREL: the answer to PUBREC."""
    return _PUBREL + packet_id.to_bytes(2, "big")


def pubcomp(packet_id: int) -> bytes:
    """PUBCOMP: the answer to PUBREL."""
    return _PUBCOMP + packet_id.to_bytes(2, "big")


class _Reason(Protocol):
    """The codec's reason codes, which are no integers in spite of its stub."""

    @property
    def name(self) -> str: ...

    def __int__(self) -> int: ...


def _refusal(code: _Reason, reason: str | None = None) -> str:
    if int(code) < FIRST_REFUSAL:
        return ""
    name = code.name.lower().replace("_", " ")
    return f"{name} ({reason})" if reason else name


def _connack(packet: mqtt5.ConnAckPacket) -> Control:
    refusal = _refusal(packet.reason_code, packet.reason_str)
    if refusal:
        return Refused(f"the broker refuses the connection: {refusal}")
    return Accepted(
        packet.session_present,
        packet.server_keep_alive,
        packet.receive_max,
        int(packet.max_qos),
        packet.max_packet_size,
    )


def _suback(packet: mqtt5.SubAckPacket) -> Control:
    return Granted(tuple(_refusal(code, packet.reason_str) for code in packet.reason_codes))


def _puback(packet: mqtt5.PubAckPacket) -> Control:
    return Settled(packet.packet_id, _refusal(packet.reason_code, packet.reason_str))


def _pubrec(packet: mqtt5.PubRecPacket) -> Control:
    refusal = _refusal(packet.reason_code, packet.reason_str)
    return Settled(packet.packet_id, refusal) if refusal else Received(packet.packet_id)


def _disconnect(packet: mqtt5.DisconnectPacket) -> Control:
    name = packet.reason_code.name.lower().replace("_", " ")
    return Ended(f"the broker ended the connection: {name}")


def _nothing(_packet: mqtt5.PingRespPacket) -> None:
    """PINGRESP: that something came was all it had to say."""


def _stray(packet: object) -> Control:
    return Ended(f"the broker sent a {type(packet).__name__}, which no broker sends")


_CONTROLS: dict[type, Callable[..., Control | None]] = {
    mqtt5.ConnAckPacket: _connack,
    mqtt5.SubAckPacket: _suback,
    mqtt5.PubAckPacket: _puback,
    mqtt5.PubRecPacket: _pubrec,
    mqtt5.PubRelPacket: lambda packet: Released(packet.packet_id),
    mqtt5.PubCompPacket: lambda packet: Settled(packet.packet_id, ""),
    mqtt5.DisconnectPacket: _disconnect,
    mqtt5.PingRespPacket: _nothing,
    mqtt5.ConnectPacket: _stray,
    mqtt5.SubscribePacket: _stray,
    mqtt5.UnsubscribePacket: _stray,
    mqtt5.UnsubAckPacket: _stray,
    mqtt5.PingReqPacket: _stray,
    mqtt5.AuthPacket: _stray,
}
