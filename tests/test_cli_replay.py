"""`hub replay`: a file in a hub of its own, and played into a hub that runs."""

import asyncio
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from hub.auth import Role
from hub.cli import FAILED, main
from hub.cli_replay import fill, own, paced
from hub.events import Position, encode_event
from hub.incident import INCIDENT, Manifest, Writer
from hub.incident_file import writing
from hub.settings import load
from tests.hub_command import hub, isolate
from tests.running import Client, running, settings_for, token
from tests.servers import free_port

NOW = time.time_ns() // 1_000_000


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    isolate(monkeypatch, tmp_path)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    writer, made = Writer(), tmp_path / "a.hubz"
    with writing(made) as put:
        put(writer.manifest(Manifest(INCIDENT, "0.1.0", NOW)))
        put(writer.latest(encode_event("device/kitchen", 1, {"name": "The kitchen"})))
        for n in range(1, 11):
            put(writer.placed(Position("e", n), encode_event("telemetry/kitchen", NOW + 20 * n, {"n": n})))
        put(writer.placed(Position("e", 11), encode_event("chat/ops", NOW + 220, {"text": "hot", "author": "otto"})))
        put(writer.placed(Position("e", 12), encode_event("alarm/kitchen/hot", NOW + 230, {"state": "raised"})))
        put(writer.placed(Position("e", 9), encode_event("raw/gh/1", NOW, {"payload": "?"}), kind="raw"))
        put(writer.end())
    return made


async def test_a_hub_of_its_own_shows_what_is_in_the_file(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUB_HTTP_PORT", str(free_port()))
    monkeypatch.setenv("HUB_HTTP_HOST", "0.0.0.0")
    monkeypatch.setenv("HUB_STORE_URL", "postgresql://nobody.example/hub")
    monkeypatch.setenv("HUB_MQTT_URL", "mqtt://nobody.example")
    settings = own(load(), tmp_path / "own").prepare()
    assert settings.http_host == "127.0.0.1"
    assert await fill(settings, path) == Position("e", 12)
    settings = settings.model_copy(update={"auth_secret": settings_for(tmp_path).auth_secret})
    async with running(settings) as served:
        assert served.hub.broker is None
        signed = {"Authorization": f"Bearer {token(role=Role.ADMIN)}"}
        async with httpx.AsyncClient(base_url=served.origin, headers=signed) as http:
            asked: dict[str, str | int] = {"device": "kitchen", "from": NOW, "to": NOW + 1000}
            answer = (await http.get("/api/history", params=asked)).json()
        assert [value for _, value in answer["series"][0]["points"]] == list(range(1, 11))
        async with Client.connected(served.ws_url, auth=token(role=Role.ADMIN)) as client:
            await client.subscribe("#", snapshot=True)
            await client.receive_until(lambda one: bool(one.on("chat/ops")))
            assert client.on("telemetry/kitchen") == [{"n": 10}]
            assert client.on("device/kitchen")[0]["name"] == "The kitchen"
            assert [topic for topic in ("raw/gh/1", "alarm/kitchen/hot") if not client.on(topic)] == []


async def test_it_is_played_into_a_hub_that_runs(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(settings_for(tmp_path / "hub")) as served:
        monkeypatch.setenv("HUB_TOKEN", token(role=Role.ADMIN))
        async with Client.connected(served.ws_url, auth=token("viewer")) as client:
            await client.subscribe("telemetry/#", "chat/#")
            play = asyncio.to_thread(hub, "replay", str(path), "--url", served.origin, "--speed", "50")
            code, said, errors = await play
            assert (code, errors) == (0, "")
            assert said.startswith("11 events of")
            assert "; 1 are not for others to say" in said
            await client.receive_until(lambda one: bool(one.on("chat/ops")))
            assert [data["n"] for data in client.on("telemetry/kitchen")] == list(range(1, 11))
            assert client.on("chat/ops")[0]["text"] == "otto: hot"


async def test_who_may_not_publish_is_told(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(settings_for(tmp_path / "hub")) as served:
        monkeypatch.setenv("HUB_TOKEN", token(role=Role.VIEWER))
        code, said, errors = await asyncio.to_thread(hub, "replay", str(path), "--url", served.origin)
        assert (code, said) == (FAILED, "")
        assert errors.startswith("hub: ")


async def test_distances_are_those_of_the_file_and_what_came_late_waits_for_nothing() -> None:
    loop = asyncio.get_running_loop()
    times = (NOW, NOW + 60_000, NOW - 10**9, NOW + 60_000, NOW + 90_000)
    begun = loop.time()
    events = ({"topic": "a", "time": at, "data": {}} for at in times)
    assert [event["time"] async for event in paced(events, speed=1_000)] == list(times)
    assert loop.time() - begun >= 0.09


def test_what_can_t_be_played(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", str(path), "--url", "http://127.0.0.1:1", "--speed", "0"]) == FAILED
    assert "--speed is a number above 0" in capsys.readouterr().err
    path.write_bytes(path.read_bytes()[:-9])
    assert main(["replay", str(path)]) == FAILED
    assert capsys.readouterr().err.startswith("hub: ")


def test_the_command_says_where_to_look_and_leaves_nothing_behind(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port, places = str(free_port()), tmp_path / "temporary"
    places.mkdir()
    monkeypatch.setenv("HUB_HTTP_PORT", port)
    monkeypatch.setenv("TMPDIR", str(places))
    argv = [sys.executable, "-m", "hub", "replay", str(path)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, env=os.environ) as process:
        assert process.stdout is not None
        said = process.stdout.readline() + process.stdout.readline()
        with httpx.Client(transport=httpx.HTTPTransport(retries=10)) as http:
            while http.get(f"http://127.0.0.1:{port}/health/live").status_code != httpx.codes.OK:
                pass
        process.send_signal(signal.SIGTERM)
        said += process.stdout.read()
    assert f"http://127.0.0.1:{port}/?at=e-12" in said
    assert re.search(rf"^Hub .*: http://127.0.0.1:{port}$", said, re.MULTILINE)
    assert list(places.iterdir()) == []
