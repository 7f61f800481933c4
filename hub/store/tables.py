"""The tables of users, API keys and tickets, the same on SQLite and PostgreSQL.

A floor is when a user was last changed or removed (ms): his tokens of before hold no more. The one row of `access`
counts the changes of keys and floors, so that each process sees by one small read whether there is something new.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    insert,
    update,
)

REVISION = "0007"
"""The newest of `migrations`: what this hub's tables are."""

METADATA = MetaData()
_WHOLE = BigInteger().with_variant(Integer, "sqlite")


def _table(name: str, *columns: Column[object]) -> Table:
    return Table(name, METADATA, *columns, sqlite_with_rowid=not columns[0].primary_key)


USERS = _table(
    "users",
    Column("name", Text, primary_key=True),
    Column("role", Text, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("created", _WHOLE, nullable=False),
)
FLOORS = _table("token_floors", Column("user", Text, primary_key=True), Column("floor", _WHOLE, nullable=False))
KEYS = _table(
    "api_keys",
    Column("id", Text, primary_key=True),
    Column("digest", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False, unique=True),
    Column("role", Text, nullable=False),
    Column("subscribe", Text),
    Column("publish", Text),
    Column("created", _WHOLE, nullable=False),
    Column("expires", _WHOLE),
)
TICKETS = _table(
    "tickets",
    Column("digest", Text, primary_key=True),
    Column("identity", LargeBinary, nullable=False),
    Column("expires", _WHOLE, nullable=False),
)
ACCESS = _table("access", Column("version", _WHOLE, nullable=False))
ALEMBIC = Table("alembic_version", METADATA, Column("version_num", String(32), primary_key=True))


def create(connection: Connection) -> None:
    """Make all of them in a database that has none, as of the newest revision."""
    METADATA.create_all(connection, checkfirst=False)
    connection.execute(insert(ACCESS).values(version=0))
    connection.execute(insert(ALEMBIC).values(version_num=REVISION))


def count_access(connection: Connection) -> None:
    """Say that there is something new in keys or floors."""
    connection.execute(update(ACCESS).values(version=ACCESS.c.version + 1))
