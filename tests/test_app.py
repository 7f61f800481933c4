"""The composed hub over HTTP, and what it says of itself."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest

from hub.api import dashboard
from hub.app import greeting, open_hub
from hub.errors import HubError, Unavailable
from hub.mqtt.mqtt5_client import Mqtt5Client
from hub.observability.metrics import METRICS
from hub.server import bind
from tests.running import DEADLINE_S, Client, Running, running, settings_for, token, until
from tests.servers import free_port, mosquitto


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Running]:
    async with running(settings_for(tmp_path)) as found:
        yield found


@pytest.fixture
async def http(hub: Running) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=hub.origin, timeout=DEADLINE_S) as client:
        yield client


async def test_alive_and_ready(http: httpx.AsyncClient) -> None:
    assert (await http.get("/health/live")).json() == {"status": "alive"}
    answer = await http.get("/health/ready")
    assert (answer.status_code, answer.json()["status"]) == (200, "ready")
    again = await http.get("/health/ready")
    assert again.json() == answer.json()


async def test_not_ready_says_which_hop(hub: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.readiness.FRESH_S", 0)
    monkeypatch.setattr("hub.readiness.TIMEOUT_S", 0.2)
    check = hub.hub.readiness
    client = check.client
    assert isinstance(client, Mqtt5Client)
    check.forget_client()
    assert "broker has not answered" in (await check.check()).reason
    check.client = client
    ingest = hub.hub.ingest
    assert ingest is not None
    monkeypatch.setattr(hub.hub.engine, "publish", lambda _batch, **_: asyncio.sleep(3600))
    assert "did not come back" in (await check.check()).reason
    hub.hub.node.ready.clear()
    assert "caught up" in (await check.check()).reason
    hub.hub.node.ready.set()
    await client.__aexit__(None, None, None)
    assert "Not subscribed" in (await check.check()).reason


async def test_a_process_without_ingest_is_ready_by_its_log(tmp_path: Path) -> None:
    settings = settings_for(tmp_path, roles=frozenset({"api"}))
    async with running(settings) as hub, httpx.AsyncClient(base_url=hub.origin) as http:
        assert (await http.get("/health/ready")).status_code == 200
        headers = {"Authorization": f"Bearer {token()}"}
        status = (await http.get("/api/status", headers=headers)).json()
        assert status["mqtt"]["connected"] is None
        assert (await http.get("/metrics")).status_code == 200
        assert greeting(hub.hub)[0].startswith("Hub ")


async def test_every_metric_is_there(hub: Running, http: httpx.AsyncClient) -> None:
    async with Client.connected(hub.ws_url, auth=token()) as client:
        await client.subscribe("chat/ops")
        await client.publish("chat/ops", {"text": "hello"})
        await client.receive_until(lambda c: len(c.events) == 1)
        text = (await http.get("/metrics")).text
    for metric in METRICS:
        assert f"# HELP {metric.name}" in text
    assert "hub_sessions 1.0" in text
    assert "hub_mqtt_connected 1.0" in text


async def test_status_says_where_devices_go(hub: Running, http: httpx.AsyncClient) -> None:
    status = (await http.get("/api/status", headers={"Authorization": f"Bearer {token()}"})).json()
    assert status["mqtt"] | {"since": 0} == {
        "url": f"mqtt://127.0.0.1:{hub.mqtt_port}",
        "connected": True,
        "since": 0,
        "reason": "",
    }
    assert status["engine"]["name"] == "local"


async def test_the_dashboard_is_one_document(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    static = tmp_path / "static"
    (static / "assets").mkdir(parents=True)
    (static / "index.html").write_text("<title>Hub</title>")
    (static / "favicon.svg").write_text("<svg/>")
    (static / "assets" / "main-1234.js").write_text("1")
    (tmp_path / "secret").write_text("no")
    monkeypatch.setattr(dashboard, "STATIC", static)
    async with running(settings_for(tmp_path)) as hub, httpx.AsyncClient(base_url=hub.origin) as http:
        for path in ("/", "/devices/kitchen", "/chat/ops"):
            answer = await http.get(path)
            assert (answer.status_code, answer.text) == (200, "<title>Hub</title>")
            assert answer.headers["cache-control"] == "no-cache"
            assert "default-src 'self'" in answer.headers["content-security-policy"]
        assert (await http.get("/favicon.svg")).headers["content-type"].startswith("image/svg")
        assert "immutable" in (await http.get("/assets/main-1234.js")).headers["cache-control"]
        assert (await http.get("/assets/gone.js")).status_code == 404
        assert (await http.get("/%2e%2e/secret")).text == "<title>Hub</title>"
        missing = await http.get("/api/nothing")
        assert (missing.status_code, missing.json()["error"]["name"]) == (404, "not_found")


async def test_a_dashboard_that_is_not_built_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dashboard, "STATIC", tmp_path)
    async with running(settings_for(tmp_path)) as hub, httpx.AsyncClient(base_url=hub.origin) as http:
        answer = await http.get("/")
        assert answer.status_code == 503
        assert "make build" in answer.text


async def test_the_first_start_gives_a_link_that_works_once(hub: Running, http: httpx.AsyncClient) -> None:
    (line,) = [line for line in greeting(hub.hub) if "#code=" in line]
    admin = {"code": line.partition("#code=")[2], "name": "anna", "password": "a long enough password"}
    answer = await http.post("/api/sign-in/link", json=admin)
    assert answer.json()["role"] == "admin"
    assert (await http.get("/api/me")).json()["user"] == "anna"
    assert (await http.post("/api/sign-in/link", json=admin)).status_code == 403
    assert not [line for line in greeting(hub.hub) if "#code=" in line]


async def test_a_broker_that_answers_is_used(tmp_path: Path) -> None:
    with mosquitto(tmp_path / "mosquitto") as broker:
        settings = settings_for(tmp_path)
        unset: dict[str, object] = settings.model_dump(exclude={"mqtt_listen"})
        chosen = type(settings).model_construct(set(unset), **unset, mqtt_listen=f"127.0.0.1:{broker.port}")
        async with running(chosen) as hub:
            assert hub.hub.broker is not None
            assert hub.hub.broker.shown == f"mqtt://127.0.0.1:{broker.port}"


async def test_a_broker_that_comes_later_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.broker_choice.PROBE_AGAIN_S", 0.05)
    with mosquitto(tmp_path / "mosquitto") as broker:
        broker.stop()
        settings = settings_for(tmp_path, mqtt_url=f"mqtt://127.0.0.1:{broker.port}")
        async with AsyncExitStack() as stack:
            hub = await open_hub(settings, stack)
            await until(hub.node.ready.is_set)
            broker.start()
            await until(lambda: hub.ingest is not None and hub.ingest.connected)


async def test_what_keeps_it_from_starting_is_said(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        url = f"postgresql://anna:secret@127.0.0.1:{free_port()}/hub"
        with pytest.raises(HubError, match=r"postgresql://127\.0\.0\.1:\d+/hub does not take it"):
            await open_hub(settings_for(tmp_path, store_url=url), stack)
    (tmp_path / "file").write_text("")
    async with AsyncExitStack() as stack:
        with pytest.raises(HubError, match="HUB_DATA_DIR"):
            await open_hub(settings_for(tmp_path, data_dir=tmp_path / "file" / "data"), stack)


async def test_a_damaged_file_does_not_keep_it_from_starting(tmp_path: Path) -> None:
    settings = settings_for(tmp_path).prepare()
    settings.store_path.write_bytes(b"no database" * 100)
    async with AsyncExitStack() as stack:
        hub = await open_hub(settings, stack)
        assert await hub.users.list() == []
    assert [path.read_bytes() for path in tmp_path.rglob("hub.db.damaged-*")] == [b"no database" * 100]


def test_a_port_that_is_taken_is_said() -> None:
    port = free_port()
    with socket.create_server(("127.0.0.1", port)), pytest.raises(Unavailable, match="HUB_HTTP_PORT"):
        bind("127.0.0.1", port)
