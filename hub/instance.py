"""Moving a whole hub between stores: its events with their positions, what is latest, and who may sign in."""

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import NamedTuple

from hub import incident_file
from hub.errors import CONFLICT, INTERNAL, HubError
from hub.events import NOWHERE, Batch, Position
from hub.incident import INSTANCE, InvalidIncident, Manifest, Placed, Record, Tally, Writer
from hub.latest import EVERYTHING
from hub.store import accounts
from hub.store.archive_base import Archive, Archived, Store
from hub.store.database import Database

Opener = Callable[[], AbstractAsyncContextManager[Store]]

READ_EVENTS = 2_000
WRITE_EVENTS = 10_000
"""How many are read, or written in one transaction, at once."""

MAX_BATCH_EVENTS = 100_000
"""More events than a hub ever puts on its log at once."""


class Moved(NamedTuple):
    """What was moved: how many rows of each kind, and the digest of the events."""

    counts: dict[str, int]
    digest: str


async def recorded(
    store: Archive, *, after: int = -1, until: int | None = None, filters: Sequence[str] = EVERYTHING
) -> AsyncIterator[Archived]:
    """Everything that was recorded after a place, in order; read a page at a time."""
    while page := await store.read(after=after, until=until, filters=filters, limit=READ_EVENTS):
        for one in page:
            yield one
        after = page[-1].place


def told(position: Position) -> Position:
    """The position of an event in a file: of what was recorded before positions were kept it is NOWHERE."""
    return NOWHERE if position.epoch == NOWHERE.epoch else position


async def export(store: Store, database: Database, path: Path, *, version: str, now_ms: int) -> Moved:
    """Write everything to a file. Raises HubError (CONFLICT) where the hub records meanwhile: two moments in one."""
    writer, begun = Writer(), await store.position()
    with incident_file.writing(path) as put:
        end = "" if begun is None else str(begun)
        put(writer.manifest(Manifest(INSTANCE, version, now_ms, "", end, EVERYTHING)))
        for kind, row in await accounts.rows(database):
            put(writer.record(kind, row))
        async for one in recorded(store):
            put(writer.placed(told(one.position), one.piece))
        for piece in await store.latest():
            put(writer.latest(piece))
        if await store.position() != begun:
            raise HubError("The hub has recorded events meanwhile; stop it first, or use `hub backup`.", code=CONFLICT)
        put(writer.end())
    return Moved(dict(writer.tally.counts), writer.tally.events)


async def take(path: Path, open_store: Opener, database: Database) -> Moved:
    """Put a file into an empty store, or go on where that was broken off, and compare what is there then.

    Raises HubError: InvalidIncident for the file, CONFLICT where the store has something else.
    """
    manifest, reader = incident_file.check(path)
    if manifest.kind != INSTANCE:
        raise InvalidIncident(
            f"{path} has a part of a hub; `hub replay` plays it. A whole one is of `hub export --all`."
        )
    rows = [(line.kind, line.value) for line in _records(path) if line.kind in accounts.TABLES]
    for row in rows:
        accounts.check(row)
    end = Position.parse(manifest.end) if manifest.end else None
    async with open_store() as store:
        await _write(store, path, after=await _begin(store, database, path, end), end=end)
    await accounts.keep(database, rows)
    await accounts.keep_latest(database, (line.value for line in _records(path) if line.kind == "latest"))
    async with open_store() as store:
        await _compare(store, database, reader.tally)
    return Moved(dict(reader.tally.counts), reader.tally.events)


def _records(path: Path) -> Iterator[Record]:
    return (line for line in incident_file.read(path) if isinstance(line, Record))


async def _begin(store: Store, database: Database, path: Path, end: Position | None) -> Position | None:
    # Who may sign in comes last: where it is not there, what is may be the beginning of this file.
    found = await store.position()
    if any((await accounts.count(database)).values()) or (found is not None and found == end):
        raise HubError("There is a hub in this store already; a file is put into an empty one.", code=CONFLICT)
    if found is not None and all(batch.position != found for batch in batches(path)):
        raise HubError("The store has other events; a file is put into an empty one.", code=CONFLICT)
    return found


async def _write(store: Store, path: Path, *, after: Position | None, end: Position | None) -> None:
    waiting: list[Batch] = []
    passed = after is None
    for batch in batches(path):
        if passed:
            waiting.append(batch)
        passed = passed or batch.position == after
        if sum(len(each.topics) for each in waiting) >= WRITE_EVENTS:
            await store.write(waiting)
            waiting = []
    if end is not None:
        # The last ones may have had nothing that is kept; what is recorded next goes on behind them.
        waiting.append(_batch([], end))
    await store.write(waiting)


def batches(path: Path) -> Iterator[Batch]:
    """The events of a file as they were on the log; where their positions are not known, some at a time."""
    waiting: list[Placed] = []
    unknown = 0
    for line in incident_file.read(path):
        if not isinstance(line, Placed) or line.kind != "event":
            continue
        full = len(waiting) == READ_EVENTS and line.position == NOWHERE
        if waiting and (waiting[0].position != line.position or full):
            unknown += 1
            yield _batch(waiting, _position(waiting, unknown))
            waiting = []
        waiting.append(line)
        if len(waiting) > MAX_BATCH_EVENTS:
            raise InvalidIncident(f"{path} has over {MAX_BATCH_EVENTS} events of one position, {line.position}.")
    if waiting:
        yield _batch(waiting, _position(waiting, unknown + 1))


def _position(events: Sequence[Placed], unknown: int) -> Position:
    position = events[0].position
    return Position(position.epoch, unknown) if position == NOWHERE else position


def _batch(events: Sequence[Placed], position: Position) -> Batch:
    batch = Batch.of([one.topic for one in events], [one.time for one in events], [one.piece for one in events])
    batch.position = position
    return batch


async def _compare(store: Store, database: Database, told_tally: Tally) -> None:
    tally = Tally()
    async for one in recorded(store):
        tally.event(told(one.position), one.piece)
        tally.counts["event"] += 1
    tally.counts.update(await accounts.count(database))
    tally.counts["latest"] = len(await store.latest())
    for kind in sorted({*tally.counts, *told_tally.counts}):
        if tally.counts[kind] != told_tally.counts[kind]:
            there, given = tally.counts[kind], told_tally.counts[kind]
            raise HubError(
                f"The store has {there} rows of {kind!r} now, the file {given}: take an empty store.", code=INTERNAL
            )
    if tally.events != told_tally.events:
        raise HubError("The store's events are not those of the file: take an empty store.", code=INTERNAL)
