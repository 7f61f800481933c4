"""What holds for every test."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import coverage
import pytest

from tests.servers import PostgresServer, postgres_server

FIRST = ("e2e", "torture", "bench", "fuzz", "transports")
"""The folders of the files that take longest: who began one of them last would be waited for by all."""

UNMEASURED = ("bench", "fuzz", "torture")
"""Folders of the tests that are not measured."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the folders of FIRST before all others, each in its own order."""
    places = {name: place for place, name in enumerate(FIRST)}
    items.sort(key=lambda item: places.get(item.path.parent.name, len(FIRST)))


@pytest.fixture(scope="session", autouse=True)
def unmeasured_programs() -> Iterator[None]:
    """Programs that tests start are not measured, but for the command line's: measured, a hub needs twice the time.

    Not where this module is imported: the processes that pytest itself starts for the tests are measured.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("COVERAGE_PROCESS_START", raising=False)
        yield


@pytest.fixture(scope="module", autouse=True)
def unmeasured_whole(request: pytest.FixtureRequest) -> Iterator[None]:
    """What tries the hub as a whole again and again is not measured: it takes up to three times as long.

    Each part has tests of its own, which show what is not covered.
    """
    measuring = coverage.Coverage.current() if request.node.path.parent.name in UNMEASURED else None
    if measuring is None:
        yield
        return
    measuring.stop()
    yield
    measuring.start()


@pytest.fixture(scope="session", autouse=True)
def no_certificates(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """HTTP clients trust nobody: to read the certificates of the whole web takes each of them 30 ms of work."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("SSL_CERT_FILE", raising=False)
        patch.setenv("SSL_CERT_DIR", str(tmp_path_factory.mktemp("nobody")))
        yield


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
