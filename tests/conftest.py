"""What tests of several folders share: one PostgreSQL for all tests of a process, a database of its own for each."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.servers import PostgresServer, postgres_server


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    with postgres_server() as server:
        yield server


@pytest.fixture(scope="session")
def postgres_template(postgres: PostgresServer) -> str:
    """A database with the hub's tables, to be copied."""
    from hub.store.database_postgres import PostgresDatabase  # noqa: PLC0415 - most tests do without

    name = postgres.new_database()

    async def make_tables() -> None:
        async with PostgresDatabase(postgres.url(name)):
            pass

    # In a thread, as an event loop may run in this one: an async fixture can ask for it.
    with ThreadPoolExecutor(1) as threads:
        threads.submit(lambda: asyncio.run(make_tables())).result()
    return name


@pytest.fixture
def postgres_url(postgres: PostgresServer, postgres_template: str) -> Iterator[str]:
    """Where a new database with the hub's tables is."""
    name = postgres.new_database(template=postgres_template)
    yield postgres.url(name)
    postgres.sql(f"DROP DATABASE {name} WITH (FORCE)")
