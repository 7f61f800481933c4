"""Who gets in and how he is put out again, on whole hubs: API keys, tickets, revocation on every node, the audit."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from hub.auth import Role
from hub.store.access_tables import AccessTables
from hub.store.base import User
from hub.store.database_sqlite import SqliteDatabase
from tests.issuers import issuer, key_pair
from tests.running import BROKERLESS, Client, Running, running, settings_for, token, until
from tests.servers import Server, redis_server


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Running]:
    async with running(settings_for(tmp_path, roles=BROKERLESS)) as found:
        yield found


async def ask(hub: Running, method: str, path: str, body: object = None, *, auth: str | None = None) -> httpx.Response:
    headers = {"Authorization": f"Bearer {auth or token('boss', Role.ADMIN)}"}
    async with httpx.AsyncClient(base_url=hub.origin, headers=headers) as client:
        return await client.request(method, path, json=body)


async def new_key(hub: Running, **fields: object) -> tuple[str, str]:
    """Secret and id of a new API key."""
    made = await ask(hub, "POST", "/api/keys", {"name": "script", "role": "operator", **fields})
    assert made.status_code == 201, made.text
    return made.json()["secret"], made.json()["id"]


async def ticket(hub: Running, auth: str) -> str:
    given: str = (await ask(hub, "POST", "/api/tickets", auth=auth)).json()["ticket"]
    return given


async def test_an_api_key_is_a_token_everywhere_until_it_is_revoked(hub: Running) -> None:
    secret, key_id = await new_key(hub, subscribe=["telemetry/+", "chat/ops"])
    header = {"Authorization": f"Bearer {secret}"}
    async with (
        Client.connected(hub.ws_url, auth=secret) as by_frame,
        Client.connected(hub.ws_url, additional_headers=header) as by_header,
        httpx.AsyncClient(base_url=hub.origin, headers=header) as http,
        http.stream("GET", "/events", params={"filter": "telemetry/+"}) as stream,
    ):
        assert stream.status_code == 200
        for client in (by_frame, by_header):
            assert (await client.subscribe("telemetry/kitchen"))["ok"]
        assert (await by_frame.subscribe("#"))["error"]["name"] == "permission_denied"
        assert (await by_frame.publish("chat/ops", {"text": "hello"}))["ok"]
        assert (await ask(hub, "DELETE", f"/api/keys/{key_id}")).status_code == 204
        for client in (by_frame, by_header):
            assert (await client.closed())[0] == 3500
        assert "invalid_token" in "".join([part async for part in stream.aiter_text()])
        assert (await http.get("/api/me")).status_code == 401


async def test_a_ticket_opens_one_connection(hub: Running) -> None:
    auth = token("ivan")
    once = await ticket(hub, auth)
    async with Client.connected(f"{hub.ws_url}?ticket={once}") as client:
        assert (await client.publish("chat/ops", {"text": "hello"}))["ok"]
    async with Client.connected(f"{hub.ws_url}?ticket={once}") as client:
        assert (await client.closed())[0] == 3500
    once = await ticket(hub, auth)
    async with httpx.AsyncClient(base_url=hub.origin) as http:
        params = {"filter": "chat/+", "ticket": once}
        async with http.stream("GET", "/events", params=params) as stream:
            assert stream.status_code == 200
        assert (await http.get("/events", params=params)).status_code == 401
        assert (await http.get("/api/me", params={"ticket": await ticket(hub, auth)})).status_code == 401


async def test_tickets_are_taken_once_however_many_try(hub: Running) -> None:
    once = await ticket(hub, token("ivan"))

    async def try_it() -> bool:
        async with Client.connected(f"{hub.ws_url}?ticket={once}") as client:
            await client.connection.send('{"type":"subscribe","id":1,"filters":["chat/ops"]}')
            try:
                return bool((await client.receive())["ok"])
            except Exception:  # noqa: BLE001 - closed, in whichever way
                return False

    assert (await asyncio.gather(*(try_it() for _ in range(8)))).count(True) == 1


async def test_what_the_command_line_revokes_ends_too(hub: Running) -> None:
    secret, key_id = await new_key(hub)
    async with (
        SqliteDatabase(hub.hub.settings.store_path) as opened,
        Client.connected(hub.ws_url, auth=secret) as client,
    ):
        await AccessTables(opened).remove_key(key_id)
        assert (await client.closed())[0] == 3500


async def test_a_changed_user_signs_in_anew(hub: Running) -> None:
    await hub.hub.users.add(User("anna", "operator", "hash", 1))
    old = token("anna")
    async with Client.connected(hub.ws_url, auth=old) as client:
        assert (await ask(hub, "PATCH", "/api/users/anna", {"role": "viewer"})).status_code == 200
        code, reason = await client.closed()
        assert (code, "revoked" in reason) == (3500, True)
    assert (await ask(hub, "GET", "/api/me", auth=old)).json()["error"]["name"] == "invalid_token"


async def test_only_admins_see_the_audit_whatever_they_subscribe_to(hub: Running) -> None:
    async with (
        Client.connected(hub.ws_url, auth=token("anna")) as anna,
        Client.connected(hub.ws_url, auth=token("boss", Role.ADMIN)) as boss,
    ):
        for client in (anna, boss):
            assert (await client.subscribe("#"))["ok"]
        assert (await anna.subscribe("system/audit/+"))["error"]["name"] == "permission_denied"
        assert (await anna.subscribe("system/access"))["error"]["name"] == "permission_denied"
        assert (await anna.publish("telemetry/kitchen", {"a": 1}))["error"]["name"] == "permission_denied"
        await new_key(hub)
        await boss.receive_until(lambda c: bool(c.on("system/audit/publish") and c.on("system/audit/key")))
        assert boss.on("system/audit/publish") == [{"event": "refused", "user": "anna", "topic": "telemetry/kitchen"}]
        assert boss.on("system/access")[0]["event"] == "key_added"
        await anna.publish("chat/ops", {"text": "now"})
        await anna.receive_until(lambda c: bool(c.on("chat/ops")))
        assert [event["topic"] for event in anna.events if event["topic"].startswith("system/")] == []
        seen = await anna.subscribe("system/#", snapshot=True)
        assert seen["ok"]
        frame = await anna.receive()
        assert [event["topic"] for event in frame["events"] if event["topic"].startswith("system/a")] == []


async def test_a_session_outlives_its_token_by_the_grace(hub: Running) -> None:
    expires_s = int(time.time()) + 1
    async with Client.connected(hub.ws_url, auth=token("ivan", ttl_s=1)) as client:
        await until(lambda: time.time() > expires_s + 2)
        assert (await client.subscribe("chat/ops"))["ok"]
        assert (await client.ask({"type": "auth", "token": token("ivan")}))["ok"]


@pytest.mark.parametrize("way", ["file", "url"])
async def test_tokens_of_another_issuer(tmp_path: Path, way: str) -> None:
    claims = {"sub": "ivan", "role": "viewer", "exp": int(time.time()) + 600, "aud": "hub", "iss": "me"}
    async with issuer() as other:
        pair = other.pairs[0]
        (tmp_path / "keys.pem").write_bytes(pair.pem() + key_pair("EdDSA").pem())
        given: dict[str, Any] = {"auth_audience": "hub", "auth_issuer": "me"}
        given |= {"auth_public_keys": (tmp_path / "keys.pem",)} if way == "file" else {"auth_jwks_url": other.jwks_url}
        async with running(settings_for(tmp_path, **given)) as hub:
            me = await ask(hub, "GET", "/api/me", auth=pair.sign(claims))
            assert me.json()["user"] == "ivan"
            async with Client.connected(hub.ws_url, auth=pair.sign(claims)) as client:
                assert (await client.subscribe("telemetry/+"))["ok"]
            for wrong in ({"aud": "other"}, {"iss": "other"}):
                refused = await ask(hub, "GET", "/api/me", auth=pair.sign({**claims, **wrong}))
                assert refused.json()["error"]["name"] == "invalid_token"
            assert (await ask(hub, "GET", "/api/me", auth=token())).status_code == 401, "its aud is another"


@pytest.fixture
def redis(tmp_path: Path) -> Any:
    with redis_server(tmp_path / "redis") as server:
        yield server


async def test_revocation_reaches_every_node(tmp_path: Path, redis: Server) -> None:
    shared: dict[str, Any] = {"engine_url": f"redis://127.0.0.1:{redis.port}", "data_dir": tmp_path / "data"}
    async with (
        running(settings_for(tmp_path, **shared)) as first,
        running(settings_for(tmp_path, **shared, roles=frozenset({"api"}))) as second,
    ):
        secret, key_id = await new_key(first)
        await until(lambda: second.hub.auth.access._by_digest != {})
        await second.hub.users.add(User("ivan", "operator", "hash", 1))
        async with (
            Client.connected(second.ws_url, auth=secret) as by_key,
            Client.connected(first.ws_url, auth=token("ivan")) as ivan,
        ):
            assert (await by_key.subscribe("#"))["ok"]
            assert (await ask(first, "DELETE", f"/api/keys/{key_id}")).status_code == 204
            assert (await by_key.closed())[0] == 3500
            assert (await ask(second, "DELETE", "/api/users/ivan")).status_code == 204
            assert (await ivan.closed())[0] == 3500
        once = await ticket(first, token("anna"))
        async with Client.connected(f"{second.ws_url}?ticket={once}") as anna:
            assert (await anna.subscribe("chat/ops"))["ok"]
        async with Client.connected(f"{first.ws_url}?ticket={once}") as again:
            assert (await again.closed())[0] == 3500
