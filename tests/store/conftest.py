"""The places that the contracts are tried at."""

from pathlib import Path

import pytest

from tests.store.places import Where


@pytest.fixture(params=["sqlite", "postgres"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> Where:
    """An empty store's place, with tables on PostgreSQL; on SQLite opening makes them."""
    if request.param == "sqlite":
        return tmp_path / "hub.db"
    url: str = request.getfixturevalue("postgres_url")
    return url
