"""`hub tail` and `hub publish`: the client library at a terminal."""

import asyncio
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from hub.client import Batch, Change, Event, Token, connect
from hub.errors import BAD_REQUEST, INVALID_DATA, HubError

PORT = 8000


def tail(
    filters: Sequence[str], *, url: str | None, token_file: Path | None, options: Mapping[str, Any], json_lines: bool
) -> None:
    """Print events as they come, for ever or `options["count"]`; what happens to the connection on standard error."""
    write = _write_json if json_lines else _write_text
    asyncio.run(_tail(filters, url=url, token_file=token_file, options=options, write=write))


async def _tail(
    filters: Sequence[str],
    *,
    url: str | None,
    token_file: Path | None,
    options: Mapping[str, Any],
    write: Callable[[Batch], Iterator[str]],
) -> None:
    left: int = options["count"]
    async with connect(address(url), token=token_of(token_file), on_change=_tell) as hub:
        subscription = hub.subscribe(*filters, since=options["since"], snapshot=options["snapshot"])
        async for batch in subscription.batches():
            wanted = Batch(batch.events[:left], batch.position, batch.snapshot, batch.gap)
            sys.stdout.writelines(f"{line}\n" for line in write(wanted))
            sys.stdout.flush()
            left -= len(wanted.events)
            if left <= 0:
                return


def publish(topic: str, text: str, *, url: str | None, token_file: Path | None) -> str:
    """Put one event on the log; its position. Raises HubError, OutcomeUnknown where no answer came."""
    try:
        data = json.loads(text)
    except ValueError as error:
        raise HubError(f"{text[:80]!r} is not JSON: {error}.", code=INVALID_DATA) from None
    if not isinstance(data, dict):
        raise HubError('The data of an event is a JSON object, as {"text": "hello"}.', code=INVALID_DATA)
    return asyncio.run(_publish(topic, data, url=url, token_file=token_file))


async def _publish(topic: str, data: dict[str, Any], *, url: str | None, token_file: Path | None) -> str:
    async with connect(address(url), token=token_of(token_file)) as hub:
        return await hub.publish(topic, data)


def address(url: str | None) -> str:
    """Where the hub is: as given, or HUB_URL, or on this machine."""
    here = f"http://127.0.0.1:{os.environ.get('HUB_HTTP_PORT') or PORT}"
    return url or os.environ.get("HUB_URL") or here


def token_of(file: Path | None) -> Token:
    """The token: of the file, which is read for each try, or HUB_TOKEN. An argument would be seen by everybody."""
    if file is not None:
        _read(file)
        return partial(_read, file)
    token = os.environ.get("HUB_TOKEN", "").strip()
    if not token:
        sentence = "There is no token: set HUB_TOKEN, or give --token-file; `hub token` signs one."
        raise HubError(sentence, code=BAD_REQUEST)
    return token


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise HubError(f"The token file can't be read: {error}", code=BAD_REQUEST) from None


def _tell(change: Change) -> None:
    match change:
        case Change("disconnected", reason, retry_in_s=float(wait_s)):
            sys.stderr.write(f"hub: {reason} The next try is in {wait_s:.1f} s.\n")
        case Change("gap", reason):
            sys.stderr.write(f"hub: {reason} Something is missing here.\n")
        case Change("recovered"):
            sys.stderr.write("hub: Connected again; nothing was missed.\n")
    sys.stderr.flush()


def _write_text(batch: Batch) -> Iterator[str]:
    for event in batch.events:
        time = datetime.fromtimestamp(event.time / 1000).astimezone()
        yield f"{time:%H:%M:%S} {event.topic} {json.dumps(event.data, ensure_ascii=False)}"


def _write_json(batch: Batch) -> Iterator[str]:
    """One object a line; the last of a batch has the position to come back with."""
    if batch.gap:
        yield json.dumps({"gap": True})
    for i, event in enumerate(batch.events, 1):
        fields = _fields(event)
        if batch.position is not None and i == len(batch.events):
            fields["position"] = batch.position
        yield json.dumps(fields, ensure_ascii=False)


def _fields(event: Event) -> dict[str, Any]:
    fields: dict[str, Any] = {"topic": event.topic, "time": event.time, "data": event.data}
    for name in ("received", "snapshot", "conflated"):
        if getattr(event, name):
            fields[name] = getattr(event, name)
    return fields
