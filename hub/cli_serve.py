"""`hub serve` and `hub demo`."""

import importlib.util
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from hub.errors import HubError, Unavailable
from hub.settings import Settings, load

NOT_STARTED = 3
STOP_TIMEOUT_S = 10
_ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}  # noqa: S104 - compared, not bound


def serve() -> int:
    """Run the hub; the exit code is 0, or 3 where it did not start."""
    return _started(lambda: _run(load()))


def serve_with(settings: Settings) -> int:
    """The same with settings that are no longer to be read."""
    return _started(lambda: _run(settings))


def demo(*, devices: int, rate: float) -> int:
    """Run the hub and, in a process of its own, a simulated fleet at its broker; the exit code as for `serve`."""

    def work() -> None:
        settings = load()
        with _fleet(broker_url(settings), "--devices", str(devices), "--rate", str(rate)):
            _run(settings)

    return _started(work)


def _run(settings: Settings) -> None:
    from hub.app import run  # noqa: PLC0415 - it takes seconds: a wrong setting is said before

    run(settings)


def _started(work: Callable[[], None]) -> int:
    try:
        work()
    except HubError as error:
        sys.stderr.write(f"hub: {error}\n")
        return NOT_STARTED
    return 0


@contextmanager
def _fleet(url: str, *arguments: str) -> Iterator[None]:
    if importlib.util.find_spec("simulators") is None:
        raise Unavailable("The simulators are not beside the hub: run this in a checkout, or install the hub's wheel.")
    argv = [sys.executable, "-m", "hub.fleet_process", *arguments]
    # A Ctrl-C is for the hub; the fleet ends when its standard input does, even where the hub is killed.
    # The URL may hold a password, which must not be among the arguments that everybody can read.
    fleet = subprocess.Popen(  # noqa: S603 - our own program
        argv, stdin=subprocess.PIPE, start_new_session=True, env=os.environ | {"SIMULATORS_MQTT": url}
    )
    try:
        yield
    finally:
        try:
            fleet.communicate(timeout=STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            fleet.kill()
            fleet.wait()


def broker_url(settings: Settings) -> str:
    """Where devices of this machine find the broker."""
    if settings.mqtt_url is not None:
        return settings.mqtt_url
    host, _, port = settings.mqtt_listen.rpartition(":")
    return f"mqtt://{_ANY_ADDRESS.get(host, host)}:{port}"
