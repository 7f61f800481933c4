import subprocess
from pathlib import Path

import pytest

from hub.bench.load import Load
from hub.bench.programs import Programs, cache_directory, programs, slow_programs
from hub.errors import HubError


def test_it_is_compiled_once(tmp_path: Path) -> None:
    made = programs(tmp_path / "cache")
    first = Path(made.dashboards[0]).stat()
    again = programs(tmp_path / "cache")
    assert again == made
    assert Path(again.dashboards[0]).stat().st_mtime_ns == first.st_mtime_ns
    assert len(list((tmp_path / "cache").iterdir())) == 1


def test_the_cache_is_where_the_user_wants_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_directory() == tmp_path / "hub" / "bench"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache_directory().parts[-3:] == (".cache", "hub", "bench")


def test_without_a_compiler_small_loads_are_left(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    tools = programs(tmp_path)
    assert tools == slow_programs()
    tools.check(Load(10, 100))
    for load in (Load(101, 1), Load(10, 1_000), Load(1, 1, deflate=True), Load(2, 1, stuck=1)):
        with pytest.raises(HubError, match="There is no C compiler"):
            tools.check(load)


def test_compiled_programs_take_all(compiled: Programs) -> None:
    compiled.check(Load(500, 40_000, deflate=True))


def test_a_compiler_that_fails_says_why(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    compiler = tmp_path / "cc"
    compiler.write_text("#!/bin/sh\necho 'stdio.h is not there' >&2\nexit 1\n")
    compiler.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin")
    with pytest.raises(HubError, match=r"stdio\.h is not there"):
        programs(tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []


@pytest.mark.parametrize("half", ["dashboards", "publisher"])
def test_what_is_no_option_ends_it_with_a_sentence(compiled: Programs, half: str) -> None:
    argv = getattr(compiled, half)
    done = subprocess.run(argv, input="nonsense\n\n", capture_output=True, text=True, check=False, timeout=20)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "An option is not understood.\n")
