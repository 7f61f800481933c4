"""What families remember of topics is bounded: past a bound it is forgotten, and messages say what they did before."""

import pytest

import hub.decoders.influx
import hub.decoders.senml
import hub.decoders.tasmota_values
import hub.decoders.zigbee2mqtt_messages
from hub.decoders.base import Knowledge
from hub.decoders.json import Json
from hub.decoders.lorawan import CodecValues
from tests.decoders.told import decoders, one, told


@pytest.mark.parametrize(
    ("bound", "topic", "payloads"),
    [
        ((hub.decoders.influx, "MAX_SERIES"), "telegraf/a", ("m,cpu=1 x=1", "m,cpu=2 x=1")),
        ((hub.decoders.senml, "MAX_LEAVES"), "senml/a", ([{"n": "a", "v": 1}], [{"n": "b", "v": 1}])),
        (
            (hub.decoders.tasmota_values, "MAX_FORMS"),
            "tele/a/SENSOR",
            ({"ENERGY": {"Power": 1}}, {"A": {"Humidity": 1}}),
        ),
        ((hub.decoders.zigbee2mqtt_messages, "MAX_SHAPES"), "zigbee2mqtt/a", ({"temperature": 1}, {"humidity": 1})),
    ],
    ids=["series", "places", "forms", "shapes"],
)
def test_what_is_forgotten_is_found_out_anew(
    bound: tuple[object, str], topic: str, payloads: tuple[object, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(*bound, 1)
    by = decoders()
    first = [told(topic, payload) for payload in payloads]
    for _ in range(2):
        assert [told(topic, payload, by) for payload in payloads] == first


def test_a_senml_pack_is_no_json_telemetry() -> None:
    assert Json().claim("a/b", b'[{"n":"a","v":1}]', Knowledge()) is None


def test_a_long_name_in_a_codecs_object_is_read_as_any_other() -> None:
    name = "temperature" * 10
    assert CodecValues().read({name: 1, "bytes": [1, 2], "data": [1.5]}) == {name: 1, "data.0": 1.5}
    assert CodecValues().read({"payload": "dry", "raw": []}) == {"payload": "dry"}
    assert one("zigbee2mqtt/a", {"temperature": 1}).units == {"temperature": "°C"}
