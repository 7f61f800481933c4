"""`hub tail` and `hub publish` against a whole hub."""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from hub.auth import Role
from hub.cli_client import address
from tests.hub_command import hub, isolate, sentence
from tests.running import DEADLINE_S, Running, running, settings_for, token, until
from tests.servers import free_port


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    isolate(monkeypatch, tmp_path)


@pytest.fixture
async def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Running]:
    async with running(settings_for(tmp_path / "hub")) as found:
        monkeypatch.setenv("HUB_URL", found.origin)
        monkeypatch.setenv("HUB_TOKEN", token())
        yield found


async def command(*arguments: str) -> tuple[int, str, str]:
    return await asyncio.to_thread(hub, *arguments)


@asynccontextmanager
async def tailing(*arguments: str) -> AsyncIterator[Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "hub", "tail", *arguments, stdout=PIPE, stderr=PIPE
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def line(process: Process) -> str:
    assert process.stdout is not None
    return (await asyncio.wait_for(process.stdout.readline(), DEADLINE_S)).decode()


async def test_what_is_published_is_printed(served: Running) -> None:
    async with tailing("--filter", "chat/#", "--filter", "alarm/#", "--count", "2") as process:
        await until(lambda: any("chat/#" in session.filters for session in served.hub.node.sessions))
        code, position, errors = await command("publish", "chat/ops", '{"text": "Дверь"}')
        assert (code, errors) == (0, "")
        await command("publish", "chat/ops", '{"text": "again"}')
        time, topic, data = (await line(process)).split(" ", 2)
        assert (len(time), topic, json.loads(data)["text"]) == (8, "chat/ops", "Дверь")
        assert "again" in await line(process)
        assert await asyncio.wait_for(process.wait(), DEADLINE_S) == 0
    async with tailing("--filter", "chat/+", "--since", position.strip(), "--json", "--count", "1") as process:
        missed = json.loads(await line(process))
        assert (missed["topic"], missed["data"]["text"]) == ("chat/ops", "again")
        assert missed["position"] != position.strip()
    async with tailing("--filter", "chat/+", "--snapshot", "--json", "--count", "2") as process:
        first, second = [json.loads(await line(process)) for _ in range(2)]
        assert (first["snapshot"], "position" in first, "position" in second) == (True, False, True)


async def test_a_lost_link_and_what_is_missing_are_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_for(tmp_path / "hub")
    token_file = tmp_path / "token"
    token_file.write_text(token() + "\n")
    monkeypatch.setenv("HUB_HTTP_PORT", str(settings.http_port))
    async with tailing("--token-file", str(token_file), "--json", "--filter", "chat/#") as process:
        assert process.stderr is not None
        async with running(settings) as found:
            await until(lambda: any("chat/#" in session.filters for session in found.hub.node.sessions))
        for file in (tmp_path / "hub" / "data").glob("log.db*"):
            file.unlink()
        async with running(settings):
            said = ""
            while "missing" not in said:
                said = (await asyncio.wait_for(process.stderr.readline(), DEADLINE_S)).decode()
            assert json.loads(await line(process)) == {"gap": True}


@pytest.mark.parametrize(
    "arguments",
    [
        ("publish", "chat/ops", "hello"),
        ("publish", "chat/ops", "[1]"),
        ("publish", "chat/#", "{}"),
        ("publish", "chat/ops", "{}", "--token-file", "nowhere"),
        ("tail", "--filter", "a/#/b"),
        ("tail", "--since", "yesterday"),
        ("tail", "--url", "ftp://hub.test"),
    ],
)
async def test_what_can_not_be_done_is_one_sentence(served: Running, arguments: tuple[str, ...]) -> None:
    code, printed, errors = await command(*arguments)
    assert (code, printed) == (1, "")
    assert sentence(errors), errors
    del served


async def test_a_viewer_may_not_publish(served: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB_TOKEN", token(role=Role.VIEWER))
    code, _, errors = await command("publish", "chat/ops", '{"text": "hello"}')
    assert code == 1
    assert sentence(errors)
    del served


def test_without_a_token_or_a_hub_there_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "HUB_TOKEN" in hub("tail")[2]
    monkeypatch.setenv("HUB_TOKEN", token())
    code, _, errors = hub("publish", "chat/ops", "{}", "--url", f"http://127.0.0.1:{free_port()}")
    assert code == 1
    assert "nothing was sent" in errors
    assert sentence(errors)


def test_where_the_hub_is(monkeypatch: pytest.MonkeyPatch) -> None:
    assert address(None) == "http://127.0.0.1:8000"
    monkeypatch.setenv("HUB_HTTP_PORT", "8123")
    assert address(None) == "http://127.0.0.1:8123"
    monkeypatch.setenv("HUB_URL", "https://hub.test")
    assert address(None) == "https://hub.test"
    assert address("wss://hub.test/ws") == "wss://hub.test/ws"
