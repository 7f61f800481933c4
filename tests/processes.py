"""The hub as its users run it: a process of its own, that can be killed and started again."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

import httpx

from hub.auth import Role
from tests.running import SECRET, token
from tests.servers import free_port

READY_S = 90.0
"""Much more than it takes: a machine may have other things to do first."""


class HubProcess:
    """`hub serve` (or another command) with settings of its own; its data and ports stay over restarts."""

    def __init__(self, directory: Path, settings: Mapping[str, str], *, command: tuple[str, ...] = ("serve",)) -> None:
        self.directory = directory
        self.command = command
        self.http_port = free_port()
        self.mqtt_port = free_port()
        self.settings = {
            "HUB_HTTP_PORT": str(self.http_port),
            "HUB_DATA_DIR": str(directory / "data"),
            "HUB_AUTH_SECRET": SECRET,
        }
        if "HUB_MQTT_URL" not in settings:
            self.settings["HUB_MQTT_LISTEN"] = f"127.0.0.1:{self.mqtt_port}"
        self.settings |= settings
        self.process: subprocess.Popen[bytes] | None = None
        self.log = directory / "hub.log"

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.http_port}"

    def environment(self) -> dict[str, str]:
        """The caller's environment without its HUB_ variables, and this hub's."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
        return clean | self.settings

    def start(self) -> None:
        """Start it and wait until it is ready."""
        self.directory.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "hub", *self.command],
                stdout=log,
                stderr=log,
                env=self.environment(),
                start_new_session=True,
            )
        self.wait_ready()

    def wait_ready(self) -> None:
        """Wait until /health/ready answers 200."""
        end = time.monotonic() + READY_S
        reason = "no answer"
        with httpx.Client(base_url=self.origin, timeout=5) as http:
            while time.monotonic() < end:
                assert self.process is not None
                assert self.process.poll() is None, self.said()
                try:
                    answer = http.get("/health/ready")
                except httpx.TransportError:
                    time.sleep(0.02)
                    continue
                if answer.status_code == 200:
                    return
                reason = answer.text
                time.sleep(0.05)
        raise TimeoutError(f"not ready after {READY_S} s: {reason}\n{self.said()}")

    def said(self) -> str:
        """Everything it has printed."""
        return self.log.read_text(errors="replace")

    def first_link(self) -> str:
        """The one-time sign-in link it printed last."""
        links: list[str] = re.findall(r"http://\S+/sign-in#code=\S+", self.said())
        return links[-1]

    def run(self, *arguments: str, stdin: str = "") -> str:
        """Run a `hub` command with the same settings; what it printed on standard output."""
        done = subprocess.run(
            [sys.executable, "-m", "hub", *arguments],
            env=self.environment(),
            input=stdin,
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        return done.stdout

    def token(self, user: str = "anna", role: str = "operator") -> str:
        """A token that this hub takes."""
        return token(user, Role(role), secret=self.settings["HUB_AUTH_SECRET"])

    def stop(self, sig: int = signal.SIGTERM) -> int:
        """End it; its exit code. SIGKILL ends its children (the embedded broker) by themselves."""
        if self.process is None:
            return 0
        self.process.send_signal(sig)
        try:
            code = self.process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            raise
        self.process = None
        return code

    def kill(self) -> None:
        """kill -9."""
        self.stop(signal.SIGKILL)


@contextmanager
def hub_process(directory: Path, settings: Mapping[str, str] = MappingProxyType({})) -> Iterator[HubProcess]:
    """A running hub."""
    hub = HubProcess(directory, settings)
    hub.start()
    try:
        yield hub
    finally:
        hub.stop()
