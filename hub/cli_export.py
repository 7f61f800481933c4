"""`hub export` and `hub import`."""

import asyncio
import time
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from hub import __version__, incident_export, instance
from hub.api.times import parse_time
from hub.engine.log_reader import read_all
from hub.errors import BAD_REQUEST, HubError, InvalidPosition
from hub.events import Batch, Position
from hub.incident_export import Asked
from hub.instance import Moved
from hub.settings import Settings, load, without_secrets
from hub.store_choice import database, event_store

RAW_BATCHES = 500
NAMES = {"event": "events", "raw": "raw messages", "latest": "latest", "user": "users", "key": "API keys"}
NAMES |= {"floor": "floors of tokens", "settings": ""}
HASHES = "It has the password hashes and API keys' digests of this hub: keep it as you keep those."


def export(given: Mapping[str, Any]) -> list[str]:
    """Write the file that is asked for; the lines say what it has. Raises HubError."""
    path, whole = given["file"], given["all"]
    if whole and any(given[name] for name in ("start", "end", "devices", "filter", "raw")):
        raise HubError("--all is everything: it goes with no other option.", code=BAD_REQUEST)
    moved = asyncio.run(_export_all(path) if whole else _export(path, given))
    return [*_told(path, moved), HASHES] if whole else _told(path, moved)


async def _export_all(path: Path) -> Moved:
    settings = load().prepare()
    async with database(settings) as opened, event_store(settings) as store:
        return await instance.export(store, opened, path, version=__version__, now_ms=_now_ms())


async def _export(path: Path, given: Mapping[str, Any]) -> Moved:
    devices = [device for device in (given["devices"] or "").split(",") if device]
    filters = incident_export.filters_of(devices, given["filter"] or ())
    asked = Asked(_moment(given["start"]), _moment(given["end"]), filters)
    settings = load().prepare()
    raw = _on_log(settings) if given["raw"] else iter(())
    manifest = incident_export.incident(asked, version=__version__, now_ms=_now_ms())
    async with database(settings), event_store(settings) as store:
        return await incident_export.export(
            store, path, asked, settings=without_secrets(settings), raw=raw, manifest=manifest
        )


def take(path: Path) -> list[str]:
    """Put a file of a whole hub into the store of the settings; the lines say what is there then. Raises HubError."""
    moved = asyncio.run(_take(path))
    return [*_told(path, moved), "The store has the same: every count, and the digest of all events, were compared."]


async def _take(path: Path) -> Moved:
    # What is older than is kept goes with the first start, not while it is compared.
    ages = {name: 0 for name in Settings.model_fields if name.endswith("_days")}
    settings = load().prepare().model_copy(update=ages | {"history_max_bytes": 0})
    async with database(settings) as opened:
        return await instance.take(path, partial(event_store, settings), opened)


def _moment(text: str | None) -> Position | int | None:
    if text is None:
        return None
    try:
        return Position.parse(text)
    except InvalidPosition:
        return parse_time(text)


def _on_log(settings: Settings) -> Iterator[Batch]:
    from hub.app import LOG_FILE  # noqa: PLC0415 - it takes seconds

    path = settings.data_dir / LOG_FILE
    if settings.engine_url is not None or not path.exists():
        raise HubError("--raw reads the log of the data directory, and there is none.", code=BAD_REQUEST)
    for batches in read_all(path, 0, limit=RAW_BATCHES):
        yield from batches


def _told(path: Path, moved: Moved) -> list[str]:
    counts = ", ".join(f"{number} {NAMES[kind]}" for kind, number in sorted(moved.counts.items()) if NAMES[kind])
    return [f"{path}: {counts or 'nothing'}; digest of the events {moved.digest[:16]}."]


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
