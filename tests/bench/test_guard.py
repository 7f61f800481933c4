import subprocess
import sys
import time

from tests.bench.measuring import is_running

GUARD = (sys.executable, "-m", "hub.bench.guard")
SLEEPER = (sys.executable, "-c", "import os, time; print(os.getpid(), flush=True); time.sleep(600)")


def guarded() -> tuple[subprocess.Popen[bytes], int]:
    guard = subprocess.Popen((*GUARD, *SLEEPER), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert guard.stdout is not None
    with guard.stdout:
        return guard, int(guard.stdout.readline())


def gone(pid: int) -> bool:
    end = time.monotonic() + 20
    while is_running(pid) and time.monotonic() < end:
        time.sleep(0.01)
    return not is_running(pid)


def test_the_server_ends_with_who_wanted_it() -> None:
    guard, server = guarded()
    assert guard.stdin is not None
    guard.stdin.close()
    assert guard.wait(20) != 0
    assert gone(server)


def test_the_server_ends_when_it_is_told() -> None:
    guard, server = guarded()
    guard.terminate()
    guard.communicate(timeout=20)
    assert gone(server)


def test_its_exit_code_is_the_servers() -> None:
    argv = (*GUARD, sys.executable, "-c", "raise SystemExit(3)")
    with subprocess.Popen(argv, stdin=subprocess.PIPE) as guard:
        assert guard.wait(20) == 3
