"""What a client missed and what it gets live, joined by positions while devices send: each value once, in its order."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any

import aiomqtt
import httpx
import pytest

from tests.running import Client, Running, running, settings_for, token
from tests.servers import redis_server

ROUNDS = 6
LIVE = 15
"""Values of one visit."""


@pytest.fixture(params=["files", "servers"])
def urls(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[dict[str, str]]:
    """Nothing, or the log in Redis and history in PostgreSQL."""
    if request.param == "files":
        yield {}
        return
    with redis_server(tmp_path / "redis") as redis:
        yield {
            "engine_url": f"redis://127.0.0.1:{redis.port}",
            "store_url": request.getfixturevalue("postgres_url"),
        }


@asynccontextmanager
async def sending(hub: Running) -> Any:
    """A meter that says 0, 1, 2, … for as long as this lasts, beside another one."""

    async def send() -> None:
        async with aiomqtt.Client("127.0.0.1", hub.mqtt_port) as client:
            for n in count():
                await client.publish("devices/meter/telemetry", json.dumps({"n": n}), qos=1)
                await client.publish("devices/other/telemetry", json.dumps({"n": -n}), qos=1)
                await asyncio.sleep(0.002)

    task = asyncio.create_task(send())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def ask(hub: Running, path: str, **params: Any) -> Any:
    headers = {"Authorization": f"Bearer {token()}"}
    async with httpx.AsyncClient(base_url=hub.origin, headers=headers) as http:
        answer = await http.get(f"/api{path}", params=params)
    assert answer.is_success, answer.text
    return answer.json()


async def missed(hub: Running, since: str) -> tuple[list[int], str]:
    """All values of the meter after a position, and the one that they end at."""
    found: list[int] = []
    more: dict[str, str] = {}
    while True:
        answer = await ask(hub, "/history", device="meter", key="n", since=since, limit=500, **more)
        found += [value for _, value in answer["series"][0]["points"]]
        if answer["next"] is None:
            return found, answer["position"]
        more = {"after": answer["next"]}


async def test_history_and_live_join(tmp_path: Path, urls: dict[str, str]) -> None:
    async with running(settings_for(tmp_path, **urls)) as hub:
        async with Client.connected(hub.ws_url, auth=token()) as client:
            position = (await client.subscribe("telemetry/meter"))["position"]
        seen: list[int] = []
        live = 0
        async with sending(hub):
            for _ in range(ROUNDS):
                values, position = await missed(hub, position)
                seen += values
                async with Client.connected(hub.ws_url, auth=token()) as client:
                    reply = await client.subscribe("telemetry/meter", since=position)
                    assert reply["recovered"]
                    await client.receive_until(lambda one: len(one.on("telemetry/meter")) >= LIVE)
                    seen += [data["n"] for data in client.on("telemetry/meter")]
                    live += len(client.on("telemetry/meter"))
                    assert client.position is not None
                    position = client.position
        seen += (await missed(hub, position))[0]
        assert seen == list(range(len(seen)))
        assert ROUNDS * LIVE <= live < len(seen)
