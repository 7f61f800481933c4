"""The load generator, compiled once for all tests, and in Python."""

from pathlib import Path

import pytest

from hub.bench.programs import Programs, programs, slow_programs


@pytest.fixture(name="compiled", scope="session")
def _compiled(tmp_path_factory: pytest.TempPathFactory) -> Programs:
    made = programs(Path(tmp_path_factory.mktemp("cache")))
    assert made.compiled
    return made


@pytest.fixture(name="tools", params=["compiled", "python"])
def _tools(request: pytest.FixtureRequest, compiled: Programs) -> Programs:
    return compiled if request.param == "compiled" else slow_programs()
