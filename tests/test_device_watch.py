"""Devices looked after by the clock and by what people say, with a real log and node."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from hub import device_watch
from hub.decoders.base import Decoded
from hub.descriptions import Descriptions
from hub.device_watch import DeviceWatch
from hub.events import decode_event
from hub.registry import Record
from tests.running import Running, running, settings_for, until

S = 1_000


class Clock:
    def __init__(self) -> None:
        self.now = 1_000 * S

    def __call__(self) -> int:
        return self.now


@pytest.fixture
async def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Running]:
    monkeypatch.setattr(device_watch, "LOOK_EVERY_S", 0.01)
    async with running(settings_for(tmp_path)) as found:
        yield found


def latest(hub: Running, topic: str) -> Any:
    piece = hub.hub.node.latest.get(topic)
    return {} if piece is None else decode_event(piece)["data"]


async def test_who_has_fallen_silent_is_told(hub: Running) -> None:
    clock, descriptions = Clock(), Descriptions()
    watch = DeviceWatch(descriptions, node=hub.hub.node, engine=hub.hub.engine, now_ms=clock)
    watch.restore()
    task = asyncio.create_task(watch.run())
    for _ in range(10):
        clock.now += 20 * S
        descriptions.learn(Decoded("kitchen", "telemetry", {"t": 1}), "json", retained=False, now_ms=clock.now)
    await until(lambda: latest(hub, "connectivity/kitchen").get("interval_ms") == 20 * S)
    clock.now += 60 * S
    await until(lambda: latest(hub, "connectivity/kitchen").get("state") == "stale")
    assert latest(hub, "connectivity/kitchen")["since"] == clock.now
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_what_was_told_and_said_before_is_known(hub: Running) -> None:
    node, clock = hub.hub.node, Clock()
    told = {"state": "online", "since": 5, "by": "values", "interval_ms": 20 * S}
    for topic, data in (
        ("device/kitchen", {"name": "K", "family": "json", "units": {}, "attributes": {}}),
        ("connectivity/kitchen", told),
        ("registry/kitchen", Record(1, approved=True).shown()),
    ):
        await node.chat.reach(await node.append(topic, data))
    descriptions = Descriptions(approve=True)
    watch = DeviceWatch(descriptions, node=node, engine=hub.hub.engine, now_ms=clock)
    watch.restore()
    watch.follow()
    assert descriptions.connectivity("connectivity/kitchen") == ("connectivity/kitchen", told)
    assert descriptions.admit(Decoded("kitchen", "telemetry", {"t": 1})) is not None
    assert descriptions.admit(Decoded("hall", "telemetry", {"t": 1})) is None
    await node.chat.reach(await node.append("registry/hall", Record(1, approved=True).shown()))
    await until(lambda: descriptions.admit(Decoded("hall", "telemetry", {"t": 1})) is not None)
    assert {name: value for name, _, value in watch.readings()}["hub_devices"] == 1
