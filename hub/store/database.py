"""The seam of the tables of users, keys and tickets: a database that runs functions, each in one transaction."""

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

T = TypeVar("T")


class Database(Protocol):
    """A database with this hub's tables. Opened and closed by `async with`, which makes or migrates them."""

    async def run(self, work: Callable[[Connection], T]) -> T:
        """What the function returns; its transaction is committed then, or rolled back where it raises.

        A function that writes begins with that. Raises Unavailable for what the database refuses.
        """
        ...


def upsert(connection: Connection, table: Table) -> Any:
    """An INSERT that may be given `on_conflict_do_nothing` or `…_do_update`, which both databases spell alike."""
    return (postgresql if connection.dialect.name == "postgresql" else sqlite).insert(table)
