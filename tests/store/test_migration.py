"""Tables of every release are brought to the newest with all that is in them, and back."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from hub.errors import BAD_REQUEST, HubError, Unavailable
from hub.store.access_tables import AccessTables
from hub.store.base import ApiKey, User
from hub.store.database_postgres import PostgresDatabase
from hub.store.database_sqlite import SqliteDatabase
from hub.store.migration import MIGRATIONS, migrate, revision
from hub.store.sqlite import SqliteEventStore
from hub.store.tables import METADATA, REVISION
from hub.store.ticket_table import TicketTable
from hub.store.user_table import UserTable
from tests.servers import PostgresServer
from tests.store.batches import T0, latest_by_topic, values
from tests.store.places import Where, database

RELEASES = Path(__file__).with_name("releases")
"""What each release's file holds, as its own code wrote it: history folded and not, users, keys and tickets."""

RELEASED = [pytest.param(path, id=path.stem) for path in sorted(RELEASES.glob("*.sql"))]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "hub.db"


def restore(dump: Path, path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.executescript(dump.read_text())


def shape(path: Path) -> dict[str, Any]:
    """The tables with their columns, and what else there is."""
    with closing(sqlite3.connect(path)) as db:
        found = db.execute("SELECT type, name FROM sqlite_master WHERE name <> 'alembic_version'").fetchall()
        tables = [name for kind, name in found if kind == "table"]
        rowid = {name: wr for _, name, _, _, wr, _ in db.execute("PRAGMA table_list")}
        columns = {name: sorted(_columns(db, name)) for name in tables}
        others = {name for kind, name in found if kind != "table" and not name.startswith("sqlite_")}
    return {"columns": columns, "rowid": {name: rowid[name] for name in tables}, "others": others}


def _columns(db: sqlite3.Connection, table: str) -> list[tuple[object, ...]]:
    rows = db.execute(f"PRAGMA table_info({table})").fetchall()
    # SQLite says of a primary key of WITHOUT ROWID tables that it is NOT NULL, written or not.
    return [(name, kind, bool(required) or bool(key), key) for _, name, kind, required, _, key in rows]


async def bring(where: Where, to: str) -> str | None:
    async with database(where) as opened:
        return await opened.run(lambda connection: migrate(connection, to))


async def opened(where: Where) -> None:
    async with database(where):
        pass


def test_the_newest_revision_is_the_one_that_the_hub_works_with() -> None:
    script = ScriptDirectory(str(MIGRATIONS))
    assert script.get_heads() == [REVISION]
    assert [one.revision for one in script.walk_revisions() if one.is_base] == [
        path.stem for path in RELEASES.iterdir()
    ]


@pytest.mark.parametrize("dump", RELEASED)
async def test_a_file_of_a_release_keeps_all_it_has(path: Path, dump: Path, caplog: pytest.LogCaptureFixture) -> None:
    restore(dump, path)
    async with SqliteEventStore(path) as store, SqliteDatabase(path) as tables:
        assert f"are of revision {dump.stem}; they are brought to {REVISION}" in caplog.text
        assert await values(store, "d0", "n") == [0, 2, 4, 6, 8, 10, 99]
        assert await values(store, "d1", "n") == [1, 3, 5, 7, 9, 11]
        assert await values(store, "new", "m") == [1]
        latest = latest_by_topic(await store.latest())
        assert latest["telemetry/d0"] == [{"n": 99}]
        assert latest["raw/x"] == [{"n": 1}]
        users, access, tickets = UserTable(tables), AccessTables(tables), TicketTable(tables)
        assert await users.list() == [User("anna", "admin", "hash", 5)]
        assert await access.keys() == [ApiKey("0a1b", "d1", "script", "viewer", ("telemetry/+",), (), 5, 10)]
        assert await access.floors() == {"anna": 10, "иван": 20}
        assert await access.version() == 3
        assert await tickets.take("digest", now_s=0) == b"\x00identity"
        await access.remove_key("0a1b")
        assert await access.version() == 4


@pytest.mark.parametrize("dump", RELEASED)
async def test_what_was_there_before_rollups_were_gets_them(path: Path, dump: Path) -> None:
    restore(dump, path)
    await opened(path)
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("SELECT * FROM stale ORDER BY 1").fetchall() == [
            (1, 1, T0 // 60_000 * 60_000, 0),
            (2, 1, T0 // 60_000 * 60_000, 0),
        ]


@pytest.mark.parametrize("dump", RELEASED)
async def test_a_migrated_file_has_the_shape_of_a_new_one(path: Path, dump: Path, tmp_path: Path) -> None:
    restore(dump, path)
    await opened(path)
    await opened(tmp_path / "new.db")
    assert shape(path) == shape(tmp_path / "new.db")


@pytest.mark.parametrize("dump", RELEASED)
async def test_back_to_a_release_and_up_again(path: Path, dump: Path, tmp_path: Path) -> None:
    restore(dump, tmp_path / "released.db")
    restore(dump, path)
    for _ in range(2):
        assert await bring(path, dump.stem) == dump.stem
        assert shape(path) == shape(tmp_path / "released.db")
        with closing(sqlite3.connect(path)) as db:
            # That hub looks at nothing else.
            assert db.execute("SELECT version FROM store").fetchone() == (int(dump.stem),)
        async with SqliteEventStore(path) as store:
            assert await values(store, "d0", "n") == [0, 2, 4, 6, 8, 10, 99]


async def test_a_file_with_users_only_of_the_first_release(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE users (name TEXT PRIMARY KEY, role TEXT, password_hash TEXT, created INTEGER)")
        db.execute("INSERT INTO users VALUES ('anna', 'admin', 'hash', 5)")
        db.commit()
    async with SqliteDatabase(path) as tables, SqliteEventStore(path) as store:
        assert await UserTable(tables).list() == [User("anna", "admin", "hash", 5)]
        assert await store.position() is None


@pytest.mark.parametrize("old", [True, False])
async def test_processes_that_start_together(path: Path, *, old: bool, caplog: pytest.LogCaptureFixture) -> None:
    if old:
        restore(RELEASES / "0001.sql", path)
    await asyncio.gather(*(opened(path) for _ in range(8)))
    assert caplog.text.count("are brought to") == old
    async with SqliteDatabase(path) as tables:
        assert await tables.run(revision) == REVISION


async def test_postgres_together_down_and_up(postgres: PostgresServer) -> None:
    url = postgres.url(postgres.new_database())
    await asyncio.gather(*(opened(url) for _ in range(4)))
    assert await bring(url, "0001") == "0001"
    async with PostgresDatabase(url) as tables:
        assert await tables.run(revision) == REVISION
        assert await UserTable(tables).list() == []


async def test_the_tables_of_postgres_are_those_that_are_asked(postgres_url: str) -> None:
    async with PostgresDatabase(postgres_url) as tables:
        there = await tables.run(_columns_of_postgres)
    assert there == {
        table.name: [(column.name, column.nullable) for column in table.columns] for table in METADATA.sorted_tables
    }


def _columns_of_postgres(connection: Connection) -> dict[str, list[tuple[str, bool]]]:
    found = inspect(connection)
    return {
        table.name: [(column["name"], column["nullable"]) for column in found.get_columns(table.name)]
        for table in METADATA.sorted_tables
    }


async def test_tables_of_a_newer_hub_are_left_alone(where: Where) -> None:
    async with database(where) as tables:
        await tables.run(lambda connection: connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9'"))
    with pytest.raises(Unavailable, match="newer hub"):
        await opened(where)


async def test_a_revision_that_is_none(where: Where) -> None:
    with pytest.raises(HubError, match=f"no way from revision {REVISION} to 7") as caught:
        await bring(where, "7")
    assert caught.value.code is BAD_REQUEST
    await opened(where)
