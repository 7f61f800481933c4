"""Limits count the address that a trusted proxy names, and nobody else's word (X-Forwarded-For)."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.fuzz.raw import HANDSHAKE, Raw, frame, head
from tests.running import Client, Running, running, settings_for, token


@pytest.fixture(params=[True, False], ids=["trusted", "not trusted"])
def trusted(request: pytest.FixtureRequest) -> bool:
    found: bool = request.param
    return found


@pytest.fixture
async def hub(tmp_path: Path, trusted: bool) -> AsyncIterator[Running]:  # noqa: FBT001 - a fixture
    proxies = ("127.0.0.1",) if trusted else ("192.0.2.250",)
    # One is for the healthy client, which comes straight to the hub.
    given = {"trusted_proxies": proxies, "connections_per_address": 2, "roles": frozenset({"api"})}
    async with running(settings_for(tmp_path, **given)) as found:
        yield found


def named(address: str) -> dict[str, str]:
    return {"X-Forwarded-For": address}


async def test_the_address_of_a_proxy_counts_where_it_is_trusted(hub: Running, *, trusted: bool) -> None:
    async with (
        Client.connected(hub.ws_url, auth=token(), additional_headers=named("192.0.2.1")),
        Client.connected(hub.ws_url, additional_headers=named("192.0.2.2, 192.0.2.1")) as second,
        Client.connected(hub.ws_url, additional_headers=named("192.0.2.1")) as third,
    ):
        for client in (second, third):
            await client.connection.send(json.dumps({"type": "auth", "id": 1, "token": token()}))
        if trusted:
            assert (await second.receive())["ok"]
        else:
            assert (await second.closed())[0] == 3013
        assert (await third.closed())[0] == 3013
        await events_and_socketio(hub, trusted=trusted)
    assert hub.hub.node.allowance.addresses.refused == (3 if trusted else 6)


async def events_and_socketio(hub: Running, *, trusted: bool) -> None:
    """The same by other transports: an address that has all it may have, and one that has nothing yet."""
    signed = {"Authorization": f"Bearer {token()}"}
    async with httpx.AsyncClient(base_url=hub.origin, headers=signed) as http:
        full = await http.get("/events?filter=note/a", headers=named("192.0.2.1"))
        assert (full.status_code, full.headers["Retry-After"]) == (429, "10")
        async with http.stream("GET", "/events?filter=note/a", headers=named("192.0.2.3")) as free:
            assert free.status_code == (200 if trusted else 429)
    for address, good in (("192.0.2.1", False), ("192.0.2.4", trusted)):
        async with Raw.connected(hub) as raw:
            asked = "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1"
            raw.send(head(asked, *HANDSHAKE[1:], f"X-Forwarded-For: {address}", f"Authorization: Bearer {token()}"))
            await raw.reader.readuntil(b"\r\n\r\n")
            raw.send(frame(b"40"))
            said = await raw.reader.readuntil(b'40{"sid":"' if good else b"too_many_requests")
            assert said
