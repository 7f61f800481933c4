"""The embedded broker: rumqttd in a child process, for a hub that is given no broker."""

import asyncio
import errno
import logging
import socket
import sys
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Self

from hub.errors import Unavailable
from hub.mqtt.backoff import Backoff
from hub.mqtt.probe import answers

log = logging.getLogger(__name__)

MAX_CONNECTIONS = 10_000
MAX_PAYLOAD_BYTES = 4 * 1024 * 1024
"""The size of a whole packet, topic included."""
MAX_BATCH_PACKETS = 500
"""What the broker takes from one connection at a time; it is no limit of what is in flight (that is 100, fixed)."""
LOG_BYTES = 64 * 1024 * 1024
"""The broker's log of `#`, as topics and payloads; in memory it is nearly four times that, taken as it fills and never
given back. At 1,000 messages of 100 bytes a second the hub may stand still for ten minutes; then the oldest are lost.
"""
SMALL_LOG_BYTES = 4 * 1024 * 1024
"""The log of each other filter: what devices subscribe to, of which there may be thousands."""
SEGMENTS = 8
"""What is lost when a log is full is one segment of it."""
START_TIMEOUT_S = 10.0
STOP_TIMEOUT_S = 5.0
PORTS_TRIED = 100
READ_BYTES = 65536
PANIC = b"panicked at"
"""rumqttd goes on after a panic, with locks that nobody can take any more: who connects then gets no answer."""

_SERVER = """
[{version}.1]
name = "{version}-1"
listen = "{address}"
next_connection_delay_ms = 0
[{version}.1.connections]
connection_timeout_ms = 10000
max_payload_size = {max_payload_bytes}
max_inflight_count = {max_batch_packets}
dynamic_filters = true
"""

_ROUTER = """id = 0
[router]
id = 0
max_connections = {max_connections}
max_outgoing_packet_count = 200
max_segment_size = {segment_bytes}
max_segment_count = {segments}
[router.custom_segment.'+/#']
max_segment_size = {small_segment_bytes}
max_segment_count = {segments}
"""


class EmbeddedBroker:
    """MQTT 3.1.1 on `listen` (`127.0.0.1:1883`), MQTT 5 on the next free port above; opened and closed by `async with`.

    Sessions, retained messages and its log are in memory and end with it; it ends with the hub, however that ends. If
    it dies by itself it is started again on the same ports. Entering raises Unavailable where the port is taken.

    What it does differently (rumqttd 0.20): every message has the subscription's QoS; at most 100 are in flight to one
    client; acknowledgements out of order end a connection; what a kept session gets again has new packet ids and no
    DUP flag; topics are not checked but for UTF-8; a packet over MAX_PAYLOAD_BYTES ends its sender's connection; a
    subscriber that falls behind by more than the log loses the oldest messages without a word. A message with MQTT 5
    properties for a subscriber of 3.1.1 breaks all it does in 3.1.1; that is noticed, and it is started again.
    """

    def __init__(self, listen: str, *, data_dir: Path, log_bytes: int = LOG_BYTES) -> None:
        host, _, port = listen.rpartition(":")
        self._host = "127.0.0.1" if host in {"localhost", ""} else host.strip("[]")
        self._port = int(port)
        self._port5 = 0
        self._log_bytes = log_bytes
        self._config = data_dir / "broker.toml"
        self._process: asyncio.subprocess.Process | None = None
        self._tasks = asyncio.TaskGroup()
        self._task: asyncio.Task[None] | None = None
        self._hearing: asyncio.Task[None] | None = None

    @property
    def url311(self) -> str:
        """Where it speaks MQTT 3.1.1, seen from this machine."""
        return f"mqtt://{_bracketed(self._reachable)}:{self._port}"

    @property
    def url5(self) -> str:
        """Where it speaks MQTT 5, seen from this machine; known once it has started."""
        return f"mqtt://{_bracketed(self._reachable)}:{self._port5}"

    @property
    def pid(self) -> int | None:
        """The id of its process while it runs."""
        running = self._process is not None and self._process.returncode is None
        return self._process.pid if self._process is not None and running else None

    async def __aenter__(self) -> Self:
        if find_spec("iotcore") is None:
            raise Unavailable("There is no embedded broker for this kind of machine: set HUB_MQTT_URL to a broker.")
        self._port5 = self._choose_ports()
        self._config.parent.mkdir(parents=True, exist_ok=True)
        self._config.write_text(self._settings())
        await self._start()
        await self._tasks.__aenter__()
        self._task = self._tasks.create_task(self._keep_running(), name="hub.mqtt[embedded]")
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._task is not None:
            self._task.cancel()
        try:
            # Without the caller's exception, which the group would wrap into one of its own.
            await self._tasks.__aexit__(None, None, None)
        finally:
            await self._stop()

    @property
    def _reachable(self) -> str:
        """An address that reaches a broker which listens on all."""
        return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self._host, self._host)  # noqa: S104 - compared, not bound

    def _choose_ports(self) -> int:
        """The port for MQTT 5; raises Unavailable where the one for 3.1.1 can't be had."""
        error = _refusal(self._host, self._port)
        if error is not None and error.errno == errno.EADDRINUSE:
            raise Unavailable(
                f"Port {self._port} of {self._host} is taken by another program. Stop it, or set HUB_MQTT_URL if that"
                " is a broker to use, or HUB_MQTT_LISTEN to another address."
            )
        if error is not None:
            raise Unavailable(f"Can't listen on {self._host}:{self._port}: {error.strerror}. Change HUB_MQTT_LISTEN.")
        for port in range(self._port + 1, min(self._port + 1 + PORTS_TRIED, 65536)):
            if _refusal(self._host, port) is None:
                return port
        raise Unavailable(f"No port from {self._port + 1} on is free for MQTT 5. Change HUB_MQTT_LISTEN.")

    def _settings(self) -> str:
        """The configuration of rumqttd, as TOML."""
        text = _ROUTER.format(
            max_connections=MAX_CONNECTIONS,
            segment_bytes=self._log_bytes // SEGMENTS,
            small_segment_bytes=SMALL_LOG_BYTES // SEGMENTS,
            segments=SEGMENTS,
        )
        for version, port in (("v4", self._port), ("v5", self._port5)):
            text += _SERVER.format(
                version=version,
                address=f"{_bracketed(self._host)}:{port}",
                max_payload_bytes=MAX_PAYLOAD_BYTES,
                max_batch_packets=MAX_BATCH_PACKETS,
            )
        return text

    async def _start(self) -> None:
        """Start the process and return when both ports answer; raises Unavailable."""
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            # Without it the directory of the script, with this package's modules, would come first on the path.
            "-P",
            str(Path(__file__).with_name("embedded_process.py")),
            str(self._config),
            stdin=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            # A Ctrl-C is for the hub, which needs its broker until it has stopped itself.
            start_new_session=True,
        )
        self._hearing = asyncio.create_task(_pass_on(self._process), name="hub.mqtt[embedded, what it says]")
        try:
            async with asyncio.timeout(START_TIMEOUT_S):
                for port in (self._port, self._port5):
                    await self._wait_port(port)
        except BaseException as error:
            await self._stop()
            if isinstance(error, TimeoutError):
                raise Unavailable(f"The embedded broker does not answer after {START_TIMEOUT_S:g} s.") from None
            raise

    async def _wait_port(self, port: int) -> None:
        while not await answers(self._reachable, port):
            if self._process is None or self._process.returncode is not None:
                raise Unavailable("The embedded broker ended while it started; its last lines above say why.")
            await asyncio.sleep(0.02)

    async def _keep_running(self) -> None:
        """Start it again whenever it ends by itself."""
        backoff = Backoff()
        while True:
            if self._process is not None:
                code = await self._process.wait()
                log.error("The embedded broker ended by itself (exit code %s); it is started again.", code)
            await asyncio.sleep(backoff.next_s())
            try:
                await self._start()
            except Unavailable as error:
                log.error("The embedded broker could not be started again: %s", error)  # noqa: TRY400 - no surprise

    async def _stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        with suppress(ProcessLookupError):
            process.terminate()
        try:
            async with asyncio.timeout(STOP_TIMEOUT_S):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
        if process.stdin is not None:
            process.stdin.close()
        if self._hearing is not None:
            await self._hearing


async def _pass_on(process: asyncio.subprocess.Process) -> None:
    """Print what it says, until it ends; end it once it has panicked."""
    while process.stderr is not None and (said := await process.stderr.read(READ_BYTES)):
        with suppress(OSError, ValueError):
            sys.stderr.buffer.write(said)
            sys.stderr.flush()
        if PANIC in said and process.returncode is None:
            process.kill()


def _refusal(host: str, port: int) -> OSError | None:
    """Why the system does not let us listen there; None when it does."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.create_server((host, port), family=family).close()
    except OSError as error:
        return error
    return None


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
