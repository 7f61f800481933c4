"""A hub under fire, and a healthy client beside it that must lose nothing."""

import asyncio
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from hub.events import Batch, encode_event
from tests.running import BROKERLESS, Client, Running, running, settings_for, token


class Healthy:
    """A client that does as it should while others do not."""

    def __init__(self, hub: Running, client: Client) -> None:
        self._hub = hub
        self._client = client
        self._number = 0

    async def check(self) -> None:
        """Something happens, and the client gets that and all before it, once and in order."""
        self._number += 1
        piece = encode_event("note/healthy", 1, {"n": self._number})
        await self._hub.hub.engine.publish(Batch.of(["note/healthy"], [1], [piece]))
        await self._client.receive_until(lambda c: bool(c.events) and c.events[-1]["data"]["n"] == self._number)
        assert [event["data"]["n"] for event in self._client.events] == list(range(1, self._number + 1))


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Running]:
    # Without a broker: its process would be started and stopped for each of many tests.
    async with running(settings_for(tmp_path, roles=BROKERLESS)) as found:
        yield found


@pytest.fixture(autouse=True)
async def unharmed(hub: Running, caplog: pytest.LogCaptureFixture) -> AsyncIterator[Healthy]:
    """Whatever a test here does: the healthy client has everything, and nothing failed that had to be logged."""
    broken: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: broken.append(context))
    async with Client.connected(hub.ws_url, auth=token("ivan")) as client:
        await client.subscribe("note/healthy")
        healthy = Healthy(hub, client)
        await healthy.check()
        yield healthy
        await healthy.check()
    assert broken == []
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == []
