"""What is read from PostgreSQL."""

from collections.abc import Sequence
from typing import Any, cast

import orjson

from hub.events import Position, Scalar, decode_event
from hub.latest import EVERYTHING, Latest
from hub.store.base import Page
from hub.store.pages import Place, Row, clamp, cut, scan_rows
from hub.store.postgres_link import Connection

_EVENTS = """
SELECT time, place, body FROM events
WHERE topic = (SELECT id FROM topics WHERE topics.topic = $1)
AND time >= $2 AND (time, place) > ($2, $3) AND time < $4 ORDER BY time, place LIMIT $5"""

_EVENTS_BACK = _EVENTS.replace("ORDER BY time, place", "ORDER BY time DESC, place DESC")

# With the place as a parameter the planner knows that it is near the end; from a join it might read all history.
_FOLDED = "SELECT folded FROM store"
_WAITING = "SELECT body FROM events WHERE place >= $1 ORDER BY place"
_RAW = "SELECT body FROM latest WHERE topic >= 'raw/' AND topic < 'raw0' AND place >= $1 ORDER BY place"
_WAITING_OF = """
SELECT body FROM events WHERE place >= $1 AND topic = (SELECT id FROM topics WHERE topics.topic = $2) ORDER BY place"""


async def position(connection: Connection) -> Position | None:
    """The position of the last batch written."""
    row = await connection.fetchrow('SELECT epoch, "offset" FROM epochs ORDER BY id DESC LIMIT 1')
    return None if row is None else Position(*row)


async def snapshot(connection: Connection) -> list[bytes]:
    """What a snapshot is made of, at one moment."""
    async with one_moment(connection):
        latest = Latest()
        await keep(connection, latest)
        return latest.snapshot(EVERYTHING)


async def keep(connection: Connection, latest: Latest) -> list[bytes]:
    """Put into `latest` what is kept, and give those events that wait for it; the caller has begun a transaction."""
    for (lines,) in await connection.fetch("SELECT body FROM latest ORDER BY place, topic"):
        latest.restore(lines.split(b"\n"))
    folded = await connection.fetchval(_FOLDED)
    pieces = [row[0] for row in await connection.fetch(_WAITING, folded)]
    latest.restore(pieces)
    return pieces


async def since(connection: Connection, place: int) -> list[bytes]:
    """Events from a place on; of raw messages, which have no history, the latest of each topic."""
    return [row[0] for query in (_RAW, _WAITING) for row in await connection.fetch(query, place)]


async def keys(connection: Connection, topic: str) -> list[str]:
    """The keys in the latest event of a topic, sorted."""
    latest = Latest()
    async with one_moment(connection):
        lines = await connection.fetchval("SELECT body FROM latest WHERE topic = $1", topic)
        latest.restore([] if lines is None else lines.split(b"\n"))
        folded = await connection.fetchval(_FOLDED)
        latest.restore([row[0] for row in await connection.fetch(_WAITING_OF, folded, topic)])
    piece = latest.get(topic)
    return sorted(cast("dict[str, Scalar]", decode_event(piece)["data"])) if piece else []


async def events(
    connection: Connection, topic: str, *, start: int, end: int, limit: int, newest: bool
) -> list[dict[str, Any]]:
    """Decoded events of a topic with start <= time < end (ms), the oldest or the newest `limit` of them, in order."""
    query = _EVENTS_BACK if newest else _EVENTS
    rows = await connection.fetch(query, topic, clamp(start), -1, clamp(end), max(0, limit))
    found = [event for _, _, event in _decoded(rows)]
    return found[::-1] if newest else found


async def page(connection: Connection, topic: str, key: str, *, begin: Place, end: int, limit: int) -> Page:
    """At most `limit` values of a key behind `begin` and before `end` (ms), from a bounded number of events."""
    rows = await connection.fetch(_EVENTS, topic, begin.time, begin.place, clamp(end), scan_rows(limit))
    return cut(_decoded(rows), key, begin=begin, limit=limit)


def _decoded(rows: Sequence[tuple[int, int, bytes]]) -> list[Row]:
    bodies = orjson.loads(b"[%b]" % b",".join([row[2] for row in rows]))
    return [(row[0], row[1], event) for row, event in zip(rows, bodies, strict=True)]


def one_moment(connection: Connection) -> Any:
    """A transaction that reads sees everything as it was when it began: an event is in `latest` or behind `folded`."""
    return connection.transaction(isolation="repeatable_read", readonly=True)
