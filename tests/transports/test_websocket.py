"""What only the WebSocket edge has: ways to sign in, verbs in one connection, whatever a client may send."""

import json
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import aiomqtt
import pytest
from websockets.exceptions import ConnectionClosed

from hub.auth import Role
from hub.events import Batch, encode_event
from tests.running import Client, Running, running, settings_for, token


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Running]:
    async with running(settings_for(tmp_path)) as found:
        yield found


async def device_says(hub: Running, device: str, **values: object) -> None:
    async with aiomqtt.Client("127.0.0.1", hub.mqtt_port) as client:
        await client.publish(f"devices/{device}/telemetry", json.dumps(values), qos=1)


async def append(hub: Running, *topics: str, **data: object) -> None:
    pieces = [encode_event(topic, 1, data) for topic in topics]
    await hub.hub.engine.publish(Batch.of(topics, [1] * len(topics), pieces))


async def test_a_device_is_on_the_dashboard(hub: Running) -> None:
    async with Client.connected(hub.ws_url, auth=token()) as client:
        assert client.connection.subprotocol == "hub.v1.json"
        reply = await client.subscribe("telemetry/+", "connectivity/+", "device/+")
        assert reply["ok"]
        await device_says(hub, "kitchen", temperature=21.5, open=False, mode="eco")
        await client.receive_until(lambda c: len(c.events) == 3)
        assert client.on("telemetry/kitchen") == [{"temperature": 21.5, "open": False, "mode": "eco"}]
        assert [data["state"] for data in client.on("connectivity/kitchen")] == ["online"]
        assert client.on("device/kitchen")[0]["family"] == "json"


@pytest.mark.parametrize("way", ["header", "subprotocol", "cookie", "frame"])
async def test_every_way_to_sign_in(hub: Running, way: str) -> None:
    options: dict[str, object] = {}
    if way == "header":
        options["additional_headers"] = {"Authorization": f"Bearer {token()}"}
    elif way == "subprotocol":
        options["subprotocols"] = ["hub.v1.json", f"bearer.{token()}"]
    elif way == "cookie":
        options["additional_headers"] = {"Cookie": f"other=1; hub_token={token()}"}
        options["origin"] = hub.origin
    async with Client.connected(hub.ws_url, auth=token() if way == "frame" else None, **options) as client:
        assert (await client.subscribe("chat/ops"))["ok"]
        assert client.connection.subprotocol == "hub.v1.json"


async def test_auth_says_who_and_until_when(hub: Running) -> None:
    async with Client.connected(hub.ws_url) as client:
        reply = await client.ask({"type": "auth", "token": token("ivan", Role.ADMIN)})
        assert (reply["user"], reply["role"]) == ("ivan", "admin")
        assert isinstance(reply["expires"], int)


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        (token(ttl_s=-10), 3005),
        (token(secret="another-hub's"), 3500),
        ("not a token", 3500),
        (token()[:-4] + "AAAA", 3500),
        ("", 3500),
    ],
)
async def test_a_token_that_does_not_hold_closes(hub: Running, bad: str, code: int) -> None:
    async with Client.connected(hub.ws_url) as client:
        await client.connection.send(json.dumps({"type": "auth", "id": 1, "token": bad}))
        assert (await client.closed())[0] == code


async def test_a_session_ends_with_its_token_unless_renewed(hub: Running) -> None:
    hub.hub.node.grace_s = 0
    hub.hub.node.grace_s = 0
    async with (
        Client.connected(hub.ws_url, auth=token(ttl_s=2)) as ends,
        Client.connected(hub.ws_url, auth=token(ttl_s=2)) as renewed,
    ):
        assert (await renewed.ask({"type": "auth", "token": token(ttl_s=3600)}))["ok"]
        refused = await renewed.ask({"type": "auth", "token": token("ivan")})
        assert refused["error"]["name"] == "permission_denied"
        assert (await ends.closed())[0] == 3005
        assert (await renewed.subscribe("a"))["ok"]


async def test_verbs_need_a_sign_in(hub: Running) -> None:
    async with Client.connected(hub.ws_url) as client:
        assert (await client.subscribe("a"))["error"]["name"] == "unauthorized"


async def test_no_sign_in_in_time(hub: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.transports.websocket.AUTH_TIMEOUT_S", 0.05)
    async with Client.connected(hub.ws_url) as client:
        assert (await client.closed())[0] == 3502


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1"])
async def test_a_foreign_page_may_not_connect(hub: Running, origin: str) -> None:
    headers = {"Cookie": f"hub_token={token()}"}
    async with Client.connected(hub.ws_url, origin=origin, additional_headers=headers) as client:
        assert (await client.closed())[0] == 3507


async def test_chat_between_two(hub: Running) -> None:
    async with (
        Client.connected(hub.ws_url, auth=token("anna")) as anna,
        Client.connected(hub.ws_url, auth=token("ivan")) as ivan,
    ):
        for client in (anna, ivan):
            await client.subscribe("chat/ops")
        assert (await anna.publish("chat/ops", {"text": "Дверь закрыта"}))["ok"]
        reply = await ivan.publish("chat/ops", {"text": "good", "author": "anna"})
        assert reply["position"]
        for client in (anna, ivan):
            await client.receive_until(lambda c: len(c.events) == 2)
            said = [(data["author"], data["text"]) for data in client.on("chat/ops")]
            assert said == [("anna", "Дверь закрыта"), ("ivan", "good")]


async def test_unsubscribed_is_silent(hub: Running) -> None:
    async with Client.connected(hub.ws_url, auth=token()) as client:
        await client.subscribe("a", "b")
        assert (await client.ask({"type": "unsubscribe", "filters": ["a", "never"]}))["ok"]
        await append(hub, "a", "b")
        await client.receive_until(lambda c: len(c.events) == 1)
        assert client.events[0]["topic"] == "b"


async def test_a_session_has_a_limit_of_filters(hub: Running) -> None:
    async with Client.connected(hub.ws_url, auth=token()) as client:
        assert (await client.subscribe(*[f"a/{n}" for n in range(128)]))["ok"]
        assert (await client.subscribe("b"))["error"]["name"] == "limit_exceeded"
        assert (await client.subscribe("a/1"))["ok"]


@pytest.mark.parametrize("text", ["{", "[1]", "null", '"auth"'])
async def test_what_is_no_frame_closes(hub: Running, text: str) -> None:
    async with Client.connected(hub.ws_url, auth=token()) as client:
        await client.connection.send(text)
        assert (await client.closed())[0] == 3501


async def test_binary_closes(hub: Running) -> None:
    async with Client.connected(hub.ws_url, auth=token()) as client:
        await client.connection.send(b"\x00\x01")
        assert (await client.closed())[0] == 3501


async def test_a_frame_of_a_mebibyte_closes(hub: Running) -> None:
    async with Client.connected(hub.ws_url, auth=token()) as client:
        with suppress(ConnectionClosed):
            await client.connection.send("x" * 2**20)
        assert (await client.closed())[0] == 1009


async def test_bad_frames_get_a_reply_and_others_lose_nothing(hub: Running) -> None:
    async with (
        Client.connected(hub.ws_url, auth=token()) as bad,
        Client.connected(hub.ws_url, auth=token()) as other,
    ):
        await other.subscribe("telemetry/#")
        refused: list[tuple[dict[str, Any], str]] = [
            ({"type": "steal"}, "unknown_verb"),
            ({"type": "subscribe", "filters": ["a/#/b"]}, "invalid_filter"),
            ({"type": "subscribe", "filters": ["/".join("a" * 300)]}, "invalid_filter"),
            ({"type": "subscribe", "filters": [""]}, "invalid_filter"),
            ({"type": "subscribe", "filters": "a"}, "bad_request"),
            ({"type": "publish", "topic": "", "data": {}}, "invalid_topic"),
        ]
        for frame, name in refused:
            reply = await bad.ask(frame)
            assert reply["error"]["name"] == name
            await append(hub, "telemetry/kitchen", name=name)
        await other.receive_until(lambda c: len(c.events) == 6)
