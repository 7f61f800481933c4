"""Opening the SQLite file of the store: its tables are made, or brought to this hub's revision."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import StaticPool

from hub.store.migration import prepare
from hub.store.schema import connect
from hub.store.tables import REVISION

_REVISION = "SELECT version_num FROM alembic_version"
_NOTED = "SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'"


def engine_of(connection: sqlite3.Connection, *, begin: str = "BEGIN") -> Engine:
    """SQLAlchemy on a connection in autocommit mode, which stays open; `begin` is how its transactions begin."""
    engine = create_engine("sqlite://", creator=lambda: connection, poolclass=StaticPool)
    event.listen(engine, "begin", lambda _: connection.execute(begin))
    return engine


@contextmanager
def sqlite_errors() -> Iterator[None]:
    """SQLAlchemy's errors become those of SQLite, which the thread of a connection knows."""
    try:
        yield
    except DBAPIError as error:
        if isinstance(error.orig, sqlite3.Error):
            raise error.orig from error
        raise


def open_store(path: Path) -> sqlite3.Connection:
    """A connection to a file with all tables of this hub; raises Unavailable for a file of a newer one."""
    connection = connect(path)
    try:
        if not _is_newest(connection):
            _prepare(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def _is_newest(connection: sqlite3.Connection) -> bool:
    return connection.execute(_NOTED).fetchone() is not None and connection.execute(_REVISION).fetchone() == (REVISION,)


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    # From the first statement on nobody else writes: processes that start together do it once.
    with sqlite_errors(), engine_of(connection, begin="BEGIN IMMEDIATE").begin() as begun:
        prepare(begun, str(path))
