"""What holds for every test."""

from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session", autouse=True)
def unmeasured_programs() -> Iterator[None]:
    """Programs that tests start are not measured, but for the command line's: measured, a hub needs twice the time.

    Not where this module is imported: the processes that pytest itself starts for the tests are measured.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("COVERAGE_PROCESS_START", raising=False)
        yield
