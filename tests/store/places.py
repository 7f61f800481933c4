"""Where stores are: a file, or a database of PostgreSQL by its URL."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from hub.store.database_postgres import PostgresDatabase
from hub.store.database_sqlite import SqliteDatabase
from hub.store.postgres import PostgresEventStore
from hub.store.postgres_link import connect
from hub.store.sqlite import SqliteEventStore
from hub.store.steps_postgres import PostgresStepStore
from hub.store.steps_sqlite import SqliteStepStore

Where = Path | str


def event_store(where: Where, *, fold_s: float = 2.0, **options: Any) -> SqliteEventStore | PostgresEventStore:
    """The event store there."""
    kind = SqliteEventStore if isinstance(where, Path) else PostgresEventStore
    return kind(where, fold_s=fold_s, **options)  # type: ignore[arg-type] # each gets its own


async def query(where: Where, statement: str) -> list[tuple[Any, ...]]:
    """What a statement gives there, beside the store."""
    if isinstance(where, Path):
        with closing(sqlite3.connect(where)) as connection, connection:
            return connection.execute(statement).fetchall()
    connected = await connect(where)
    try:
        return [tuple(row) for row in await connected.fetch(statement)]
    finally:
        await connected.close()


def database(where: Where) -> SqliteDatabase | PostgresDatabase:
    """The database there."""
    return SqliteDatabase(where) if isinstance(where, Path) else PostgresDatabase(where)


def step_store(where: Where) -> SqliteStepStore | PostgresStepStore:
    """The store of commands' steps there."""
    return SqliteStepStore(where) if isinstance(where, Path) else PostgresStepStore(where)
