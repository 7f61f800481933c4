"""A hub of its own for a measurement: `hub serve` as its users run it, in a directory that goes away."""

import asyncio
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from functools import partial
from pathlib import Path

from hub.auth import Identity, Keys, Role, sign
from hub.bench.load import SetUp
from hub.bench.target import Target
from hub.bench.usage import Usage
from hub.errors import NOT_AVAILABLE, HubError, Unavailable
from hub.mqtt.url import BrokerUrl

READY_S = 60.0
STOP_S = 15.0
TOKEN_S = 24 * 3600
HOST = "127.0.0.1"


@asynccontextmanager
async def own_hub(
    set_up: SetUp, *, prepare: Callable[[Path], Awaitable[object]] | None = None
) -> AsyncIterator[Target]:
    """A hub that is ready, with all defaults on and nothing in its log; raises HubError where a program is missing.

    `prepare` may put something into its data directory before it starts.
    """
    async with AsyncExitStack() as stack:
        directory = Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="hub-bench-", ignore_cleanup_errors=True))
        )
        processes = Processes(directory)
        stack.push_async_callback(processes.stop)
        http_port, mqtt_port = free_port(), free_port()
        secret = secrets.token_hex(16)
        settings = {
            "HUB_HTTP_PORT": str(http_port),
            "HUB_DATA_DIR": str(directory / "data"),
            "HUB_AUTH_SECRET": secret,
        }
        if set_up is SetUp.REDIS:
            settings |= await _servers(processes, directory, mqtt_port)
        else:
            settings["HUB_MQTT_LISTEN"] = f"{HOST}:{mqtt_port}"
        if prepare is not None:
            await prepare(directory / "data")
        processes.start("hub", (sys.executable, "-m", "hub", "serve"), settings)
        await processes.until("hub", partial(_is_ready, http_port))
        token = sign(Identity("bench", Role.ADMIN, int(time.time()) + TOKEN_S), Keys(secret.encode()))
        broker = BrokerUrl(HOST, mqtt_port, tls=False)
        yield Target(HOST, http_port, "/ws", token, broker, Usage(processes.pids))


async def _servers(processes: "Processes", directory: Path, mqtt_port: int) -> dict[str, str]:
    mosquitto, redis = program("mosquitto"), program("redis-server")
    lines = [
        f"listener {mqtt_port} {HOST}",
        "allow_anonymous true",
        "set_tcp_nodelay true",
        "max_inflight_messages 1000",
        "max_queued_messages 0",
    ]
    if os.geteuid() == 0:
        lines.append("user root")  # else it becomes a user who can't read this directory
    (directory / "mosquitto.conf").write_text("\n".join(lines) + "\n", encoding="ascii")
    redis_port = free_port()
    processes.start("mosquitto", (mosquitto, "-c", "mosquitto.conf"))
    processes.start("redis", (redis, "--port", str(redis_port), "--bind", HOST, "--save", "", "--appendonly", "no"))
    for name, port in (("mosquitto", mqtt_port), ("redis", redis_port)):
        await processes.until(name, partial(_listens, port))
    return {"HUB_MQTT_URL": f"mqtt://{HOST}:{mqtt_port}", "HUB_ENGINE_URL": f"redis://{HOST}:{redis_port}/0"}


def program(name: str) -> str:
    """Where a program is; Debian keeps servers in /usr/sbin, which is not on everybody's PATH. Raises HubError."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
    if found is None:
        raise HubError(
            f"{name} is not on the PATH; install it, or measure the hub alone with --set-up default.",
            code=NOT_AVAILABLE,
        )
    return found


class Processes:
    """Server processes in one directory, each with a log of its own there."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def pids(self) -> dict[str, int]:
        """Their process ids, by name."""
        return {name: process.pid for name, process in self._processes.items()}

    def start(self, name: str, argv: Sequence[str], settings: Mapping[str, str] | None = None) -> None:
        """Start one with the caller's environment, but only the given of the hub's settings."""
        environment = {name: value for name, value in os.environ.items() if not name.upper().startswith("HUB_")}
        environment.update(settings or {})
        with (self._directory / f"{name}.log").open("wb") as log:
            self._processes[name] = subprocess.Popen(  # noqa: S603 - our own servers
                (sys.executable, "-m", "hub.bench.guard", *argv),
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                cwd=self._directory,
                env=environment,
                start_new_session=True,
            )

    async def until(self, name: str, holds: Callable[[], bool]) -> None:
        """Wait until it has come up; raises Unavailable with its last words where it does not."""
        end = time.monotonic() + READY_S
        while not await asyncio.to_thread(holds):
            if self._processes[name].poll() is not None or time.monotonic() > end:
                said = (self._directory / f"{name}.log").read_text(encoding="utf-8", errors="replace").strip()
                raise Unavailable(f"{name} does not start: {said[-500:]}")
            await asyncio.sleep(0.05)

    async def stop(self) -> None:
        """End them, the last one first."""
        for process in reversed(self._processes.values()):
            with suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
            try:
                await asyncio.to_thread(process.wait, STOP_S)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
            if process.stdin is not None:
                process.stdin.close()


def free_port() -> int:
    """A port of loopback that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0


def _is_ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://{HOST}:{port}/health/ready", timeout=5) as answer:
            return bool(answer.status == 200)  # noqa: PLR2004 - OK
    except (OSError, urllib.error.URLError):
        return False
