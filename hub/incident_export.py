"""What an incident file is made of: the events of a time that are of some devices, or that filters select."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hub import incident_file
from hub.errors import BAD_REQUEST, HubError
from hub.events import Batch, Position, decode_event
from hub.incident import INCIDENT, Manifest, Writer
from hub.instance import Moved, recorded, told
from hub.store.archive_base import Store
from hub.topics import matches, validate_filter

OF_A_DEVICE = ("telemetry/{}", "connectivity/{}", "device/{}", "twin/{}", "command/{}/#", "alarm/{}/#")
OF_DEVICES = ("device/#",)
"""What says names and units: the newest of each is in the file, whenever it was said."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a file is to have: from behind a moment (a time in ms, or a position) to another, and of which topics."""

    start: Position | int | None
    end: Position | int | None
    filters: tuple[str, ...]


def filters_of(devices: Iterable[str], filters: Iterable[str]) -> tuple[str, ...]:
    """The filters of devices, and others beside; all topics where there are none. Raises InvalidFilter."""
    found = [text.format(device) for device in devices for text in OF_A_DEVICE] + list(filters)
    return tuple(dict.fromkeys(validate_filter(each) for each in found)) or ("#",)


async def export(
    store: Store, path: Path, asked: Asked, *, settings: Mapping[str, Any], raw: Iterable[Batch], manifest: Manifest
) -> Moved:
    """Write a file; the hub may go on meanwhile. `raw` is what the log has, of which only raw/… is taken.

    Raises HubError where there is no such moment.
    """
    start = -1 if asked.start is None else (await store.moment(_before(asked.start))).place
    end = (await store.moment(asked.end)).place
    if end < start:
        raise HubError("from must be before to.", code=BAD_REQUEST)
    writer = Writer()
    with incident_file.writing(path) as put:
        put(writer.manifest(manifest))
        put(writer.record("settings", settings))
        async for one in recorded(store, after=start, until=end, filters=asked.filters):
            put(writer.placed(told(one.position), one.piece))
        for position, piece in _raw(raw, asked):
            put(writer.placed(position, piece, kind="raw"))
        for piece in await store.latest():
            if _is_of(str(decode_event(piece)["topic"]), asked.filters):
                put(writer.latest(piece))
        put(writer.end())
    return Moved(dict(writer.tally.counts), writer.tally.events)


def incident(asked: Asked, *, version: str, now_ms: int) -> Manifest:
    """The manifest of what is asked for."""
    start, end = ("" if moment is None else str(moment) for moment in (asked.start, asked.end))
    return Manifest(INCIDENT, version, now_ms, start, end, asked.filters)


def _before(moment: Position | int) -> Position | int:
    # A position says what comes behind it, as everywhere; a time is part of what is asked for.
    return moment if isinstance(moment, Position) else moment - 1


def _is_of(topic: str, filters: Sequence[str]) -> bool:
    return any(matches(each, topic) for each in OF_DEVICES) and any(matches(each, topic) for each in filters)


def _raw(batches: Iterable[Batch], asked: Asked) -> Iterator[tuple[Position, bytes]]:
    start, end = asked.start, asked.end
    for batch in batches:
        position = batch.position
        if position is None or _is_outside(position, start, end):
            continue
        for topic, time, piece in zip(batch.topics, batch.times, batch.pieces(), strict=True):
            early = isinstance(start, int) and time < start
            late = isinstance(end, int) and time > end
            if topic.startswith("raw/") and not early and not late:
                yield position, piece


def _is_outside(position: Position, start: Position | int | None, end: Position | int | None) -> bool:
    behind = isinstance(start, Position) and position.epoch == start.epoch and position.offset <= start.offset
    beyond = isinstance(end, Position) and position.epoch == end.epoch and position.offset > end.offset
    return behind or beyond
