"""`hub mapping`: the mappings of a YAML file, written, listed and tried out."""

import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

from hub.cli_decode import decode_with
from hub.decoders.mapped import Mapped
from hub.errors import BAD_REQUEST, HubError
from hub.mapping import TopicMapping, parse_mapping
from hub.mapping_file import read_file, render_file
from hub.mappings import Mappings
from hub.settings import load


def add(arguments: Mapping[str, Any]) -> str:
    """Put a mapping into the file, or another one under its name; raises HubError for one that is none."""
    path = _path(arguments)
    mapping = parse_mapping(_record(arguments))
    others = [each for each in read_file(path, missing_ok=True) if each.name != mapping.name]
    draft = path.with_name(f".{path.name}.draft")
    try:
        draft.write_text(render_file([*others, mapping]), encoding="utf-8")
        draft.replace(path)
    except OSError as error:
        raise HubError(f"{path} can't be written: {error}", code=BAD_REQUEST) from None
    return f"{mapping.name} is in {path}. A hub that runs reads it at SIGHUP."


def listing(arguments: Mapping[str, Any]) -> Iterator[str]:
    """A line for each mapping of the file: name, filter, device, keys."""
    for mapping in read_file(_path(arguments)):
        yield "\t".join([mapping.name, mapping.filter, *_shown(mapping)])


def try_out(arguments: Mapping[str, Any], source: TextIO, target: TextIO) -> None:
    """Say what each message means by the mappings of the file alone, or one of them: JSON lines as `hub decode`."""
    mappings, only = read_file(_path(arguments)), arguments["only"]
    chosen = [mapping for mapping in mappings if only in (None, mapping.name)]
    if not chosen:
        raise HubError(f"There is no mapping {only!r} in the file.", code=BAD_REQUEST)
    found = Mappings()
    found.replace_file(chosen)
    decode_with([Mapped(found)], source, target, now_ms=lambda: time.time_ns() // 1_000_000)


def _path(arguments: Mapping[str, Any]) -> Path:
    path = arguments["file"] or load().mappings_file
    if path is None:
        raise HubError("There is no file: set HUB_MAPPINGS_FILE, or give --file.", code=BAD_REQUEST)
    return Path(path)


def _record(arguments: Mapping[str, Any]) -> dict[str, Any]:
    record: dict[str, Any] = {"name": arguments["name"], "filter": arguments["filter"]}
    if arguments["ignore"]:
        return {**record, "ignore": True}
    if arguments["family"] is not None or arguments["topic"] is not None:
        for name in ("device", "value", "unit", "scale", "time"):
            if arguments[name]:
                raise HubError(f"--{name} is no part of a mapping to a family.", code=BAD_REQUEST)
        return {**record, "family": arguments["family"], "topic": arguments["topic"]}
    units, scales = _pairs(arguments["unit"]), _pairs(arguments["scale"])
    values = [{"key": key, "path": path} for key, path in _pairs(arguments["value"]).items()]
    for value in values:
        if value["key"] in units:
            value["unit"] = units.pop(value["key"])
        if value["key"] in scales:
            value["scale"] = _number(scales.pop(value["key"]))
    if units or scales:
        raise HubError(f"{next(iter([*units, *scales]))!r} is the key of no --value.", code=BAD_REQUEST)
    record |= {"device": arguments["device"], "format": arguments["format"], "values": values}
    return record if arguments["time"] is None else {**record, "time": arguments["time"]}


def _pairs(texts: Sequence[str] | None) -> dict[str, Any]:
    found = {}
    for text in texts or ():
        key, between, rest = text.partition("=")
        if not between or not key:
            raise HubError(f"{text!r} is no KEY=…, as in 'temperature=/t'.", code=BAD_REQUEST)
        found[key] = rest
    return found


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise HubError(f"{text!r} is no number to multiply with.", code=BAD_REQUEST) from None


def _shown(mapping: TopicMapping) -> list[str]:
    if mapping.ignore:
        return ["ignored"]
    if mapping.family:
        return [mapping.topic, f"as {mapping.family}"]
    keys = [value.key if value.unit is None else f"{value.key} ({value.unit})" for value in mapping.values]
    return [mapping.device, ", ".join(keys) or "all members"]
