"""Which projections on PostgreSQL are of which version; see `sqlite_projections`."""

from collections.abc import Sequence

from hub.projections import VERSIONS
from hub.store.postgres_link import Connection

_NOTE = """
INSERT INTO projections (name, version, place, made)
SELECT name, CASE places WHEN 0 THEN version ELSE 1 END, NULL, 0
FROM unnest($1::text[], $2::bigint[]) AS given(name, version) CROSS JOIN store ON CONFLICT (name) DO NOTHING"""

_END = "UPDATE projections SET version = $1, place = NULL, made = made + 1 WHERE name = $2"


async def kept(connection: Connection) -> dict[str, tuple[int, bool]]:
    """By name the version, and whether a refold has begun; what was there before versions were is of the first."""
    rows = await connection.fetch("SELECT name, version, place FROM projections")
    if len(rows) < len(VERSIONS):
        await connection.execute(_NOTE, [*VERSIONS], [*VERSIONS.values()])
        rows = await connection.fetch("SELECT name, version, place FROM projections")
    return {name: (version, place is not None) for name, version, place in rows}


async def want(connection: Connection, names: Sequence[str]) -> None:
    """Say that projections are to be folded anew from the first event on, also by the next start if this ends."""
    await kept(connection)
    await connection.execute("UPDATE projections SET version = 0, place = NULL WHERE name = ANY ($1)", names)


async def under_way(connection: Connection, name: str) -> bool:
    """Whether a refold has begun and not ended."""
    found = await connection.fetchval("SELECT 1 FROM projections WHERE name = $1 AND place IS NOT NULL", name)
    return found is not None


async def begin(connection: Connection, name: str, *, place: int = 0) -> None:
    """Say that a refold is under way, and how far it has come."""
    await connection.execute("UPDATE projections SET place = $1 WHERE name = $2", place, name)


async def place_of(connection: Connection, name: str) -> int:
    """How far a refold has come; 0 where none is under way."""
    place: int | None = await connection.fetchval("SELECT place FROM projections WHERE name = $1", name)
    return place or 0


async def end(connection: Connection, name: str) -> None:
    """Say, in the transaction that makes it so, that a projection is as this hub folds it."""
    await connection.execute(_END, VERSIONS[name], name)
