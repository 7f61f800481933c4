"""`hub replay`: an incident file in a hub of its own, or played into one that runs."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from hub import incident_file
from hub.cli_client import address, token_of
from hub.client import HubClient, connect
from hub.client.errors import refused
from hub.errors import BAD_REQUEST, TOO_MANY_REQUESTS, HubError
from hub.events import Batch, Position, decode_event
from hub.incident import Placed, Record
from hub.instance import batches
from hub.settings import Settings, load
from hub.store.base import EventStore
from hub.store_choice import database, event_store
from hub.web import send_json

WRITE_BATCHES = 500
AGAIN_S = 1.0
BEFORE, RAW = "before", "raw"
"""Epochs of what has no place in the order of events: what was known of devices before, and raw messages."""


def replay(given: Mapping[str, Any], write: Callable[[str], object]) -> int:
    """Play a file; the exit code is 0, or 3 where its hub did not start. Raises HubError."""
    path: Path = given["file"]
    incident_file.check(path)
    if given["url"] is None:
        return _look(path, write)
    if not given["speed"] > 0:
        raise HubError("--speed is a number above 0.", code=BAD_REQUEST)
    asyncio.run(_play(path, given, write))
    return 0


def _look(path: Path, write: Callable[[str], object]) -> int:
    from hub.cli_serve import serve_with  # noqa: PLC0415 - see hub.cli

    with tempfile.TemporaryDirectory(prefix="hub-replay-") as directory:
        settings = own(load(), Path(directory))
        last = asyncio.run(fill(settings, path))
        if last is not None:
            write(f"As it was at the end of {path}: http://127.0.0.1:{settings.http_port}/?at={last}")
        return serve_with(settings)


def own(settings: Settings, directory: Path) -> Settings:
    """The settings of a hub that only shows what is in a directory: on loopback, no broker, nothing goes or comes."""
    defaults = {name: field.get_default(call_default_factory=True) for name, field in Settings.model_fields.items()}
    kept = {"http_port": settings.http_port, "log_level": settings.log_level, "data_dir": directory}
    shown = {"roles": frozenset({"api"}), "history_days": 0, "minutes_days": 0}
    return settings.model_copy(update=defaults | kept | shown)


async def fill(settings: Settings, path: Path) -> Position | None:
    """Write a file's events to the empty store of the settings, with their positions; that of the last one."""
    last: Position | None = None
    async with database(settings), event_store(settings) as store:
        await _write_others(store, path, "latest", BEFORE)
        await _write_others(store, path, "raw", RAW)
        waiting: list[Batch] = []
        for batch in batches(path):
            waiting.append(batch)
            last = batch.position
            if len(waiting) >= WRITE_BATCHES:
                await store.write(waiting)
                waiting = []
        await store.write(waiting)
    return last


async def _write_others(store: EventStore, path: Path, kind: str, epoch: str) -> None:
    offset = 0
    waiting: list[Batch] = []
    for line in incident_file.read(path):
        piece = line.piece if isinstance(line, Placed) else line.value if isinstance(line, Record) else None
        if piece is None or line.kind != kind:
            continue
        event: dict[str, Any] = decode_event(piece)
        batch = Batch.of([event["topic"]], [event["time"]], [piece])
        offset += 1
        batch.position = Position(epoch, offset)
        waiting.append(batch)
        if len(waiting) >= WRITE_BATCHES:
            await store.write(waiting)
            waiting = []
    await store.write(waiting)


async def _play(path: Path, given: Mapping[str, Any], write: Callable[[str], object]) -> None:
    url, token = address(given["url"]).rstrip("/"), token_of(given["token_file"])
    played = passed = 0
    async with connect(url, token=token) as hub:
        headers = {"Authorization": f"Bearer {token() if callable(token) else token}"}
        async for event in paced(_events(path), speed=given["speed"]):
            done = await _send(hub, url, headers, event)
            played, passed = played + done, passed + (not done)
    write(f"{played} events of {path} were played; {passed} are not for others to say, as alarms and connectivity.")


def _events(path: Path) -> Iterator[dict[str, Any]]:
    for line in incident_file.read(path):
        if isinstance(line, Placed) and line.kind == "event":
            yield decode_event(line.piece)


async def paced(events: Iterator[dict[str, Any]], *, speed: float) -> AsyncIterator[dict[str, Any]]:
    """Events at their distances; what came late waits for nothing."""
    loop, newest = asyncio.get_running_loop(), None
    due = loop.time()
    for event in events:
        time = event.get("received", event["time"])
        due += max(0, time - (time if newest is None else newest)) / 1000 / speed
        newest = max(time, time if newest is None else newest)
        await asyncio.sleep(max(0.0, due - loop.time()))
        yield event


async def _send(hub: HubClient, url: str, headers: Mapping[str, str], event: Mapping[str, Any]) -> bool:
    kind, _, name = event["topic"].partition("/")
    if kind == "telemetry":
        await _ingest(f"{url}/api/ingest/{quote(name, safe='')}", headers, event["data"])
        return True
    text = event["data"].get("text")
    if kind == "chat" and isinstance(text, str):
        # The hub adds who says it now.
        await hub.publish(event["topic"], {"text": f"{event['data'].get('author', '?')}: {text}"})
        return True
    return False


async def _ingest(url: str, headers: Mapping[str, str], data: object) -> None:
    while True:
        status, answer = await send_json("POST", url, data, headers=headers)
        if status < BAD_REQUEST.http_status:
            return
        if status != TOO_MANY_REQUESTS.http_status:
            break
        await asyncio.sleep(AGAIN_S)
    error = answer.get("error") if isinstance(answer, dict) else None
    error = error if isinstance(error, dict) else {}
    number, message = error.get("code", BAD_REQUEST.number), error.get("message", f"{url} answers {status}.")
    raise refused(int(number), str(error.get("name", "unknown")), str(message))
