"""A whole hub whose history and users are in PostgreSQL, also while that is away."""

import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiomqtt
import httpx
import pytest

from hub import backlog, store_choice
from hub import recorder as recorder_module
from hub.auth import Role
from hub.errors import Unavailable
from tests.running import Client, Running, running, settings_for, token, until
from tests.servers import PostgresServer, postgres_server

PER_PHASE = 20


@pytest.fixture
def server() -> Iterator[PostgresServer]:
    with postgres_server() as server:
        yield server


async def say(hub: Running, first: int) -> None:
    async with aiomqtt.Client("127.0.0.1", hub.mqtt_port) as client:
        for n in range(first, first + PER_PHASE):
            await client.publish("devices/meter/telemetry", json.dumps({"n": n}), qos=1)


async def ask(hub: Running, path: str, *, post: Any = None, **params: Any) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token(role=Role.ADMIN)}"}
    async with httpx.AsyncClient(base_url=hub.origin, headers=headers) as http:
        if post is not None:
            return await http.post(f"/api{path}", json=post)
        return await http.get(f"/api{path}", params=params)


async def test_a_database_that_is_away_delays_no_dashboard_and_nothing_is_lost(
    tmp_path: Path, server: PostgresServer
) -> None:
    settings = settings_for(tmp_path, store_url=server.url(server.new_database()))
    async with running(settings) as hub, Client.connected(hub.ws_url, auth=token()) as dashboard:
        assert (await ask(hub, "/users", post={"name": "ivan", "role": "viewer", "password": "x" * 12})).is_success
        await dashboard.subscribe("telemetry/meter")
        for phase, change in enumerate((lambda: None, server.kill, server.start)):
            change()
            await say(hub, phase * PER_PHASE)
            # While it is away too, what devices say is on every screen.
            await dashboard.receive_until(lambda client: len(client.events) >= (phase + 1) * PER_PHASE)  # noqa: B023
            if change == server.kill:
                assert (await ask(hub, "/users")).status_code == 503
        assert [data["n"] for data in dashboard.on("telemetry/meter")] == list(range(3 * PER_PHASE))
        recorder = hub.hub.recorder
        assert recorder is not None
        await until(lambda: recorder.written >= 3 * PER_PHASE and recorder.lag_ms == 0)
        assert recorder.failures > 0
        history = (await ask(hub, "/history", device="meter", key="n", **{"from": 0, "limit": 1000})).json()
        assert [value for _, value in history["series"][0]["points"]] == list(range(3 * PER_PHASE))
        assert [user["name"] for user in (await ask(hub, "/users")).json()["users"]] == ["ivan"]
    # Whatever is not in the data directory comes from the database.
    async with running(settings_for(tmp_path / "other", store_url=settings.store_url)) as hub:
        latest = hub.hub.node.latest.get("telemetry/meter")
        assert latest is not None
        assert json.loads(latest)["data"] == {"n": 3 * PER_PHASE - 1}


async def test_a_database_that_stands_still_is_said_and_caught_up_with(
    tmp_path: Path, server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backlog, "BEHIND_MS", 400)
    monkeypatch.setattr(recorder_module, "LOOK_S", 0.02)
    settings = settings_for(tmp_path, store_url=server.url(server.new_database()))
    async with running(settings) as hub, Client.connected(hub.ws_url, auth=token()) as dashboard:
        recorder = hub.hub.recorder
        assert recorder is not None
        await dashboard.subscribe("telemetry/meter", "system/recorder")
        await say(hub, 0)
        await until(lambda: recorder.written >= PER_PHASE and recorder.lag_ms == 0)
        server.signal_all(signal.SIGSTOP)
        try:
            await say(hub, PER_PHASE)
            # Every screen has it at once, and then the word that history has not.
            await dashboard.receive_until(lambda client: len(client.on("telemetry/meter")) >= 2 * PER_PHASE)
            await dashboard.receive_until(lambda client: len(client.on("system/recorder")) == 1)
            written = recorder.written
        finally:
            server.signal_all(signal.SIGCONT)
        await dashboard.receive_until(lambda client: len(client.on("system/recorder")) == 2)
        assert [data["state"] for data in dashboard.on("system/recorder")] == ["behind", "caught_up"]
        assert written < 2 * PER_PHASE
        await until(lambda: recorder.written >= 2 * PER_PHASE + 2 and recorder.lag_ms == 0)
        history = (await ask(hub, "/history", device="meter", key="n", **{"from": 0, "limit": 1000})).json()
        assert [value for _, value in history["series"][0]["points"]] == list(range(2 * PER_PHASE))
        assert [data["n"] for data in dashboard.on("telemetry/meter")] == list(range(2 * PER_PHASE))


@pytest.mark.parametrize("choose", [store_choice.database, store_choice.event_store, store_choice.step_store])
def test_without_the_driver_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, choose: Any
) -> None:
    monkeypatch.setattr(store_choice, "find_spec", lambda _: None)
    with pytest.raises(Unavailable, match=r"pip install 'hub\[postgres\]'"):
        choose(settings_for(tmp_path, store_url="postgresql:///hub"))
