"""The archive on PostgreSQL; its tables are as on SQLite (see `sqlite_archive`, `sqlite_states`)."""

from collections.abc import Sequence

from hub import zstd
from hub.errors import Unrecoverable
from hub.events import NOWHERE, Position, head_of
from hub.latest import EVERYTHING, Latest
from hub.store.archive_base import Archived, Moment
from hub.store.archive_moments import beginning, unrecorded
from hub.store.archive_states import ERASE_SNAPSHOTS, READ_PLACES, UNKNOWN, Mark, holds, without
from hub.store.pages import clamp
from hub.store.postgres_link import Connection
from hub.store.postgres_read import keep as keep_latest
from hub.store.postgres_read import one_moment
from hub.store.runs import Positions, Run

_KEEP = 'INSERT INTO runs (place, epoch, "offset", at, counts) VALUES ($1, $2, $3, $4, $5)'

_RUN = 'SELECT place, epoch, "offset", at, counts FROM runs'
_RUNS_OF = """
SELECT place, epoch, "offset", at, counts FROM runs
WHERE place IN (SELECT (SELECT max(place) FROM runs WHERE place <= given) FROM unnest($1::bigint[]) AS given)
ORDER BY place"""

_EVENTS = """
SELECT place, topics.topic, time, body FROM events JOIN topics ON topics.id = events.topic
WHERE place >= $1 AND place <= $2 ORDER BY place"""

_EVENTS_OF = """
SELECT place, topics.topic, time, body FROM events JOIN topics ON topics.id = events.topic
WHERE place >= $1 AND place <= $2 AND events.topic = ANY ($3::bigint[]) ORDER BY place LIMIT $4"""

_TOPICS = "SELECT id, topic FROM topics WHERE topic >= $1 AND topic < $2 ORDER BY topic LIMIT $3"

_TRIM = "DELETE FROM runs WHERE at < $1"
_TRIM_SNAPSHOTS = """
DELETE FROM snapshots WHERE place < (
  SELECT max(snapshots.place) FROM snapshots WHERE place <= (SELECT max(place) FROM runs WHERE at < $1)
)"""

_KEEP_SNAPSHOT = """
INSERT INTO snapshots (place, body) VALUES ($1, $2) ON CONFLICT (place) DO UPDATE SET body = excluded.body"""

_BEFORE = "SELECT place, body FROM snapshots WHERE place <= $1 ORDER BY place DESC LIMIT 1"
_FIRST = "SELECT at FROM runs WHERE place = 0"
_AT = "SELECT at FROM runs WHERE place <= $1 ORDER BY place DESC LIMIT 1"

_ERASING = (
    "SELECT topics.topic, snapshot FROM erasing JOIN topics ON topics.id = erasing.topic WHERE erasing.topic = $1"
)
_BETWEEN = "SELECT place, body FROM snapshots WHERE place > $1 AND place < $2 ORDER BY place LIMIT $3"


async def keep(connection: Connection, runs: Sequence[Run]) -> None:
    """Keep runs, in the transaction that brings their events."""
    await connection.executemany(_KEEP, runs)


async def last_at(connection: Connection) -> int:
    """When the last run was recorded (ms); 0 before the first."""
    return await connection.fetchval("SELECT at FROM runs ORDER BY place DESC LIMIT 1") or 0


async def last_snapshot(connection: Connection) -> Mark | None:
    """Where the last snapshot is."""
    place = await connection.fetchval("SELECT max(place) FROM snapshots")
    return None if place is None else Mark(place, await connection.fetchval(_AT, place) or 0)


async def keep_snapshot(connection: Connection, latest: Latest, place: int) -> None:
    """Keep what is latest as it was when the event of this place was the last one."""
    await connection.execute(_KEEP_SNAPSHOT, place, zstd.compress(b"\n".join(latest.snapshot(EVERYTHING))))


async def trim(connection: Connection, before: int) -> None:
    """Forget runs of before a time (ms), and snapshots that no moment since needs: they tell which these are."""
    await connection.execute(_TRIM_SNAPSHOTS, before)
    await connection.execute(_TRIM, before)


async def erase(connection: Connection, topic: int, place: int) -> bool:
    """Take a topic that is being erased out of some of the snapshots before a place; whether none is left."""
    row = await connection.fetchrow(_ERASING, topic)
    if row is None:
        return True
    name, done = row
    rows = await connection.fetch(_BETWEEN, done, place, ERASE_SNAPSHOTS)
    for at, body in rows:
        kept = without(body, head_of(name))
        if kept is not None:
            await connection.execute("UPDATE snapshots SET body = $1 WHERE place = $2", kept, at)
        await connection.execute("UPDATE erasing SET snapshot = $1 WHERE topic = $2", at, topic)
    return len(rows) < ERASE_SNAPSHOTS


async def moment(connection: Connection, at: Position | int | None) -> Moment:
    """See Archive."""
    if isinstance(at, Position):
        async with one_moment(connection):
            return await _of_position(connection, at)
    if at is None:
        found = await connection.fetchrow(_RUN + " ORDER BY place DESC LIMIT 1")
    else:
        found = await connection.fetchrow(_RUN + " WHERE at <= $1 ORDER BY at DESC, place DESC LIMIT 1", clamp(at))
    if found is None:
        return Moment(-1, NOWHERE, 0)
    run = Run(*found)
    return Moment(run.last, run.end(), run.at)


async def _of_position(connection: Connection, at: Position) -> Moment:
    end = await connection.fetchval('SELECT "offset" FROM epochs WHERE epoch = $1', at.epoch)
    if end is None or at.offset > end:
        raise unrecorded(at)
    asked = _RUN + ' WHERE epoch = $1 AND "offset" <= $2 ORDER BY "offset" DESC LIMIT 1'
    found = await connection.fetchrow(asked, at.epoch, at.offset)
    if found is not None:
        run = Run(*found)
        return Moment(run.last_of(at.offset), at, run.at)
    first = await connection.fetchrow(_RUN + ' WHERE epoch = $1 ORDER BY "offset" LIMIT 1', at.epoch)
    return beginning(at, None if first is None else Run(*first))


async def window(connection: Connection, after: int, last: int) -> list[Archived]:
    """All events with after < place <= last, in order."""
    async with one_moment(connection):
        return await read(connection, after, last)


async def read(connection: Connection, after: int, last: int) -> list[Archived]:
    """The same where the caller has begun a transaction."""
    return await _positioned(connection, await connection.fetch(_EVENTS, after + 1, last))


async def part(connection: Connection, between: tuple[int, int], topics: Sequence[int], limit: int) -> list[Archived]:
    """The first `limit` events of these topics (ids) with after < place <= last, in order; `between` is both."""
    after, last = between
    async with one_moment(connection):
        return await _positioned(connection, await connection.fetch(_EVENTS_OF, after + 1, last, topics, limit))


async def topics(connection: Connection, begin: str, end: str, limit: int) -> list[tuple[int, str]]:
    """Ids and names of topics from a name on and before another, in order."""
    return [(row[0], row[1]) for row in await connection.fetch(_TOPICS, begin, end, limit)]


async def _positioned(connection: Connection, rows: Sequence[tuple[int, str, int, bytes]]) -> list[Archived]:
    runs = await connection.fetch(_RUNS_OF, [row[0] for row in rows])
    positions = Positions([Run(*run) for run in runs])
    return [Archived(place, positions.of(place), topic, time, body) for place, topic, time, body in rows]


async def state(connection: Connection, place: int, *, since: int | None) -> list[bytes]:
    """See Archive; of what was recorded before `since` (ms; None: ever) events may be gone."""
    latest, begin = Latest(), -1
    async with one_moment(connection):
        if place >= await connection.fetchval("SELECT places FROM store") - 1:
            await keep_latest(connection, latest)
            return latest.snapshot(EVERYTHING)
        row = await connection.fetchrow(_BEFORE, place)
        if row is None:
            at = await connection.fetchval(_FIRST)
        else:
            begin, at = row[0], await connection.fetchval(_AT, row[0])
            latest.restore(zstd.decompress(row[1]).splitlines())
        if not holds(at, since if place >= 0 else None):
            raise Unrecoverable(UNKNOWN)
        while begin < place:
            end = min(begin + READ_PLACES, place)
            latest.restore(one.piece for one in await read(connection, begin, end))
            begin = end
    return latest.snapshot(EVERYTHING)
