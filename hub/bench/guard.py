"""Runs one server and ends it with the program that wanted it: `python -m hub.bench.guard ARGV…`.

However that program ends, also killed, this one's standard input ends with it.
"""

import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress

STOP_S = 12.0


def main() -> int:
    """Run the server until it ends, SIGTERM comes or the input ends; its exit code."""
    server = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL)  # noqa: S603 - what our own parent wants
    signal.signal(signal.SIGTERM, lambda *_: server.terminate())
    threading.Thread(target=_follow_input, args=(server,), daemon=True).start()
    return server.wait()


def _follow_input(server: subprocess.Popen[bytes]) -> None:
    while os.read(0, 1024):
        pass
    server.terminate()
    with suppress(subprocess.TimeoutExpired):
        server.wait(STOP_S)
    server.kill()


if __name__ == "__main__":
    sys.exit(main())
