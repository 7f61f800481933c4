import asyncio
import json
import logging
import re
import signal
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random

import pytest

from simulators.__main__ import main
from simulators.fleet import Fleet, Plan
from simulators.link import Broker
from tests.servers import Server, free_port, mosquitto
from tests.simulators.observer import Observer, observer

ROOT = Path(__file__).parents[2]
QUIET = Plan(devices=6, rate=0, mishap_every_s=0)


@pytest.fixture(name="broker")
def _broker(tmp_path: Path) -> Iterator[Server]:
    with mosquitto(tmp_path / "mosquitto") as server:
        yield server


@asynccontextmanager
async def running(plan: Plan, port: int) -> AsyncIterator[Fleet]:
    stop = asyncio.Event()
    fleet = Fleet(plan, Broker("127.0.0.1", port))
    task = asyncio.create_task(fleet.run(stop), name="fleet")
    try:
        yield fleet
    finally:
        stop.set()
        await asyncio.wait_for(task, 20)


def all_connected(fleet: Fleet) -> bool:
    return all(link.connected for link in fleet.links)


@pytest.mark.parametrize(("devices", "counts", "sessions"), [(1, (1, 0, 0), 1), (2, (1, 1, 0), 2), (20, (7, 7, 6), 14)])
def test_kinds_are_mixed_and_thermostats_share_a_session(
    devices: int, counts: tuple[int, int, int], sessions: int
) -> None:
    plan = Plan(devices, rate=1)
    assert plan.counts() == counts
    assert len(plan.simulators()) == sessions
    assert sum(simulator.members for simulator in plan.simulators()) == devices
    assert len({simulator.client_id for simulator in plan.simulators()}) == sessions


async def test_every_device_is_born_reports_and_says_goodbye(broker: Server) -> None:
    async with observer(broker.port) as (seen, _):
        async with running(Plan(devices=6, rate=300, mishap_every_s=0), broker.port) as fleet:
            topics = {
                "zigbee2mqtt/Living room",
                "zigbee2mqtt/Kitchen",
                "devices/meter-01/telemetry",
                "devices/meter-02/telemetry",
                *(f"{link.simulator.will.topic.removesuffix('LWT')}SENSOR" for link in fleet.links[1:3]),
            }
            await seen.until(lambda: all(len(seen.payloads(topic)) > 5 for topic in topics))
            assert fleet.sent > 36
        wills = [link.simulator.will for link in fleet.links]
        await seen.until(lambda: all(seen.payloads(will.topic)[-1:] == [will.payload] for will in wills))


async def test_the_rate_is_that_of_all_devices_together(broker: Server) -> None:
    async with observer(broker.port) as (seen, _), running(QUIET, broker.port) as fleet:
        await seen.until(lambda: all_connected(fleet) and bool(seen.payloads("zigbee2mqtt/Kitchen")))
        born = fleet.sent
    loop = asyncio.get_running_loop()
    async with running(Plan(devices=6, rate=50, mishap_every_s=0), broker.port) as fleet:
        begin = loop.time()
        await Observer().until(lambda: fleet.sent >= born + 60)
        assert fleet.sent - born <= (loop.time() - begin) * 50 + 1


async def test_a_mishap_takes_a_device_away(broker: Server) -> None:
    async with observer(broker.port) as (seen, _), running(QUIET, broker.port) as fleet:
        await seen.until(lambda: all_connected(fleet))
        for i in range(30):
            fleet.mishap(Random(i))
        offline = {"zigbee2mqtt/Living room/availability", "devices/meter-01/status"}
        offline |= {link.simulator.will.topic for link in fleet.links if "LWT" in link.simulator.will.topic}

        def away(topic: str) -> bool:
            last = seen.payloads(topic)[-1:]
            return bool(last) and "offline" in last[0].lower()

        await seen.until(lambda: all(away(topic) for topic in offline))
        assert seen.payloads("zigbee2mqtt/bridge/state") == ['{"state":"online"}']


async def test_mishaps_come_by_themselves(broker: Server) -> None:
    plan = Plan(devices=6, rate=0, mishap_every_s=0.01)
    async with observer(broker.port) as (seen, _), running(plan, broker.port):
        await seen.until(lambda: any("ffline" in payload for _, payload, _ in seen.messages))


async def test_an_unreachable_broker_is_told_once_and_its_return_too(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with mosquitto(tmp_path / "mosquitto") as broker:
        broker.stop()
        async with running(QUIET, broker.port):
            await Observer().until(lambda: len(caplog.records) == 1)
            broker.start()
            await Observer().until(lambda: len(caplog.records) == 2)
    url = f"mqtt://127.0.0.1:{broker.port}"
    said = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert said[0].startswith(url)
    assert said[0].endswith("trying again")
    assert said[1:] == [f"{url}: back again"]


@pytest.mark.parametrize("sig", [signal.SIGINT, signal.SIGTERM])
async def test_the_program_tells_what_it_does_and_ends_cleanly(broker: Server, sig: signal.Signals) -> None:
    argv = [sys.executable, "-m", "simulators", "--devices", "4", "--rate", "20", "--mishaps", "0"]
    argv += ["--mqtt", f"mqtt://sim:secret@127.0.0.1:{broker.port}", "--seed", "9"]
    async with observer(broker.port) as (seen, _):
        program = await asyncio.create_subprocess_exec(*argv, cwd=ROOT, stdout=PIPE, stderr=PIPE)
        try:
            await seen.until(lambda: bool(seen.payloads("devices/meter-01/telemetry")))
            program.send_signal(sig)
            out, err = await asyncio.wait_for(program.communicate(), 20)
        finally:
            if program.returncode is None:
                program.kill()
                await program.wait()
        first, last = out.decode().splitlines()
        assert first == (
            "Simulating 4 devices (2 Zigbee2MQTT thermostats, 1 Tasmota plugs, 1 meters), 20 messages/s, seed 9"
            f" at mqtt://127.0.0.1:{broker.port}"
        )
        assert re.fullmatch(r"Sent [1-9][0-9]* messages, [1-9][0-9]* per second", last)
        assert (program.returncode, err) == (0, b"")
        await seen.until(lambda: seen.payloads("devices/meter-01/status") == ["online", "offline"])


async def test_the_same_seed_sends_the_same_discovery(broker: Server) -> None:
    topic = "zigbee2mqtt/bridge/devices"
    async with observer(broker.port) as (seen, _):
        async with running(QUIET, broker.port):
            await seen.until(lambda: len(seen.payloads(topic)) == 1)
        async with running(QUIET, broker.port):
            await seen.until(lambda: len(seen.payloads(topic)) == 2)
        first, second = (json.loads(payload) for payload in seen.payloads(topic))
    assert first == second


def test_it_ends_by_itself_after_so_many_seconds() -> None:
    url = f"mqtt://127.0.0.1:{free_port()}"
    assert main(["--devices", "2", "--seconds", "0.2", "--mqtt", url]) == 0


@pytest.mark.parametrize("argv", [["--devices", "0"], ["--rate", "-1"], ["--mqtt", "tcp://x"], ["--seed", "x"]])
def test_bad_arguments_are_refused_with_a_sentence(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        main(argv)
    assert refused.value.code == 2
    assert "error:" in capsys.readouterr().err
