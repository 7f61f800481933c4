"""Real servers for tests: on free ports, in a directory of their own, stopped by process id."""

import itertools
import os
import shutil
import signal
import socket
import subprocess
import tempfile
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

    def __init__(self, argv: list[str], *, port: int, directory: Path, user: str | None = None) -> None:
        self.argv = argv
        self.port = port
        self.directory = directory
        self.user = user
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it listens."""
        log = (self.directory / "server.log").open("ab")
        self.process = subprocess.Popen(self.argv, stdout=log, stderr=log, cwd=self.directory, user=self.user)
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


class PostgresServer(Server):
    """A PostgreSQL whose data survives kill -9; anyone is its superuser `postgres`."""

    made = itertools.count(1)

    def start(self) -> None:
        """Start it and wait until it answers; processes that a killed one left behind are let go first."""
        end = time.monotonic() + 60
        ask = [postgres_program("pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        while time.monotonic() < end:
            if self.process is None or self.process.poll() is not None:
                log = (self.directory / "server.log").open("ab")
                self.process = subprocess.Popen(self.argv, stdout=log, stderr=log, cwd=self.directory, user=self.user)
                log.close()
            if subprocess.run(ask, check=False).returncode == 0:
                return
            time.sleep(0.05)
        raise TimeoutError(f"PostgreSQL does not answer: {(self.directory / 'server.log').read_text()}")

    def stop(self, sig: int = signal.SIGINT) -> None:
        """End it at once by default; with SIGTERM it would wait for those who are connected."""
        super().stop(sig)

    def kill(self) -> None:
        """kill -9 of all its processes; without the first one the others would work on for a moment."""
        pid = 0 if self.process is None else self.process.pid
        others = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], check=False, capture_output=True, text=True)
        super().kill()
        for other in others.stdout.split():
            with suppress(ProcessLookupError):
                os.kill(int(other), signal.SIGKILL)

    def signal_all(self, sig: int) -> None:
        """Send a signal to all its processes, as SIGSTOP and SIGCONT: it is there and does not answer."""
        assert self.process is not None
        found = subprocess.run(
            ["ps", "-o", "pid=", "--ppid", str(self.process.pid)], check=False, capture_output=True, text=True
        )
        for pid in (self.process.pid, *map(int, found.stdout.split())):
            with suppress(ProcessLookupError):
                os.kill(pid, sig)

    def url(self, name: str = "postgres") -> str:
        """Where a database is."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/{name}"

    def sql(self, statement: str, *, database: str = "postgres") -> str:
        """What psql prints for a statement, without frames."""
        argv = [postgres_program("psql"), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", self.url(database)]
        done = subprocess.run([*argv, "-c", statement], check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def new_database(self, *, template: str = "template1") -> str:
        """Make a database and return its name."""
        name = f"test{next(self.made)}"
        self.sql(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name


def postgres_program(name: str) -> str:
    """Where a program of PostgreSQL is; Debian keeps them by version and out of every PATH."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    found = shutil.which(name, path=str(versions[-1])) if versions else shutil.which(name)
    if found is None:
        raise FileNotFoundError(f"{name} of PostgreSQL is not installed; `make test` installs it where it is root")
    return found


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


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """A PostgreSQL in a directory of its own, which its user can reach: it refuses to run as root."""
    user = "postgres" if os.getuid() == 0 else None
    with tempfile.TemporaryDirectory(prefix="hub-postgres-", ignore_cleanup_errors=True) as name:
        directory = Path(name)
        if user is not None:
            shutil.chown(directory, user)
        make = [postgres_program("initdb"), "-D", "data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C"]
        subprocess.run([*make, "--no-sync"], check=True, cwd=directory, user=user, stdout=subprocess.DEVNULL)
        port = free_port()
        # What was committed is in the system's memory at least, so that kill -9 loses nothing; power is not cut here.
        options = ["fsync=off", "full_page_writes=off", "listen_addresses=127.0.0.1", f"port={port}"]
        options += ["max_connections=200", "shared_buffers=64MB", f"unix_socket_directories={directory}"]
        argv = [postgres_program("postgres"), "-D", "data", *(word for option in options for word in ("-c", option))]
        server = PostgresServer(argv, port=port, directory=directory, user=user)
        server.start()
        try:
            yield server
        finally:
            server.stop()
