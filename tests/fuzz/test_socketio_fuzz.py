"""Engine.IO and Socket.IO packets that are broken in every way, by WebSocket and by polling."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.seats import Seats
from tests.fuzz.conftest import Healthy
from tests.fuzz.raw import BINARY, HANDSHAKE, Raw, frame, head, resident_bytes
from tests.running import DEADLINE_S, Running, token, until

PATH = "/socket.io/?EIO=4&transport="
CONNECT = "40" + json.dumps({"token": token()})
SEPARATOR = "\x1e"


@asynccontextmanager
async def by_websocket(hub: Running, *, signed: bool = True) -> AsyncIterator[Raw]:
    """A WebSocket of the engine, at a hub that does not wait long for one who does not close."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("hub.transports.socketio_wire.CLOSE_TIMEOUT_S", 0.5)
        patch.setattr("hub.transports.uvicorn_websocket.CLOSE_TIMEOUT_S", 0.5)
        async with _by_websocket(hub, signed=signed) as raw:
            yield raw


@asynccontextmanager
async def _by_websocket(hub: Running, *, signed: bool) -> AsyncIterator[Raw]:
    async with Raw.connected(hub) as raw:
        raw.send(head(f"GET {PATH}websocket HTTP/1.1", *HANDSHAKE[1:]))
        assert (await raw.reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101")
        if signed:
            raw.send(frame(CONNECT.encode()))
            await raw.reader.readuntil(b'40{"sid"')
        yield raw


class Polling:
    """A client that polls."""

    def __init__(self, http: httpx.AsyncClient, sid: str) -> None:
        self._http = http
        self._asked = {"EIO": "4", "transport": "polling", "sid": sid}

    @classmethod
    @asynccontextmanager
    async def opened(cls, hub: Running, *, signed: bool = True) -> AsyncIterator["Polling"]:
        """A connection of the engine."""
        async with httpx.AsyncClient(base_url=hub.origin, timeout=DEADLINE_S) as http:
            opening = await http.get(f"{PATH}polling")
            polling = cls(http, json.loads(opening.text[1:])["sid"])
            if signed:
                await polling.post(CONNECT.encode())
                assert (await polling.get()).text.startswith('40{"sid"')
            yield polling

    async def post(self, body: bytes, **options: Any) -> httpx.Response:
        """Send packets."""
        return await self._http.post("/socket.io/", params=self._asked, content=body, **options)

    async def get(self) -> httpx.Response:
        """Ask for packets."""
        return await self._http.get("/socket.io/", params=self._asked)


async def left_alone(hub: Running) -> None:
    """Wait until only the healthy client is there, and no guest."""
    await until(lambda: len(hub.hub.node.sessions) == 1 and not hub.hub.node.allowance.guests)


BROKEN: dict[str, str] = {
    "nothing": "",
    "no type": "x",
    "a type that is none": "9",
    "a digit that is none": "²",
    "the server's types": "0{}",
    "a ping": "2",
    "an upgrade of nothing": "5",
    "a message without a type": "4",
    "JSON nested 10,000 deep in the engine": "4" + "[" * 10_000,
    "JSON nested 10,000 deep": '42["a",' + "[" * 10_000 + "]" * 10_000 + "]",
    "cut": '42["subscribe",{"filters":["no',
    "NaN": '42["publish",{"topic":"chat/ops","data":{"text":NaN}}]',
    "half a surrogate pair": '42["publish",{"topic":"chat/ops","data":{"text":"\\ud800"}}]',
    "binary as text": "bAAAA",
    "binary as text that is none": "b!",
    "a binary event whose attachment never comes": '451-["a",{"_placeholder":true,"num":0}]',
    "10**9 attachments": '451000000000-["a"]',
    "an acknowledgement of nothing": "43[]",
    "an acknowledgement of 30 digits": f'42{"9" * 30}["a"]',
    "another namespace": '42/admin,["a"]',
    "another namespace left": "41/admin,",
    "a namespace of 10 kB": "42/" + "a" * 10_000,
    "two arguments": '42["a",1,2]',
}


@pytest.mark.parametrize("sent", BROKEN.values(), ids=list(BROKEN))
async def test_a_broken_packet_ends_the_connection_by_name(hub: Running, sent: str) -> None:
    async with by_websocket(hub) as raw:
        raw.send(frame(sent.encode()))
        assert b'42["close",{"type":"close","code":3501,"name":"bad_request"' in await raw.rest()
    assert hub.hub.node.allowance.refused == {"bad_request": 1}
    async with Polling.opened(hub) as polling:
        answer = await polling.post(f'42["unsubscribe",{{"filters":["a"]}}]{SEPARATOR}{sent}'.encode())
        assert answer.status_code == 200 or answer.json()["error"]["name"] == "bad_request"
        assert '42["close",{"type":"close","code":3501' in (await polling.get()).text
    assert hub.hub.node.allowance.refused == {"bad_request": 2}
    await left_alone(hub)


async def test_binary_and_no_utf8(hub: Running) -> None:
    for sent in (frame(b"\x00" * 10, BINARY), frame(b"42\xff")):
        async with by_websocket(hub) as raw:
            raw.send(sent)
            assert b"bad_request" in await raw.rest() or hub.hub.node.allowance.refused["bad_request"]
    async with Polling.opened(hub) as polling:
        assert (await polling.post(b"42\xff")).json()["error"]["name"] == "bad_request"
    await left_alone(hub)


async def test_who_has_not_signed_in_is_closed_at_once(hub: Running) -> None:
    for sent in ("", "9", "4[[[["):
        async with by_websocket(hub, signed=False) as raw:
            raw.send(frame(sent.encode()))
            assert await raw.close_code() == 3501
        async with Polling.opened(hub, signed=False) as polling:
            assert (await polling.post(sent.encode())).status_code == 400
            assert (await polling.get()).status_code == 400
    await left_alone(hub)


BODIES = {
    "thousands of packets": (SEPARATOR.join(["3"] * 30_000).encode(), {}, 400),
    "64 KiB and a byte": (b"3" * 65_537, {}, 413),
    "64 KiB and a byte in chunks": (b"3" * 65_537, {"chunked": True}, 413),
    "a body of JSONP": (b"d=3", {}, 400),
}


@pytest.mark.parametrize(("body", "how", "status"), BODIES.values(), ids=list(BODIES))
async def test_a_body_that_is_too_much(hub: Running, body: bytes, how: dict[str, bool], status: int) -> None:
    async def parts() -> AsyncIterator[bytes]:
        yield body

    async with Polling.opened(hub) as polling:
        answer = await polling.post(parts() if how else body)  # type: ignore[arg-type]  # httpx takes both
    assert answer.status_code == status
    assert answer.json()["error"]["name"] in {"bad_request", "too_large"}
    await left_alone(hub)


async def test_a_burst_of_the_official_client_is_carried_out(hub: Running) -> None:
    async with Polling.opened(hub) as polling:
        calls = (f'42{n}["subscribe",{{"filters":["note/{n}"]}}]' for n in range(100))
        assert (await polling.post(SEPARATOR.join(calls).encode())).status_code == 200
        assert (await polling.get()).text.count('"ok":true') == 100
        assert (await polling.post(b"1")).status_code == 200
    await left_alone(hub)


async def test_a_slow_body_is_not_waited_for(hub: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    async with Polling.opened(hub) as polling, Raw.connected(hub) as raw:
        monkeypatch.setattr("hub.transports.uvicorn_http.MESSAGE_TIMEOUT_S", 0.3)
        path = f"{PATH}polling&sid={polling._asked['sid']}"
        raw.send(head(f"POST {path} HTTP/1.1", "Host: a", "Content-Length: 100") + b'42["sub')
        assert b"request_timeout" in await raw.rest()
        assert (await polling.post(b"1")).status_code == 200
    await left_alone(hub)


REQUESTS = {
    "an old protocol": "GET /socket.io/?EIO=3&transport=polling",
    "no protocol": "GET /socket.io/",
    "no such transport": "GET /socket.io/?EIO=4&transport=carrier",
    "a WebSocket that is none": "GET /socket.io/?EIO=4&transport=websocket",
    "no such connection": "GET /socket.io/?EIO=4&transport=polling&sid=x%0ay",
    "JSONP": "GET /socket.io/?EIO=4&transport=polling&j=x",
    "a body without a connection": "POST /socket.io/?EIO=4&transport=polling",
    "another method": "DELETE /socket.io/?EIO=4&transport=polling",
    "a query that is no UTF-8": "GET /socket.io/?EIO=4&transport=polling&sid=%ff",
}


@pytest.mark.parametrize("asked", REQUESTS.values(), ids=list(REQUESTS))
async def test_a_request_that_is_none(hub: Running, asked: str) -> None:
    async with Raw.connected(hub) as raw:
        raw.send(head(f"{asked} HTTP/1.1", "Host: a", "Content-Length: 0", "Connection: close"))
        assert b'"name":"bad_request"' in await raw.rest()
    assert hub.hub.node.allowance.refused == {"bad_request": 1}


async def test_an_upgrade_that_begins_with_something_else(hub: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.transports.socketio_wire.CLOSE_TIMEOUT_S", 0.5)
    for first in ("3", "5", "2", '42["a"]', "x"):
        async with Polling.opened(hub) as polling, Raw.connected(hub) as raw:
            raw.send(head(f"GET {PATH}websocket&sid={polling._asked['sid']} HTTP/1.1", *HANDSHAKE[1:]))
            assert (await raw.reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101")
            raw.send(frame(first.encode()))
            await polling.post(b"1")
            await raw.rest()
    await left_alone(hub)


async def test_who_signs_in_without_end_fills_no_memory(hub: Running, unharmed: Healthy) -> None:
    before = resident_bytes()
    async with by_websocket(hub) as raw:
        raw.reader._transport.pause_reading()  # type: ignore[attr-defined]  # as a program does that hangs
        raw.send(frame(b"40/" + b"a" * 1000) * 1000)
        await unharmed.check()
        await until(lambda: hub.hub.node.allowance.refused["too_many_requests"] == 1)
    assert resident_bytes() - before < 32 * 2**20
    await left_alone(hub)


async def test_who_says_goodbye_does_not_keep_the_connection(hub: Running) -> None:
    async with by_websocket(hub) as raw:
        raw.send(frame(b"41") + frame(CONNECT.encode()) * 3)
        await raw.rest()
    await left_alone(hub)


async def test_guests_are_counted(hub: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub.hub.node.allowance, "guests", Seats(2, "guests"))
    async with Polling.opened(hub, signed=False), by_websocket(hub, signed=False) as raw:
        async with httpx.AsyncClient(base_url=hub.origin) as http:
            answer = await http.get(f"{PATH}polling")
        assert (answer.status_code, answer.json()["error"]["name"]) == (429, "too_many_requests")
        assert answer.headers["Retry-After"] == "10"
        async with Raw.connected(hub) as other:
            other.send(head(f"GET {PATH}websocket HTTP/1.1", *HANDSHAKE[1:]))
            assert await other.status() == 429
        raw.send(frame(CONNECT.encode()))
        await raw.reader.readuntil(b'40{"sid"')
        # Signed in, it is no guest any more: another may come.
        async with by_websocket(hub):
            assert hub.hub.node.allowance.guests.refused == 2


packets = st.text(max_size=40) | st.sampled_from(
    [
        CONNECT,
        "41",
        "1",
        "3",
        "2probe",
        "5",
        '42["subscribe",{"filters":["note/#"]}]',
        '421["auth",{}]',
        *BROKEN.values(),
    ]
)


@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(sent=st.lists(packets, min_size=1, max_size=8), signed=st.booleans(), end=st.integers(0, 10))
async def test_noise_harms_nobody(hub: Running, *, sent: list[str], signed: bool, end: int) -> None:
    noise = [packet.encode("utf-8", "replace") for packet in sent]
    async with by_websocket(hub, signed=signed) as raw:
        for part in noise:
            raw.send(frame(part))
            await asyncio.sleep(0)
        raw.send(frame(noise[-1])[:end])
        raw.end()
        await raw.rest()
    async with Polling.opened(hub, signed=signed) as polling:
        answers = [await polling.post(SEPARATOR.encode().join(noise)), await polling.post(b"1")]
        assert {answer.status_code for answer in answers} <= {200, 400, 413}
    await left_alone(hub)
