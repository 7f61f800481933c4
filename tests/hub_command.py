"""The command line as a person runs it, in a directory and with settings of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MEASURED = {name: text for name, text in os.environ.items() if name == "COVERAGE_PROCESS_START"}
"""What makes a program measured, if this run is: read before the tests run, which don't have it (conftest.py)."""


def isolate(monkeypatch: pytest.MonkeyPatch, directory: Path) -> None:
    """Take the caller's settings away, work in the directory and keep the hub's files there."""
    for name in list(os.environ):
        if name.upper().startswith("HUB_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(directory)
    monkeypatch.setenv("HUB_DATA_DIR", str(directory / "data"))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


def hub(*arguments: str, stdin: str | bytes = "") -> tuple[int, str, str]:
    """Run `python -m hub`: exit code, what it printed, and its errors."""
    argv = [sys.executable, "-m", "hub", *arguments]
    given = stdin if isinstance(stdin, bytes) else stdin.encode()
    done = subprocess.run(argv, input=given, capture_output=True, timeout=60, check=False, env=os.environ | MEASURED)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def sentence(text: str) -> bool:
    """Whether it is one line as the command line's errors are."""
    return text.startswith("hub") and text.count("\n") == 1 and "Traceback" not in text
