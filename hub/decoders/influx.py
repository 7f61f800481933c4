"""InfluxDB's line protocol on any topic, as Telegraf and many devices send it; several lines are one message.

A tag names the device (`host`, `node`, `device_id` …), else the topic does. Keys are `<measurement>.<field>`, with the
value of a tag that tells series of one device apart (`cpu`, `interface`, `path` …) between them.
"""

from collections.abc import Sequence

from hub.decoders.base import NO_ATTRIBUTES, NO_UNITS, Decode, Decoded, Knowledge, Malformed, Unsupported
from hub.decoders.clock import moment
from hub.decoders.document import read_text
from hub.decoders.identity import device_id, fits
from hub.decoders.influx_line import Line, read_line
from hub.decoders.leaves import MAX_KEY, MAX_LEAVES, reading
from hub.decoders.members import plain_name
from hub.decoders.places import levels_of, place_of_document
from hub.decoders.reserved import is_reserved
from hub.events import Scalar

_DEVICE_TAGS = (
    "deviceid", "devid", "deveui", "devicename", "sensorid", "nodeid", "stationid", "meterid", "thingid", "node",
    "host", "hostname", "device", "sensor", "station",
)  # fmt: skip
_SERIES_TAGS = (
    "cpu",
    "interface",
    "path",
    "device",
    "name",
    "instance",
    "sensor",
    "chip",
    "feature",
    "port",
    "channel",
)
_TELEGRAF = "telegraf"
MAX_SERIES = 1000
"""Series of one topic that are remembered; past that all are forgotten."""


class Influx:
    """Lines of InfluxDB's line protocol."""

    family = "influx"

    def claim(self, topic: str, payload: bytes, knowledge: Knowledge) -> Decode | None:  # noqa: ARG002 - learns nothing
        """Any topic that is not another convention's, where the payload is such lines.

        A line without tags and time, `hello a=1`, may be a sentence: it is taken below `telegraf/` only.
        """
        if b"=" not in payload or is_reserved(topic):
            return None
        try:
            lines = _lines(payload)
        except (Malformed, Unsupported):
            return None
        if not topic.startswith(_TELEGRAF) and not all(line.tags or line.time is not None for line in lines):
            return None
        return _Messages(topic).decode


def _lines(payload: bytes) -> list[Line]:
    texts = [text for text in read_text(payload).splitlines() if text.strip() and not text.startswith("#")]
    if not texts:
        raise Malformed("no line")
    if len(texts) > MAX_LEAVES:
        raise Unsupported(f"over {MAX_LEAVES} lines in one message")
    return [read_line(text) for text in texts]


class _Messages:
    """The messages of one topic."""

    __slots__ = ("_device", "_series")

    def __init__(self, topic: str) -> None:
        place = place_of_document(levels_of(topic))
        self._device = place.device if place else None
        self._series: dict[str, tuple[str, str]] = {}

    def decode(self, payload: bytes, now_ms: int) -> Sequence[Decoded]:
        told: list[Decoded] = []
        for line in _lines(payload):
            device, before = self._series.get(line.head) or self._of(line)
            data = _readings(line, before)
            time = moment(line.time, now_ms)
            last = told[-1] if told else None
            if last is not None and (last.device, last.time) == (device, time) and last.data.keys().isdisjoint(data):
                last.data = {**last.data, **data}
            else:
                told.append(Decoded(device, "telemetry", data, NO_UNITS, None, time, NO_ATTRIBUTES))
        return told

    def _of(self, line: Line) -> tuple[str, str]:
        """The device of a series, and what is before the names of its fields."""
        tag = next((name for want in _DEVICE_TAGS for name in line.tags if plain_name(name) == want), None)
        series = [line.tags[name] for name in _SERIES_TAGS if name in line.tags and name != tag]
        found = self._named(line, tag), ".".join((line.measurement, *series))
        if len(self._series) >= MAX_SERIES:
            self._series.clear()
        self._series[line.head] = found
        return found

    def _named(self, line: Line, tag: str | None) -> str:
        if tag is not None and fits(line.tags[tag]):
            return device_id(line.tags[tag])
        return self._device or device_id(line.measurement)


def _readings(line: Line, before: str) -> dict[str, Scalar]:
    found = {}
    for field, value in line.fields.items():
        key = f"{before}.{field}"
        if len(key) > MAX_KEY:
            raise Unsupported(f"a key of over {MAX_KEY} characters")
        if not isinstance(value, str) or reading(value) is not None:
            found[key] = value
    return found
