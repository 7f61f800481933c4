"""What only Socket.IO has: acknowledgements, its own ways to come back and to stay away, packets that are none."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from hub.events import Batch, encode_event
from hub.transports.not_installed import NotInstalled
from tests.running import BROKERLESS, DEADLINE_S, Running, running, settings_for, token, until
from tests.transports.socketio_client import SocketIoClient

BOTH = pytest.mark.parametrize("transport", ["websocket", "polling"])


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Running]:
    async with running(settings_for(tmp_path, roles=BROKERLESS)) as found:
        yield found


async def append(hub: Running, topic: str, **data: object) -> None:
    await hub.hub.engine.publish(Batch.of([topic], [1], [encode_event(topic, 1, data)]))


def client(hub: Running, *transports: str, **options: Any) -> Any:
    return SocketIoClient.started(hub.origin, **{"transports": transports, "auth": {"token": token()}} | options)


async def test_it_begins_with_polling_and_goes_on_by_websocket(hub: Running) -> None:
    async with client(hub, "polling", "websocket") as sio:
        await sio.told("connected")
        assert (await sio.emit("subscribe", {"filters": ["note/#"]}))["ok"]
        await sio.told("upgraded")
        for n in range(3):
            await append(hub, "note/ops", n=n)
        frames = [(await sio.told("event"))["frame"] for _ in range(3)]
        assert [frame["events"][0]["data"]["n"] for frame in frames] == [0, 1, 2]


@BOTH
async def test_it_comes_back_by_itself_and_misses_nothing(hub: Running, transport: str) -> None:
    async with client(hub, transport) as sio:
        await sio.told("connected")
        since = (await sio.emit("subscribe", {"filters": ["note/#"]}))["position"]
        sio.tell({"drop": True})
        assert (await sio.told("disconnected"))["active"]
        await append(hub, "note/ops", n=1)
        await sio.told("connected")
        reply = await sio.emit("subscribe", {"filters": ["note/#"], "since": since})
        assert reply["recovered"] is True
        assert (await sio.told("event"))["frame"]["events"][0]["data"] == {"n": 1}


@BOTH
async def test_the_acknowledgement_comes_before_the_snapshot(hub: Running, transport: str) -> None:
    await append(hub, "telemetry/kitchen", n=1)
    async with client(hub, transport) as sio:
        await sio.told("connected")
        sio.tell({"verb": "subscribe", "data": {"filters": ["telemetry/+"], "snapshot": True}, "number": 1})
        assert "number" in await sio.told("number", "event")
        assert (await sio.told("event"))["frame"]["snapshot"] is True


async def test_every_verb_is_answered(hub: Running) -> None:
    async with client(hub, "websocket") as sio:
        await sio.told("connected")
        assert (await sio.emit("subscribe", {"filters": ["note/a", "note/b"]}))["ok"]
        assert (await sio.emit("unsubscribe", {"filters": ["note/a"]}))["ok"]
        assert (await sio.emit("auth", {"token": token()}))["user"] == "anna"
        assert (await sio.emit("auth", {"token": token("ivan")}))["error"]["name"] == "permission_denied"
        assert (await sio.emit("presence", {"topic": "chat/ops"}))["ok"]
        assert (await sio.emit("steal", {}))["error"]["name"] == "unknown_verb"
        assert (await sio.emit("subscribe", "note/#"))["error"]["name"] == "bad_request"
        await append(hub, "note/a")
        await append(hub, "note/b")
        assert (await sio.told("event"))["frame"]["events"][0]["topic"] == "note/b"


async def test_who_wants_no_answer_gets_none(hub: Running) -> None:
    async with client(hub, "websocket") as sio:
        await sio.told("connected")
        sio.tell({"verb": "subscribe", "data": {"filters": ["chat/ops"]}, "number": None})
        sio.tell({"verb": "publish", "data": {"topic": "chat/ops", "data": {"text": "hi"}}, "number": None})
        assert (await sio.told("event"))["frame"]["events"][0]["data"]["text"] == "hi"
        assert not sio.waiting


async def test_a_refusal_says_code_and_reason(hub: Running) -> None:
    async with client(hub, "websocket", auth={"token": "forged"}) as sio:
        refused = await sio.told("refused")
        assert refused["data"] == {"code": 113, "name": "invalid_token", "message": refused["refused"]}
    async with client(hub, "polling", auth={}) as sio:
        assert (await sio.told("refused"))["data"]["name"] == "unauthorized"


async def test_another_namespace_is_not_there(hub: Running) -> None:
    async with SocketIoClient.started(f"{hub.origin}/admin", auth={"token": token()}) as sio:
        assert await sio.told("refused")


# Without the official client


async def opened(hub: Running, connection: ClientConnection, *, signed: bool) -> None:
    assert str(await connection.recv()).startswith("0{")
    if signed:
        await connection.send(f"40{json.dumps({'token': token()})}")
        assert str(await connection.recv()).startswith("40{")
        assert len(hub.hub.node.sessions) == 1


def socket_url(hub: Running) -> str:
    return f"ws://127.0.0.1:{hub.http_port}/socket.io/?EIO=4&transport=websocket"


NO_PACKETS: list[str | bytes] = [
    "4",
    "4{}",
    "4[]",
    "49[]",
    "4x",
    "42[]",
    "42{}",
    "42",
    "42[1]",
    '42["a",1,2]',
    f'42{"9" * 30}["a"]',
    "42" + "[" * 60_000,
    '451-["a",{"_placeholder":true,"num":0}]',
    "44{}",
    b"\x00",
]
"""Empty, of no known type, events without a verb or with two arguments, an endless number, binary, …"""


async def test_what_is_no_packet_closes(hub: Running) -> None:
    for packet in NO_PACKETS:
        async with connect(socket_url(hub)) as connection:
            await opened(hub, connection, signed=True)
            await connection.send(packet)
            said = str(await connection.recv())
            assert said.startswith('42["close",')
            assert json.loads(said[2:])[1]["code"] == 3501
            assert await connection.recv() == "41"
            assert await connection.recv() == "1"
            with pytest.raises(ConnectionClosed):
                await connection.recv()
        await until(lambda: not hub.hub.node.sessions)


async def test_no_sign_in_in_time(hub: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.transports.socketio.AUTH_TIMEOUT_S", 0.05)
    async with connect(socket_url(hub)) as connection:
        await opened(hub, connection, signed=False)
        with pytest.raises(ConnectionClosed) as closed:
            await connection.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 3502
    async with httpx.AsyncClient(base_url=hub.origin, timeout=DEADLINE_S) as http:
        opening = await http.get("/socket.io/?EIO=4&transport=polling")
        sid = json.loads(opening.text[1:])["sid"]
        await http.get("/socket.io/", params={"EIO": 4, "transport": "polling", "sid": sid})
        assert (await http.get("/socket.io/", params={"EIO": 4, "transport": "polling", "sid": sid})).status_code == 400


async def test_a_hub_without_the_package_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.app.find_spec", lambda _: None)
    async with running(settings_for(tmp_path, roles=BROKERLESS)) as hub:
        async with httpx.AsyncClient(base_url=hub.origin) as http:
            answer = await http.get("/socket.io/?EIO=4&transport=polling")
        assert isinstance(hub.hub.socketio, NotInstalled)
        assert (answer.status_code, answer.json()["error"]["name"]) == (404, "not_found")
        assert "hub[socketio]" in answer.json()["error"]["message"]
        async with SocketIoClient.started(hub.origin, transports=["websocket"]) as sio:
            assert (await sio.told("refused"))["refused"] == "websocket error"
