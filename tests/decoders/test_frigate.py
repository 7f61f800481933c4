"""Messages after Frigate's documentation, page "MQTT"."""

import pytest

from hub.decoders.base import Decoded, Kind, Malformed
from hub.events import Scalar
from tests.decoders.told import family, one, told

CAMERA = "frigate%2Fdoor"


def test_an_event_is_what_is_seen_now() -> None:
    seen = {"id": "1-a", "camera": "door", "frame_time": 1749000000.5, "label": "person", "score": 0.75, "box": [1, 2]}
    event = {"type": "update", "before": {**seen, "score": 0.5}, "after": seen}
    assert one("frigate/events", event) == Decoded(
        CAMERA, "event", {"type": "update", "after.label": "person", "after.score": 0.75}, time=1_749_000_000_500
    )
    assert one("frigate/triggers", {"name": "car", "camera": "door"}) == Decoded(CAMERA, "event", {"name": "car"})
    assert one("frigate/reviews", {"type": "end"}).device == "frigate"
    with pytest.raises(Malformed):
        told("frigate/events", {"after": {"camera": 5}})


@pytest.mark.parametrize(
    ("topic", "payload", "device", "data"),
    [
        ("door/person", "2", CAMERA, {"person": 2}),
        ("door/motion", "ON", CAMERA, {"motion": "ON"}),
        ("door/detect/state", "ON", CAMERA, {"detect.state": "ON"}),
        ("door/audio/dBFS", "-12.5", CAMERA, {"audio.dBFS": -12.5}),
        ("door/status/record", "offline", CAMERA, {"status.record": "offline"}),
        ("door/status/detect", "disabled", CAMERA, {"status.detect": "disabled"}),
        ("door/status/audio", "", CAMERA, {}),
        ("notifications/state", "ON", "frigate", {"notifications.state": "ON"}),
        ("stats", {"detectors": {"cpu": {"inference_speed": 8.5, "pid": 7}}}, "frigate",
         {"stats.detectors.cpu.inference_speed": 8.5}),
    ],
)  # fmt: skip
def test_values(topic: str, payload: object, device: str, data: dict[str, Scalar]) -> None:
    decoded = one(f"frigate/{topic}", payload)
    assert (decoded.device, decoded.data, decoded.status) == (device, data, None)


@pytest.mark.parametrize(
    ("topic", "payload", "device", "kind"),
    [
        ("door/person/snapshot", b"\xff\xd8\xff", CAMERA, "meta"), ("door/detect/set", "ON", CAMERA, "command"),
        ("door/ptz", "MOVE_UP", CAMERA, "command"), ("restart", "x", "frigate", "command"),
        ("camera_activity", {"a": 1}, "frigate", "meta"), ("other", "1", "frigate", "info"),
        ("available", "", "frigate", "removal"),
    ],
)  # fmt: skip
def test_what_is_no_reading(topic: str, payload: object, device: str, kind: Kind) -> None:
    assert told(f"frigate/{topic}", payload) == [Decoded(device, kind)]


@pytest.mark.parametrize(("word", "status"), [("online", "online"), ("offline", "offline"), ("stopped", "offline")])
def test_presence(word: str, status: str) -> None:
    assert one("frigate/available", word).status == status
    if word != "stopped":
        assert one("frigate/door/status/detect", word).status == status


@pytest.mark.parametrize("topic", ["frigate", "frigate//x", "other/available", "frigate/" + "x" * 200 + "/person"])
def test_other_topics(topic: str) -> None:
    assert family(topic, b"1") != "frigate"
