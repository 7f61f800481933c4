import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from hub.cli_serve import broker_url
from hub.settings import Settings
from tests.hub_command import hub, isolate, sentence
from tests.servers import free_port

DEVICES = 6


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    isolate(monkeypatch, tmp_path)


def test_a_bad_setting_keeps_the_hub_from_starting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB_HTTP_PORT", "x")
    for command in ("serve", "demo"):
        code, printed, errors = hub(command)
        assert (code, printed) == (3, "")
        assert sentence(errors)
        assert "HUB_HTTP_PORT" in errors


@pytest.mark.parametrize(
    ("changes", "url"),
    [
        ({}, "mqtt://127.0.0.1:1883"),
        ({"mqtt_listen": "0.0.0.0:1884"}, "mqtt://127.0.0.1:1884"),
        ({"mqtt_listen": "[::]:1884"}, "mqtt://[::1]:1884"),
        ({"mqtt_url": "mqtts://broker"}, "mqtts://broker"),
    ],
)
def test_where_devices_of_this_machine_find_the_broker(changes: dict[str, Any], url: str) -> None:
    assert broker_url(Settings(**changes)) == url


def test_a_port_that_is_taken_keeps_the_hub_from_starting(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        monkeypatch.setenv("HUB_HTTP_PORT", str(taken.getsockname()[1]))
        code, printed, errors = hub("serve")
    assert (code, printed) == (3, "")
    assert sentence(errors)
    assert "HUB_HTTP_PORT" in errors


def devices(origin: str, token: str) -> list[str]:
    try:
        answer = httpx.get(f"{origin}/api/devices", headers={"Authorization": f"Bearer {token}"})
    except httpx.TransportError:
        return []
    return [entry["device"] for entry in answer.raise_for_status().json()["devices"]]


def wait_for_devices(process: subprocess.Popen[str], origin: str, token: str) -> None:
    end = time.monotonic() + 40
    while len(devices(origin, token)) < DEVICES:
        assert process.poll() is None, "the hub ended"
        assert time.monotonic() < end, "the fleet did not appear"
        time.sleep(0.1)


@contextmanager
def demo(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """`hub demo` that shows its fleet, and the ids of its child processes; killed at the end if it is still there."""
    port = free_port()
    monkeypatch.setenv("HUB_HTTP_PORT", str(port))
    monkeypatch.setenv("HUB_MQTT_LISTEN", f"127.0.0.1:{free_port()}")
    token = hub("token", "--user", "script", "--role", "viewer")[1].strip()
    argv = [sys.executable, "-m", "hub", "demo", "--devices", str(DEVICES), "--rate", "20"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            wait_for_devices(process, f"http://127.0.0.1:{port}", token)
            children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
            assert children
            yield process, children
        finally:
            process.kill()


def wait_until_gone(processes: list[str]) -> None:
    end = time.monotonic() + 20
    while any(Path(f"/proc/{process}").exists() for process in processes):
        assert time.monotonic() < end, "a child process is still there"
        time.sleep(0.05)


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT])
def test_the_demo_shows_a_fleet_and_ends_with_it(monkeypatch: pytest.MonkeyPatch, sent: signal.Signals) -> None:
    with demo(monkeypatch) as (process, children):
        process.send_signal(sent)
        said, _ = process.communicate(timeout=30)
        assert process.returncode == 0, said
        assert "Simulating" in said
        assert "Traceback" not in said
        wait_until_gone(children)


def test_the_fleet_ends_with_a_hub_that_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    with demo(monkeypatch) as (process, children):
        process.kill()
        wait_until_gone(children)
