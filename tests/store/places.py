"""Where stores are: a file, or a database of PostgreSQL by its URL."""

from pathlib import Path

from hub.store.database_postgres import PostgresDatabase
from hub.store.database_sqlite import SqliteDatabase
from hub.store.postgres import PostgresEventStore
from hub.store.sqlite import SqliteEventStore
from hub.store.steps_postgres import PostgresStepStore
from hub.store.steps_sqlite import SqliteStepStore

Where = Path | str


def event_store(where: Where, *, fold_s: float = 2.0) -> SqliteEventStore | PostgresEventStore:
    """The event store there."""
    kind = SqliteEventStore if isinstance(where, Path) else PostgresEventStore
    return kind(where, fold_s=fold_s)  # type: ignore[arg-type] # each gets its own


def database(where: Where) -> SqliteDatabase | PostgresDatabase:
    """The database there."""
    return SqliteDatabase(where) if isinstance(where, Path) else PostgresDatabase(where)


def step_store(where: Where) -> SqliteStepStore | PostgresStepStore:
    """The store of commands' steps there."""
    return SqliteStepStore(where) if isinstance(where, Path) else PostgresStepStore(where)
