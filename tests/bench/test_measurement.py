from pathlib import Path

import pytest

from hub.auth import Role
from hub.bench.load import Load
from hub.bench.measurement import Measurement
from hub.bench.programs import Programs
from hub.bench.table import table
from hub.bench.target import given_target
from hub.errors import HubError
from tests.bench.measuring import SMALL, measured
from tests.running import running, settings_for, token
from tests.servers import free_port


@pytest.mark.parametrize("qos", [0, 1])
async def test_all_see_everything(tools: Programs, tmp_path: Path, qos: int) -> None:
    outcome = await measured(Load(2, **SMALL, qos=qos), tools, tmp_path)
    got = outcome.received
    assert outcome.complete, outcome
    assert (outcome.published.messages, outcome.published.unacknowledged) == (200, 0)
    assert (got.due, got.delivered, got.lost, got.verified) == (400, 400, 0, 2)
    assert 0 < got.latency_ms["p50"] <= got.latency_ms["p99"] <= got.latency_ms["max"]
    assert "every event of 2 dashboards was checked." in table([outcome])


async def test_each_sees_its_own(tools: Programs, tmp_path: Path) -> None:
    outcome = await measured(Load(3, **SMALL, own=2), tools, tmp_path)
    assert outcome.complete, outcome
    assert outcome.received.due == 3 * 200 // 4


async def test_devices_may_be_known_before(tools: Programs, tmp_path: Path) -> None:
    outcome = await measured(Load(3, **SMALL, own=2, known=True), tools, tmp_path)
    assert outcome.complete, outcome
    assert outcome.received.due == 3 * 200 // 4
    assert outcome.published.messages == 200


async def test_a_hub_is_measured_again(tools: Programs, tmp_path: Path) -> None:
    outcome = await measured(Load(2, **SMALL), tools, tmp_path, times=2)
    assert outcome.complete, outcome


async def test_all_connect_and_get_a_snapshot(tools: Programs, tmp_path: Path) -> None:
    outcome = await measured(Load(3, seconds=0.2, devices=100, snapshot=True), tools, tmp_path)
    assert outcome.complete, outcome
    assert outcome.connected.snapshot_topics >= 100
    assert "each got a snapshot of at least 100 topics." in table([outcome])


async def test_the_others_are_known_by_their_bytes(compiled: Programs, tmp_path: Path) -> None:
    outcome = await measured(Load(5, **SMALL), compiled, tmp_path, verify=2)
    assert outcome.complete, outcome
    assert (outcome.received.verified, outcome.received.same, outcome.received.delivered) == (2, 3, 1000)
    assert "of 3 others the bytes were the same" in table([outcome])


async def test_compressed_frames(compiled: Programs, tmp_path: Path) -> None:
    load = Load(3, rate=10_000, seconds=1, devices=1_000, deflate=True)
    outcome = await measured(load, compiled, tmp_path, verify=2)
    assert outcome.complete, outcome
    assert outcome.received.delivered == 30_000
    assert outcome.received.bytes < 30_000 * 50


async def test_one_that_stops_reading(compiled: Programs, tmp_path: Path) -> None:
    outcome = await measured(Load(3, **SMALL, stuck=1), compiled, tmp_path)
    assert outcome.complete, outcome
    assert outcome.received.due == 400
    assert len(outcome.received.stuck) == 1
    assert "the dashboard that had stopped reading stayed" in table([outcome])


async def test_a_token_that_does_not_hold(tools: Programs, tmp_path: Path) -> None:
    async with running(settings_for(tmp_path)) as hub:
        forged = token(role=Role.ADMIN, secret="another-one")
        target = given_target(hub.ws_url, broker=f"127.0.0.1:{hub.mqtt_port}", token=forged)
        with pytest.raises(HubError, match="token"):
            await Measurement(Load(1, **SMALL), target, programs=tools).run(set_up="a test")


async def test_a_broker_that_is_not_there(tools: Programs, tmp_path: Path) -> None:
    async with running(settings_for(tmp_path)) as hub:
        target = given_target(hub.ws_url, broker=f"127.0.0.1:{free_port()}", token=token(role=Role.ADMIN))
        with pytest.raises(HubError, match=r"reached|refused|Connect"):
            await Measurement(Load(1, **SMALL), target, programs=tools).run(set_up="a test")


async def test_a_hub_that_is_not_there(compiled: Programs) -> None:
    target = given_target(f"ws://127.0.0.1:{free_port()}", broker="127.0.0.1", token="")
    with pytest.raises(HubError, match="No dashboard could connect: Connection refused"):
        await Measurement(Load(1, **SMALL), target, programs=compiled).run(set_up="a test")
