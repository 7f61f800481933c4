"""Which revision the tables of a database are of, and bringing them to another: Alembic, in one transaction."""

import logging
from pathlib import Path

from sqlalchemy import Connection, inspect, select, text

from hub.errors import BAD_REQUEST, HubError, Unavailable
from hub.store import schema, tables

log = logging.getLogger(__name__)

MIGRATIONS = Path(__file__).with_name("migrations")
LOCK = 4_871_902_340
"""The advisory lock of PostgreSQL that migrations of one database take, one after the other."""


def revision(connection: Connection) -> str | None:
    """The revision of the tables; None where there are none, or those of the first release, which did not note it."""
    if not inspect(connection).has_table(tables.ALEMBIC.name):
        return None
    return connection.scalar(select(tables.ALEMBIC.c.version_num))


def prepare(connection: Connection, name: str) -> None:
    """Make the tables, or bring older ones to this hub's revision; raises Unavailable for those of a newer hub.

    The connection's transaction is committed by the caller, who made sure on SQLite that nobody else writes.
    """
    now = revision(connection)
    if now == tables.REVISION:
        return
    if connection.dialect.name == "sqlite" and not inspect(connection).get_table_names():
        # At once, as Alembic would be a third of the hub's first start.
        for statement in schema.TABLES.split(";")[:-1]:
            connection.execute(text(statement))
        connection.execute(text("INSERT INTO store VALUES (:version, 0)"), {"version": schema.VERSION})
        tables.create(connection)
        return
    if now is not None or connection.dialect.name == "sqlite":
        log.warning(
            "The tables of %s are of revision %s; they are brought to %s.", name, now or "0001", tables.REVISION
        )
    try:
        migrate(connection, tables.REVISION)
    except HubError as error:
        raise Unavailable(f"{name} was written by a newer hub (its tables are of {now}); update this one.") from error


def migrate(connection: Connection, to: str) -> str | None:
    """Bring the tables up or down to a revision, and give it back; raises HubError (BAD_REQUEST)."""
    from alembic import command  # noqa: PLC0415 - a third of the hub's start, needed once
    from alembic.config import Config  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415
    from alembic.util import CommandError  # noqa: PLC0415

    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    if connection.dialect.name == "sqlite":
        # A transaction that begins with reading could not write where another process has meanwhile.
        connection.execute(text("PRAGMA application_id = 0"))
    before = revision(connection)
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(MIGRATIONS))
    try:
        order = [one.revision for one in ScriptDirectory.from_config(config).walk_revisions()][::-1]
        if before is not None and order.index(before) > order.index(to):
            command.downgrade(config, to)
        else:
            command.upgrade(config, to)
    except (CommandError, ValueError) as error:
        raise HubError(f"There is no way from revision {before} to {to}: {error}.", code=BAD_REQUEST) from error
    return revision(connection)
