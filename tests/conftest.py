"""What holds for every test."""

from collections.abc import Iterator

import pytest

FIRST = ("e2e", "torture", "bench", "fuzz", "transports")
"""The folders of the files that take longest: who began one of them last would be waited for by all."""


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


@pytest.fixture(scope="session", autouse=True)
def no_certificates(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """HTTP clients trust nobody: to read the certificates of the whole web takes each of them 30 ms of work."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("SSL_CERT_FILE", raising=False)
        patch.setenv("SSL_CERT_DIR", str(tmp_path_factory.mktemp("nobody")))
        yield
