"""`hub backup`: a copy of the store that is whole up to one position, made while the hub runs."""

import asyncio
import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from hub.engine.log_reader import read_after, read_all
from hub.errors import CONFLICT, HubError, Unavailable
from hub.events import Batch, Position
from hub.settings import Settings, load
from hub.store.sqlite import SqliteEventStore
from hub.store.sqlite_backup import copy

READ_BATCHES = 500
PROGRAM = "pg_dump"
KEEP = "API keys' digests and password hashes are in it; HUB_AUTH_SECRET, or the file auth_secret, is not."


def backup(path: Path) -> list[str]:
    """Write the backup; the lines say what it has, and how it is brought back. Raises HubError."""
    settings = load()
    if path.exists():
        raise HubError(f"{path} is there already; give another name.", code=CONFLICT)
    if settings.store_url is not None:
        _dump(settings.store_url, path)
        return [f"{path} is a dump of the database; `pg_restore --dbname NAME {path}` brings it back.", KEEP]
    position = asyncio.run(_backup(settings, path))
    until = "nothing was recorded yet" if position is None else f"everything up to {position}"
    return [f"{path}: {until}; as hub.db in a data directory without log.db it is that hub again.", KEEP]


async def _backup(settings: Settings, path: Path) -> Position | None:
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        await asyncio.to_thread(copy, settings.store_path, draft)
        # The log comes second: it has all that the copy has not. Its own file is not needed then, nor wanted, since
        # what a restored log gives to new batches are positions that others had.
        async with SqliteEventStore(draft) as store:
            for batches in _missing(settings, await store.position()):
                await store.write(batches)
            position = await store.position()
        os.link(draft, path)
    except OSError as error:
        raise Unavailable(f"{path} can't be written: {error.strerror}.") from error
    finally:
        for end in ("", "-wal", "-shm"):
            draft.with_name(draft.name + end).unlink(missing_ok=True)
    return position


def _missing(settings: Settings, kept: Position | None) -> Iterator[list[Batch]]:
    from hub.app import LOG_FILE  # noqa: PLC0415 - it takes seconds

    path = settings.data_dir / LOG_FILE
    if settings.engine_url is not None or not path.exists():
        return
    # Of another log, or of another life of it, all is looked at; what the store has is passed over.
    last = read_after(path, kept.offset - 1, limit=1) if kept is not None else []
    after = last[0].offset if last and last[0].batch.position == kept else 0
    yield from read_all(path, after, limit=READ_BATCHES)


def _dump(url: str, path: Path) -> None:
    program = shutil.which(PROGRAM)
    shown = _without_password(urlsplit(url))
    command = f"{PROGRAM} --format=custom --file={path} {shown}"
    if program is None:
        raise Unavailable(f"{PROGRAM} is not installed here; where it is: {command}")
    password = urlsplit(url).password
    # Arguments can be read by everybody on this machine, the environment can't.
    environment = os.environ | ({} if password is None else {"PGPASSWORD": unquote(password)})
    argv = [program, "--format=custom", f"--file={path}", f"--dbname={shown}"]
    done = subprocess.run(argv, env=environment, capture_output=True, text=True, check=False, umask=0o077)  # noqa: S603
    if done.returncode:
        path.unlink(missing_ok=True)
        raise Unavailable(f"{command} failed: {' '.join(done.stderr.split())}")


def _without_password(parts: SplitResult) -> str:
    user, at, host = parts.netloc.rpartition("@")
    return parts._replace(netloc=f"{user.partition(':')[0]}{at}{host}").geturl()
