"""The load generator: C that is compiled where it runs, or Python for loads that are small enough."""

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from hub.bench.load import Load
from hub.errors import NOT_AVAILABLE, HubError

SOURCES = ("common.h", "inflate.h", "tally.h", "websocket.h", "dashboards.c", "publisher.c")
COMPILERS = ("cc", "gcc", "clang")
FLAGS = ("-O2", "-std=gnu11")
SLOW_DASHBOARDS = 100
SLOW_DELIVERIES_PER_S = 5_000


@dataclass(frozen=True, slots=True)
class Programs:
    """How both halves of the load generator are called; `compiled` is False for those in Python."""

    dashboards: tuple[str, ...]
    publisher: tuple[str, ...]
    compiled: bool

    def check(self, load: Load) -> None:
        """Raises HubError where these can't produce the load."""
        if self.compiled:
            return
        large = load.dashboards > SLOW_DASHBOARDS or load.deliveries_per_s > SLOW_DELIVERIES_PER_S
        if large or load.deflate or load.stuck:
            raise HubError(
                f"There is no C compiler ({', '.join(COMPILERS)}) for the load generator; without one there are only "
                f"loads of at most {SLOW_DASHBOARDS} dashboards and {SLOW_DELIVERIES_PER_S:,} deliveries/s, none "
                "compressed or stuck. Debian has a compiler in the packages gcc and libc6-dev.",
                code=NOT_AVAILABLE,
            )


def cache_directory() -> Path:
    """Where compiled programs are kept."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "hub" / "bench"


def programs(cache: Path) -> Programs:
    """The programs of this machine, compiled once for each version of their source; raises HubError."""
    compiler = next(filter(None, map(shutil.which, COMPILERS)), None)
    if compiler is None or sys.platform != "linux":
        return slow_programs()
    source = files("hub.bench")
    digest = hashlib.sha256(repr((compiler, FLAGS, platform.machine())).encode())
    for name in SOURCES:
        digest.update(source.joinpath(name).read_bytes())
    place = cache / digest.hexdigest()[:16]
    if not place.is_dir():
        _compile(compiler, place)
    return Programs((str(place / "dashboards"),), (str(place / "publisher"),), compiled=True)


def slow_programs() -> Programs:
    """The same in Python."""
    module = "hub.bench.slow_dashboards", "hub.bench.slow_publisher"
    dashboards, publisher = ((sys.executable, "-m", name) for name in module)
    return Programs(dashboards, publisher, compiled=False)


def _compile(compiler: str, place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=place.parent) as name:
        directory = Path(name)
        made = directory / "made"
        made.mkdir()
        for source in SOURCES:
            (directory / source).write_bytes(files("hub.bench").joinpath(source).read_bytes())
        for program in ("dashboards", "publisher"):
            _run((compiler, *FLAGS, "-o", str(made / program), str(directory / f"{program}.c")))
        # Whole or not at all, whoever else compiles at the same time: a full directory is never replaced.
        try:
            made.rename(place)
        except OSError:
            if not place.is_dir():
                raise


def _run(argv: Sequence[str]) -> None:
    done = subprocess.run(argv, capture_output=True, text=True, check=False)  # noqa: S603 - the compiler, on our source
    if done.returncode:
        raise HubError(f"The load generator does not compile: {done.stderr.strip()[-2000:]}", code=NOT_AVAILABLE)
