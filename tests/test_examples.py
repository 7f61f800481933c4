"""The examples run as they are."""

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from hub.auth import Role
from tests.running import Running, running, settings_for, token
from tests.sources import ROOT

DEADLINE_S = 30


@pytest.fixture(name="token_file")
def _token_file(tmp_path: Path) -> Path:
    return written(tmp_path, token("ivan"))


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "token"
    path.write_text(f"{text}\n", encoding="ascii")
    return path


@asynccontextmanager
async def example(name: str, *arguments: object) -> AsyncIterator[Process]:
    argv = [sys.executable, str(ROOT / "examples" / name), *map(str, arguments)]
    process = await asyncio.create_subprocess_exec(*argv, stdout=PIPE, stderr=PIPE)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def output(name: str, *arguments: object) -> tuple[int | None, str, str]:
    async with example(name, *arguments) as process:
        out, err = await asyncio.wait_for(process.communicate(), DEADLINE_S)
        return process.returncode, out.decode(), err.decode()


async def line(process: Process) -> str:
    assert process.stdout is not None
    return (await asyncio.wait_for(process.stdout.readline(), DEADLINE_S)).decode()


async def live(dashboard: Process) -> None:
    """Return when it has subscribed; what comes earlier on standard error is about tries that failed."""
    assert dashboard.stderr is not None
    async with asyncio.timeout(DEADLINE_S):
        while not (await dashboard.stderr.readline()).startswith(b"live from "):
            assert not dashboard.stderr.at_eof()


async def device(hub: Running, count: int) -> list[str]:
    code, out, err = await output("device.py", "--port", hub.mqtt_port, "--count", count, "--every", 0)
    assert (code, err) == (0, "")
    return out.splitlines()


async def test_what_the_device_sends_is_on_the_dashboard(tmp_path: Path, token_file: Path) -> None:
    async with running(settings_for(tmp_path)) as hub:
        options = ["--url", hub.ws_url, "--token-file", token_file, "--filter", "telemetry/+", "--count", 2]
        async with example("dashboard.py", *options) as dashboard:
            await live(dashboard)
            sent = await device(hub, 2)
            shown = [await line(dashboard) for _ in sent]
            assert await asyncio.wait_for(dashboard.wait(), DEADLINE_S) == 0
    assert shown == [f"telemetry/kitchen {payload}\n" for payload in sent]


async def test_the_dashboard_goes_on_after_the_hub_was_away(tmp_path: Path, token_file: Path) -> None:
    settings = settings_for(tmp_path)
    options = ["--url", f"ws://127.0.0.1:{settings.http_port}/ws", "--token-file", token_file, "--count", 4]
    async with example("dashboard.py", *options) as dashboard:
        async with running(settings) as hub:
            await live(dashboard)
            sent = await device(hub, 2)
            shown = [await line(dashboard) for _ in sent]
        async with running(settings) as hub:
            sent += await device(hub, 2)
            shown += [await line(dashboard) for _ in range(2)]
            assert await asyncio.wait_for(dashboard.wait(), DEADLINE_S) == 0
    assert shown == [f"telemetry/kitchen {payload}\n" for payload in sent]


async def test_a_dashboard_that_is_refused_ends_with_the_reason(tmp_path: Path) -> None:
    token_file = written(tmp_path, "forged")
    async with running(settings_for(tmp_path)) as hub:
        code, _, err = await output("dashboard.py", "--url", hub.ws_url, "--token-file", token_file)
    assert code == 1
    assert "3500" in err or "HTTP 401" in err
    assert "Traceback" not in err


async def test_what_is_said_in_a_room_is_read_in_it(tmp_path: Path, token_file: Path) -> None:
    async with running(settings_for(tmp_path)) as hub:
        options = ["--url", hub.ws_url, "--token-file", token_file, "--room", "ops"]
        code, out, err = await output("chat.py", *options, "Door is shut now")
        assert (code, err) == (0, "")
        assert out.startswith("said in chat/ops, at ")
        async with example("chat.py", *options) as reading:
            assert await line(reading) == "ivan: Door is shut now\n"
            assert (await output("chat.py", *options, "And open again"))[0] == 0
            assert await line(reading) == "ivan: And open again\n"


async def test_a_viewer_is_told_that_it_may_not_speak(tmp_path: Path) -> None:
    token_file = written(tmp_path, token("reader", Role.VIEWER))
    async with running(settings_for(tmp_path)) as hub:
        code, out, err = await output("chat.py", "--url", hub.ws_url, "--token-file", token_file, "hello")
    assert (code, out) == (1, "")
    assert "Traceback" not in err
    assert err != ""
