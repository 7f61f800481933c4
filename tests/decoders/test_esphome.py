"""Messages after ESPHome's documentation, page "MQTT Client Component", sections "MQTT Discovery", "Base options"."""

import pytest

import hub.decoders.esphome as module
from hub.decoders.base import Decoded, Kind
from hub.events import Scalar
from tests.decoders.told import decoders, family, one, told


@pytest.mark.parametrize(
    ("topic", "payload", "kind", "data"),
    [
        ("sensor/outside/state", "21.5", "telemetry", {"outside": 21.5}),
        ("sensor/outside/state", "nan", "telemetry", {}),
        ("binary_sensor/door/state", "ON", "state", {"door": "ON"}),
        ("text_sensor/version/state", "2025.1", "telemetry", {"version": 2025.1}),
        ("light/desk/state", {"state": "ON", "brightness": 200, "color": {}}, "state",
         {"desk.state": "ON", "desk.brightness": 200}),
        ("fan/loft/speed_level/state", "3", "state", {"loft.speed_level": 3}),
        ("event/bell/state", "press", "event", {"bell": "press"}),
        ("switch/pump/state", "", "removal", {}),
        ("switch/pump/command", "ON", "command", {}),
    ],
)  # fmt: skip
def test_values(topic: str, payload: object, kind: Kind, data: dict[str, Scalar]) -> None:
    assert told(f"node/{topic}", payload) == [Decoded("node", kind, data)]


def test_units_come_with_discovery() -> None:
    by = decoders()
    told("homeassistant/sensor/node/outside/config", {"stat_t": "node/sensor/outside/state", "unit_of_meas": "°C"}, by)
    assert one("node/sensor/outside/state", "21.5", by) == Decoded(
        "node", "telemetry", {"outside": 21.5}, {"outside": "°C"}
    )


def test_a_node_that_has_spoken_has_a_status_and_a_log() -> None:
    by = decoders()
    assert one("site/hall/node/status", "online", by).device == "hall%2Fnode"
    assert one("site/hall/node/sensor/outside/state", "21.5", by).reset
    assert one("site/hall/node/status", "offline", by) == Decoded("site%2Fhall%2Fnode", "presence", status="offline")
    assert one("site/hall/node/status", "", by) == Decoded("site%2Fhall%2Fnode", "removal")
    assert one("site/hall/node/debug", "\x1b[0;36m[D] State ON", by) == Decoded("site%2Fhall%2Fnode", "log")


def test_nodes_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_PREFIXES", 0)
    assert not one("a/b/sensor/outside/state", "21.5").reset


def test_nodes_tell_of_themselves() -> None:
    message = {"ip": "192.168.1.8", "name": "node", "friendly_name": "Node", "port": 6053, "version": "2025.5"}
    attributes = {"ip": "192.168.1.8", "name": "Node", "firmware": "2025.5"}
    assert one("esphome/discover/node", message) == Decoded("node", "discovery", attributes=attributes)
    assert one("esphome/discover/node", {}) == Decoded("node", "discovery")
    assert one("esphome/discover/node", "") == Decoded("node", "removal")


@pytest.mark.parametrize(
    "topic", ["node/status", "node/sensor/x", "node/other/x/state", "/sensor/x/state", "node/debug"]
)
def test_other_topics(topic: str) -> None:
    assert family(topic, b"online") != "esphome"


def test_a_place_is_a_node_only_where_somebody_says_so() -> None:
    by = decoders()
    assert one("home/sensor/kitchen/state", "21.5", by) == Decoded("sensor%2Fkitchen", "telemetry", {"state": 21.5})
    assert one("home/debug", "\x1b[0;36m[D][sensor:093]: 'kitchen'", by) == Decoded("home", "log")
    assert one("home/sensor/hall/state", "21.5", by) == Decoded("home", "telemetry", {"hall": 21.5})
    by = decoders()
    config = {"stat_t": "home/sensor/kitchen/state", "dev": {"ids": ["x"], "mf": "espressif", "sw": "esphome v2025.5"}}
    told("homeassistant/sensor/home/kitchen/config", config, by)
    assert one("home/sensor/kitchen/state", "21.5", by) == Decoded("home", "telemetry", {"kitchen": 21.5})
