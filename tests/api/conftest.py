from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hub.passwords import hash_password
from tests.api.hub_api import PASSWORD, Api, open_api


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Api]:
    async with open_api(tmp_path) as opened:
        yield opened


@pytest.fixture(scope="session")
def password_hash() -> str:
    """The hash of PASSWORD, made once: it is slow on purpose."""
    return hash_password(PASSWORD)
