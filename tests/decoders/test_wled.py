"""Messages after WLED's documentation, page "MQTT"."""

import pytest

from hub.decoders.base import Decoded, Kind, Malformed
from hub.events import Scalar
from tests.decoders.told import family, one, told


@pytest.mark.parametrize(
    ("topic", "payload", "kind", "data"),
    [
        ("g", "128", "state", {"g": 128}),
        ("c", "#FFA000", "state", {"c": "#FFA000"}),
        ("button/0", "short", "event", {"button.0": "short"}),
        ("motion/0", "on", "state", {"motion.0": "on"}),
        ("temperature", "21.5", "telemetry", {"temperature": 21.5}),
        ("v", '<?xml version="1.0" ?><vs><ac>128</ac><cl>255</cl><cl>0</cl><ds></ds><ns>null</ns></vs>', "state",
         {"v.ac": 128, "v.cl.0": 255, "v.cl.1": 0}),
    ],
)  # fmt: skip
def test_values(topic: str, payload: str, kind: Kind, data: dict[str, Scalar]) -> None:
    assert one(f"wled/kitchen/{topic}", payload) == Decoded("kitchen", kind, data)


@pytest.mark.parametrize("payload", ["<html></html>", "<vs>" + "x" * 5000])
def test_other_xml(payload: str) -> None:
    with pytest.raises(Malformed):
        told("wled/kitchen/v", payload)


@pytest.mark.parametrize("topic", ["wled/kitchen", "wled/kitchen/col", "wled/kitchen/api"])
def test_commands(topic: str) -> None:
    assert one(topic, "T") == Decoded("kitchen", "command")


def test_a_group_is_no_device() -> None:
    assert one("wled/all/api", "T=1") == Decoded(None, "command")


def test_presence() -> None:
    assert one("wled/kitchen/status", "offline") == Decoded("kitchen", "presence", status="offline")
    assert one("wled/kitchen/status", "") == Decoded("kitchen", "removal")


@pytest.mark.parametrize("topic", ["wled", "wled//g", "other/kitchen/g"])
def test_other_topics(topic: str) -> None:
    assert family(topic, b"1") != "wled"
