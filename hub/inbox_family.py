"""Whether an inbox entry looks like a family's on foreign topics: below a prefix, or known by its payload; pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from hub.decoders import FAMILIES
from hub.decoders.base import Decoder, Knowledge, Malformed, Unsupported
from hub.decoders.document import begins_document, load
from hub.inbox import Entry, Sample
from hub.mapping import TopicMapping
from hub.mapping_family import DECODERS, FamilyReader
from hub.shape_names import from_levels, mapping_name

MAX_PREFIX_LEVELS = 8
"""Levels that may stand before a family's topic."""

ANY_TOPIC = frozenset(("senml", "msgpack", "cbor", "influx", "csv", "json", "plain"))
"""Families that take any topic: a prefix would have kept none of them away."""


class Look(NamedTuple):
    """A payload that gives its family away: members that are there, and the topic that the family would use."""

    family: str
    members: frozenset[str]
    topic: str


LOOKS: Sequence[Look] = (
    Look("tasmota", frozenset(("Time", "ENERGY")), "tele/{device}/SENSOR"),
    Look("tasmota", frozenset(("Time", "TempUnit")), "tele/{device}/SENSOR"),
    Look("tasmota", frozenset(("Time", "Wifi")), "tele/{device}/STATE"),
    Look("zigbee2mqtt", frozenset(("linkquality",)), "zigbee2mqtt/{device}"),
    Look("shelly_gen2", frozenset(("src", "method", "params")), "{device}/events/rpc"),
    Look("chirpstack", frozenset(("deviceInfo", "fCnt")), "application/{device}/device/{device}/event/up"),
    Look("ttn_v3", frozenset(("end_device_ids", "uplink_message")), "v3/{device}/devices/{device}/up"),
    Look("rtl_433", frozenset(("time", "model", "id")), "rtl_433/{device}/events"),
)


def family_of(entry: Entry) -> TopicMapping | None:
    """The mapping by which a family reads messages that nobody claimed; None where they look like none's."""
    samples = [sample for sample in entry.samples if sample.whole and sample.refusal == "unclaimed"]
    if not samples:
        return None
    candidates = (*_behind_prefix(entry.shape, samples[-1]), *_by_look(entry.shape, samples[-1]))
    return next((mapping for mapping in candidates if _reads(mapping, samples)), None)


def _behind_prefix(shape: str, newest: Sample) -> Iterator[TopicMapping]:
    """Mappings that leave out the first levels, where some family then claims the topic."""
    levels, of_shape = newest.topic.split("/"), shape.split("/")
    for left_out in range(1, min(len(levels), MAX_PREFIX_LEVELS + 1)):
        topic = "/".join(levels[left_out:])
        if not topic:
            continue
        for decoder in FAMILIES:
            if decoder.family not in ANY_TOPIC and _claims(decoder, topic, newest.payload):
                # All below the family's own first level where that is a word, else just the topics of this shape.
                below = [*of_shape[: left_out + 1], "#"]
                wide = "+" not in below and len(below) <= len(of_shape)
                found = "/".join(below) if wide else shape
                yield TopicMapping(mapping_name(found), found, family=decoder.family, topic=f"{{{left_out + 1}#}}")


def _by_look(shape: str, newest: Sample) -> Iterator[TopicMapping]:
    """Mappings to the topic that the family would have used for such a payload."""
    members = _members(newest.payload)
    device, _ = from_levels(shape)
    for look in LOOKS:
        if look.members <= members.keys():
            topic = look.topic.replace("{device}", device)
            yield TopicMapping(mapping_name(shape), shape, family=look.family, topic=topic)


def _members(payload: bytes) -> Mapping[str, Any]:
    try:
        document = load(payload) if begins_document(payload) else None
    except (Malformed, Unsupported):
        return {}
    return document if isinstance(document, dict) else {}


def _claims(decoder: Decoder, topic: str, payload: bytes) -> bool:
    return decoder.claim(topic, payload, Knowledge()) is not None


def _reads(mapping: TopicMapping, samples: Sequence[Sample]) -> bool:
    """Whether the mapping makes readings or a status of some samples, by what it learns from those before."""
    reader = FamilyReader(mapping, Knowledge())
    said = False
    for sample in samples:
        decode = reader.bind(sample.topic)
        try:
            events = [] if decode is None else decode(sample.payload, sample.time_ms)
        except (Malformed, Unsupported):
            continue
        said = said or any(event.device is not None and (event.data or event.status) for event in events)
    return said


assert DECODERS.keys() >= {look.family for look in LOOKS} | ANY_TOPIC  # noqa: S101 - a name that no family has
