"""The child process of `hub demo`: `python -m hub.fleet_process` with the arguments of `python -m simulators`."""

import os
import runpy
import signal
import threading


def main() -> None:
    """Play the fleet until the parent closes this process's standard input, which its end does too, however it ends."""
    threading.Thread(target=_end_with_parent, name="parent", daemon=True).start()
    runpy.run_module("simulators", run_name="__main__", alter_sys=True)


def _end_with_parent() -> None:
    # Not through sys.stdin, whose lock a thread must not hold when Python ends.
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
