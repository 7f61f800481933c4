"""What the hub makes of an inbox entry: a mapping guessed from its samples, for a person to look at; pure."""

from collections import Counter
from collections.abc import Sequence

from hub.decoders.base import Malformed, Unsupported
from hub.decoders.clock import moment
from hub.decoders.document import begins_document, load
from hub.decoders.leaves import leaves
from hub.decoders.members import is_clock
from hub.decoders.numerals import quantity
from hub.events import Scalar
from hub.inbox import UNFIT, Entry, Sample
from hub.inbox_family import family_of
from hub.mapping import MAX_VALUES, MappedValue, TopicMapping, parse_mapping
from hub.mapping_path import InvalidMapping
from hub.mapping_reading import MappingReader, pairs
from hub.shape_names import from_levels, mapping_name

IDENTIFIERS = (
    "device", "deviceid", "device_id", "devicename", "dev", "deveui", "node", "nodeid", "node_id", "sensor_id",
    "sensorid", "serial", "sn", "mac", "id", "uuid", "name",
)  # fmt: skip
"""Members that name a device, the likeliest first; compared without case."""
_Leaf = tuple[tuple[str, ...], Scalar]


def propose(entry: Entry) -> TopicMapping | None:
    """The mapping that would read most of the entry's samples, or None where nothing in them can be read.

    A family whose messages they look like goes first. Units are only those that are written in the samples.
    """
    if entry.shape == UNFIT:
        return None
    of_family = family_of(entry)
    if of_family is not None:
        return of_family
    for form in ("json", "pairs", "text"):
        read = [(sample, found) for sample in entry.samples if sample.whole and (found := _leaves(sample, form))]
        if read:
            mapping = _mapping(entry.shape, form, read)
            return None if mapping is None else _checked(mapping, read[-1][0])
    return None


def _leaves(sample: Sample, form: str) -> list[_Leaf]:
    """The readings of a sample in this form; none where it is in another."""
    try:
        if form == "json":
            return leaves(load(sample.payload)) if begins_document(sample.payload) else []
        text = sample.payload.decode().strip()
        if form == "pairs":
            return [((key,), value) for key, value in pairs(text).items() if value]
        return [((), text)] if text and not isinstance(quantity(text).value, str) else []
    except (Malformed, Unsupported, UnicodeDecodeError):
        return []


def _mapping(shape: str, form: str, read: Sequence[tuple[Sample, Sequence[_Leaf]]]) -> TopicMapping | None:
    seen = Counter(path for _, found in read for path, _ in found)
    newest: dict[tuple[str, ...], Scalar] = {path: value for _, found in read for path, value in found}
    nameless = any(sample.refusal == "nameless" for sample, _ in read)
    named = _identifier(newest, len(read), seen)
    device, key = from_levels(shape)
    if named is not None and (nameless or "+" not in shape):
        device = f"{{{_pointer(named)}}}"
    clock = _clock(newest, read[-1][0].time_ms)
    values = [
        _value(path, value, key)
        for path, value in newest.items()
        if path not in (named, clock) and (form != "text" or path == ())
    ]
    if not values or (nameless and named is None):
        return None
    return TopicMapping(
        mapping_name(shape),
        shape,
        device,
        form,
        tuple(values[:MAX_VALUES]),
        None if clock is None else _pointer(clock),
    )


def _checked(mapping: TopicMapping, sample: Sample) -> TopicMapping | None:
    """The mapping, if it reads the sample: a guess that does not is none."""
    try:
        decode = MappingReader(parse_mapping(mapping.record())).bind(sample.topic)
        return mapping if decode is not None and decode(sample.payload, sample.time_ms) else None
    except (InvalidMapping, Malformed, Unsupported):
        return None


def _identifier(
    newest: dict[tuple[str, ...], Scalar], samples: int, seen: Counter[tuple[str, ...]]
) -> tuple[str, ...] | None:
    """The member that names the device: text or a whole number, in every sample."""
    fit = {
        path[-1].lower(): path
        for path, value in newest.items()
        if path and seen[path] == samples and isinstance(value, str | int) and not isinstance(value, bool)
    }
    return next((fit[name] for name in IDENTIFIERS if name in fit), None)


def _clock(newest: dict[tuple[str, ...], Scalar], now_ms: int) -> tuple[str, ...] | None:
    for path, value in newest.items():
        if path and is_clock(path[-1], value) and moment(value, now_ms) is not None:
            return path
    return None


def _value(path: tuple[str, ...], value: Scalar, key: str) -> MappedValue:
    unit = None
    if isinstance(value, str):
        try:
            unit = quantity(value.strip()).unit
        except Malformed:
            unit = None
    return MappedValue(_key(path) or key, _pointer(path), unit)


def _key(path: tuple[str, ...]) -> str:
    return ".".join(path).replace("{", "(").replace("}", ")")


def _pointer(path: tuple[str, ...]) -> str:
    """RFC 6901. A brace would end a template, so what has one is named by no mapping (see `_checked`)."""
    return "".join("/" + step.replace("~", "~0").replace("/", "~1") for step in path)
