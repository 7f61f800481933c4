"""What a store has beside events, row by row: who may sign in, and what a snapshot is made of. For moving a hub."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import BigInteger, Connection, LargeBinary, Text, column, delete, func, insert, select, table

from hub.errors import INVALID_DATA, HubError
from hub.latest import EVERYTHING, Latest
from hub.raw_event import RAW_PREFIX
from hub.store.database import Database
from hub.store.merged import merge
from hub.store.tables import FLOORS, KEYS, USERS, count_access

TABLES = {"user": USERS, "key": KEYS, "floor": FLOORS}
"""The tables by what a row of each is called."""

Row = tuple[str, Mapping[str, Any]]
"""Of which table it is, and what it has by column."""

_ROWS_AT_ONCE = 1_000
_LATEST, _GROUNDS = (
    table(name, column("topic", Text), column("place", BigInteger), column("body", LargeBinary))
    for name in ("latest", "grounds")
)
_STORE = table("store", column("places", BigInteger))


async def rows(database: Database) -> list[Row]:
    """All rows of the tables, of one moment."""

    def work(connection: Connection) -> list[Row]:
        return [
            # SQLAlchemy's names are a kind of str that JSON does not take.
            (kind, {f"{name}": value for name, value in row.items()})
            for kind, each in TABLES.items()
            for row in connection.execute(select(each).order_by(each.primary_key.columns[0])).mappings()
        ]

    return await database.run(work)


async def count(database: Database) -> dict[str, int]:
    """How many rows each table has."""

    def work(connection: Connection) -> dict[str, int]:
        counts = {kind: select(func.count()).select_from(each) for kind, each in TABLES.items()}
        return {kind: connection.execute(query).scalar_one() for kind, query in counts.items()}

    return await database.run(work)


def check(row: Row) -> None:
    """Raise HubError(INVALID_DATA) for a row that its table can't have."""
    kind, values = row
    columns = TABLES[kind].columns
    if set(values) != {each.name for each in columns} or not all(
        (values[each.name] is None and each.nullable)
        or (type(values[each.name]) is (str if isinstance(each.type, Text) else int))
        for each in columns
    ):
        raise HubError(f"A {kind} has other columns than this hub's.", code=INVALID_DATA)


async def keep(database: Database, given: Sequence[Row]) -> None:
    """Write all rows into empty tables, in one transaction."""

    def work(connection: Connection) -> None:
        for kind, each in TABLES.items():
            found = [dict(values) for name, values in given if name == kind]
            if found:
                connection.execute(insert(each), found)
        count_access(connection)

    await database.run(work)


async def keep_latest(database: Database, pieces: Iterable[bytes]) -> None:
    """Make these what is latest, instead of what was; the event store is closed, and nobody else writes.

    Where the events that are there come to something else, some are gone: that is a topic's ground from now on.
    """
    latest = Latest()
    latest.restore(pieces)
    topics = latest.topics(EVERYTHING)
    made = [{"topic": topic, "place": place, "body": body} for place, (topic, body) in enumerate(merge(latest, topics))]

    def work(connection: Connection) -> None:
        folded = {row.topic: row.body for row in connection.execute(select(_LATEST.c.topic, _LATEST.c.body))}
        places = connection.execute(select(_STORE.c.places)).scalar_one()
        grounds = [
            row | {"place": places}
            for row in made
            if row["body"] != folded.get(row["topic"]) and not str(row["topic"]).startswith(RAW_PREFIX)
        ]
        connection.execute(delete(_LATEST))
        connection.execute(delete(_GROUNDS))
        for into, given in ((_LATEST, made), (_GROUNDS, grounds)):
            for first in range(0, len(given), _ROWS_AT_ONCE):
                connection.execute(insert(into), given[first : first + _ROWS_AT_ONCE])

    await database.run(work)
