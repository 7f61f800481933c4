"""Real servers for tests: on free ports, in a directory of their own, stopped by process id."""

import itertools
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


def _ports() -> Iterator[int]:
    # A range of its own for each of the test processes that run side by side, below those the system gives away: what
    # is free now must still be when a server that is started meanwhile binds it.
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    first = FIRST_PORT + PORTS_EACH * (worker % WORKERS)
    # Runs that share a machine begin in places of their own.
    begin = os.getpid() * 617 % PORTS_EACH
    return itertools.islice(itertools.cycle(range(first, first + PORTS_EACH)), begin, None)


FIRST_PORT, PORTS_EACH, WORKERS = 16_000, 2_000, 8
PORTS = _ports()


def free_port() -> int:
    """A port of loopback that nothing listens on now, and that was not given away lately."""
    for port in itertools.islice(PORTS, PORTS_EACH):
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise OSError("no port is free")


def wait_port(port: int, *, secs: float = 20) -> None:
    """Return when something listens on the port; raises TimeoutError."""
    end = time.monotonic() + secs
    while time.monotonic() < end:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise TimeoutError(f"nothing listens on {port} after {secs} s")


class Server:
    """One server process that can be killed and started again with the same data and port."""

    def __init__(self, argv: list[str], *, port: int, directory: Path) -> None:
        self.argv = argv
        self.port = port
        self.directory = directory
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it listens."""
        log = (self.directory / "server.log").open("ab")
        self.process = subprocess.Popen(self.argv, stdout=log, stderr=log, cwd=self.directory)
        log.close()
        wait_port(self.port)

    def stop(self, sig: int = signal.SIGTERM) -> None:
        """End it with the signal and wait for its end."""
        if self.process is None:
            return
        with suppress(ProcessLookupError):
            self.process.send_signal(sig)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(10)
        self.process = None

    def kill(self) -> None:
        """kill -9."""
        self.stop(signal.SIGKILL)


class RedisServer(Server):
    """A Redis; started, it has also read what it kept."""

    def start(self) -> None:
        """Start it and wait until it answers."""
        super().start()
        end = time.monotonic() + 20
        while time.monotonic() < end:
            with socket.create_connection(("127.0.0.1", self.port)) as connection:
                connection.sendall(b"PING\r\n")
                if connection.recv(64).startswith(b"+PONG"):
                    return
            time.sleep(0.02)
        raise TimeoutError("Redis does not answer")


def program(name: str) -> str:
    """Where a server's program is; Debian keeps some in /usr/sbin, which is not on every PATH."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")
    if found is None:
        raise FileNotFoundError(f"{name} is not installed; `make test` installs it where it is root")
    return found


@contextmanager
def mosquitto(directory: Path, *extra: str) -> Iterator[Server]:
    """A Mosquitto that keeps sessions and messages over a restart; `extra` are lines of its configuration."""
    directory.mkdir(parents=True, exist_ok=True)
    port = free_port()
    lines = [
        f"listener {port} 127.0.0.1",
        "allow_anonymous true",
        "user root",
        "persistence true",
        f"persistence_location {directory}/",
        "autosave_interval 1",
        "set_tcp_nodelay true",
        "max_queued_messages 0",
        # 0 is no limit at all: Mosquitto then ignores Receive Maximum and can run out of packet ids.
        "max_inflight_messages 1000",
        *extra,
    ]
    (directory / "mosquitto.conf").write_text("\n".join(lines) + "\n")
    server = Server([program("mosquitto"), "-c", "mosquitto.conf"], port=port, directory=directory)
    server.start()
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def redis_server(directory: Path, *, appendonly: bool = True, fsync: str = "everysec") -> Iterator[Server]:
    """A Redis whose data survives kill -9 when `appendonly`; surely so only with `fsync="always"`."""
    directory.mkdir(parents=True, exist_ok=True)
    port = free_port()
    keep = "yes" if appendonly else "no"
    argv = [program("redis-server"), "--port", str(port), "--bind", "127.0.0.1", "--dir", str(directory)]
    argv += ["--save", "", "--appendonly", keep, "--appendfsync", fsync]
    server = RedisServer(argv, port=port, directory=directory)
    server.start()
    try:
        yield server
    finally:
        server.stop()
