import mqtt5
import pytest

from hub.errors import InvalidTopic
from hub.mqtt import mqtt5_codec as codec
from hub.mqtt.base import Message, Response


def publish_packet(
    topic: str, payload: bytes = b"x", *, qos: int = 1, retain: bool = False, duplicate: bool = False
) -> bytes:
    packet_id = 7 if qos else None
    return mqtt5.PublishPacket(
        topic, payload, qos=mqtt5.QoS(qos), packet_id=packet_id, retain=retain, duplicate=duplicate
    ).write()


WITH_RESPONSE = b"\x30\x0d\x00\x01a\x08\x08\x00\x01r\x09\x00\x01cx"
"""A PUBLISH on `a` with response topic `r` and correlation data `c`."""
MALFORMED = b"\x32\x08\x00\x02\xff\xfe\x00\x07\x00x"
"""A PUBLISH with packet id 7 whose topic is not UTF-8."""
EMPTY_TOPIC = b"\x32\x06\x00\x00\x00\x08\x00x"


def test_a_response_is_asked_for_and_its_data_are_read() -> None:
    written = codec.publish("a", b"x", qos=0, retain=False, packet_id=None, response=Response("r", b"c"))
    assert written == WITH_RESPONSE
    [message] = codec.parse(WITH_RESPONSE).messages
    assert message == Message("a", b"x", 0, retain=False, duplicate=False, packet_id=0, correlation=b"c")


def test_messages_have_all_that_the_packet_says() -> None:
    data = (
        publish_packet("a", b"0", qos=0)
        + publish_packet("b/é", b"\x00\xff", qos=1, retain=True)
        + publish_packet("c", b"", qos=2, duplicate=True)
    )
    arrived = codec.parse(data)
    assert arrived == codec.Arrived(
        [
            Message("a", b"0", 0, retain=False, duplicate=False, packet_id=0),
            Message("b/é", b"\x00\xff", 1, retain=True, duplicate=False, packet_id=7),
            Message("c", b"", 2, retain=False, duplicate=True, packet_id=7),
        ],
        [],
        len(data),
    )
    assert all(type(message) is Message for message in arrived.messages)


@pytest.mark.parametrize("kind", [bytes, bytearray])
def test_what_is_not_whole_waits_wherever_it_is_cut(kind: type[bytes] | type[bytearray]) -> None:
    data = publish_packet("a", b"x" * 200) + EMPTY_TOPIC + publish_packet("b")
    for cut in range(len(data) + 1):
        rest = bytearray(data[:cut]) if kind is bytearray else data[:cut]
        first = codec.parse(rest)
        second = codec.parse(data[first.end :])
        assert [m.topic for m in (*first.messages, *second.messages)] == ["a", "b"]
        assert len(first.controls) + len(second.controls) == 1
        if isinstance(rest, bytearray):
            del rest[: first.end]  # nothing holds on to it


# The codec panics at a string that is not UTF-8, and reports the cause past the panic that `parse` catches.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_message_that_can_not_be_read_is_stepped_over() -> None:
    arrived = codec.parse(publish_packet("a") + MALFORMED + EMPTY_TOPIC + publish_packet("b"))
    assert [m.topic for m in arrived.messages] == ["a", "b"]
    assert [control[:2] for control in arrived.controls] == [(7, 1), (8, 1)]
    assert all(isinstance(control, codec.Malformed) for control in arrived.controls)


@pytest.mark.parametrize("data", [b"\x20\x02\x00\x01", b"\x00\x00", b"\x36\x06\x00\x01a\x00\x01\x00"])
def test_what_is_not_mqtt_5_ends_the_connection(data: bytes) -> None:
    arrived = codec.parse(publish_packet("a") + data)
    assert [m.topic for m in arrived.messages] == ["a"]
    (control,) = arrived.controls
    assert isinstance(control, codec.Ended)
    assert "not MQTT 5" in control.reason


@pytest.mark.parametrize(
    ("packet", "control"),
    [
        (
            mqtt5.ConnAckPacket(session_present=True, server_keep_alive=9, receive_max=5, max_packet_size=99),
            codec.Accepted(resumed=True, keep_alive_s=9, receive_max=5, max_qos=2, max_packet_bytes=99),
        ),
        (
            mqtt5.ConnAckPacket(reason_code=mqtt5.ConnAckReasonCode.NOT_AUTHORIZED, reason_str="go away"),
            codec.Refused("the broker refuses the connection: not authorized (go away)"),
        ),
        (
            mqtt5.SubAckPacket(
                1,
                [mqtt5.SubAckReasonCode.GRANTED_QOS_AT_LEAST_ONCE, mqtt5.SubAckReasonCode.TOPIC_FILTER_INVALID],
            ),
            codec.Granted(("", "topic filter invalid")),
        ),
        (mqtt5.PubAckPacket(7), codec.Settled(7, "")),
        (mqtt5.PubAckPacket(7, reason_code=mqtt5.PubAckReasonCode.NO_MATCHING_SUBSCRIBERS), codec.Settled(7, "")),
        (
            mqtt5.PubAckPacket(7, reason_code=mqtt5.PubAckReasonCode.QUOTA_EXCEEDED),
            codec.Settled(7, "quota exceeded"),
        ),
        (mqtt5.PubRecPacket(7), codec.Received(7)),
        (mqtt5.PubRecPacket(7, reason_code=mqtt5.PubRecReasonCode.NOT_AUTHORIZED), codec.Settled(7, "not authorized")),
        (mqtt5.PubRelPacket(7), codec.Released(7)),
        (mqtt5.PubCompPacket(7), codec.Settled(7, "")),
        (
            mqtt5.DisconnectPacket(reason_code=mqtt5.DisconnectReasonCode.SESSION_TAKEN_OVER),
            codec.Ended("the broker ended the connection: session taken over"),
        ),
        (mqtt5.PingReqPacket(), codec.Ended("the broker sent a PingReqPacket, which no broker sends")),
        (mqtt5.AuthPacket(), codec.Ended("the broker sent a AuthPacket, which no broker sends")),
    ],
    ids=lambda value: type(value).__name__,
)
def test_controls(packet: mqtt5.Packet, control: codec.Control) -> None:
    assert codec.parse(packet.write()).controls == [control]


def test_an_answer_to_a_ping_says_nothing() -> None:
    assert codec.parse(mqtt5.PingRespPacket().write()) == ([], [], 2)


def test_acknowledgements_go_out_in_order_and_are_what_the_codec_writes() -> None:
    messages = [
        Message("t", b"", qos, retain=False, duplicate=False, packet_id=packet_id)
        for qos, packet_id in ((1, 5), (0, 0), (2, 258), (1, 65535))
    ]
    wanted = (mqtt5.PubAckPacket(5), mqtt5.PubRecPacket(258), mqtt5.PubAckPacket(65535))
    assert codec.acks(messages) == b"".join(packet.write() for packet in wanted)
    assert codec.ack(258, qos=2) == mqtt5.PubRecPacket(258).write()
    assert codec.pubrel(258) == mqtt5.PubRelPacket(258).write()
    assert codec.pubcomp(258) == mqtt5.PubCompPacket(258).write()
    assert mqtt5.PingReqPacket().write() == codec.PINGREQ
    assert mqtt5.DisconnectPacket().write() == codec.DISCONNECT


def test_a_connect_takes_up_the_session() -> None:
    packet, _ = mqtt5.read(
        memoryview(
            codec.connect(
                "hub-0",
                user="anna",
                password="p",
                keep_alive_s=30,
                session_expiry_s=60,
                receive_max=1000,
                max_packet_bytes=999,
            )
        )
    )
    assert isinstance(packet, mqtt5.ConnectPacket)
    assert (packet.client_id, packet.username, packet.password) == ("hub-0", "anna", b"p")
    assert (packet.clean_start, packet.keep_alive, packet.session_expiry_interval) == (False, 30, 60)
    assert (packet.receive_max, packet.max_packet_size) == (1000, 999)


def test_a_subscribe_asks_for_retained_messages_once() -> None:
    packet, _ = mqtt5.read(memoryview(codec.subscribe(["a/#", "$SYS/#"], packet_id=9, max_qos=1)))
    assert isinstance(packet, mqtt5.SubscribePacket)
    assert packet.packet_id == 9
    assert [topic_filter.pattern for topic_filter in packet.topic_filters] == ["a/#", "$SYS/#"]
    assert {int(topic_filter.retain_handling) for topic_filter in packet.topic_filters} == {1}
    assert {int(topic_filter.max_qos) for topic_filter in packet.topic_filters} == {1}
    assert not any(topic_filter.retain_as_published for topic_filter in packet.topic_filters)


@pytest.mark.parametrize("topic", ["", "a/#", "x" * 70000])
def test_a_topic_that_mqtt_has_not_is_invalid(topic: str) -> None:
    with pytest.raises(InvalidTopic):
        codec.publish(topic, b"", qos=0, retain=False, packet_id=None)
