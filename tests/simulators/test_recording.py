"""What is said at a real broker is recorded, and said again the same."""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.decoders.lines import decode_lines
from simulators.__main__ import main
from simulators.link import Broker
from simulators.recording import messages_of, record, replay
from tests.servers import Server, mosquitto
from tests.simulators.observer import Observer, observer

ROOT = Path(__file__).parents[2]


@pytest.fixture(name="broker")
def _broker(tmp_path: Path) -> Iterator[Server]:
    with mosquitto(tmp_path / "mosquitto") as server:
        yield server


async def test_what_was_recorded_is_said_again(broker: Server, tmp_path: Path) -> None:
    where, file, stop = Broker("127.0.0.1", broker.port), tmp_path / "said.jsonl", asyncio.Event()
    async with observer(broker.port, "devices/#") as (_, client):
        await client.publish("devices/kitchen/status", "online", 1, retain=True)
        recording = asyncio.create_task(record(where, file, stop))
        await Observer().until(lambda: file.exists() and "online" in file.read_text(encoding="utf-8"))
        await client.publish("blobs/kitchen", b"\xff\x00", 1)
        for n in range(50):
            await client.publish("devices/kitchen/telemetry", json.dumps({"n": n}), 1)
        await Observer().until(lambda: '"n\\": 49' in file.read_text(encoding="utf-8"))
        stop.set()
        written = await asyncio.wait_for(recording, 20)
    recorded = [message for _, message in messages_of(file)]
    assert written == len(recorded) == 52
    assert [message.payload for message in recorded if message.topic == "blobs/kitchen"] == [b"\xff\x00"]
    decoded = [
        json.loads(line) for line in decode_lines(file.read_text(encoding="utf-8").splitlines(), now_ms=lambda: 1)
    ]
    assert {event["device"] for event in decoded if event["readings"]} == {"kitchen"}
    async with observer(broker.port, "devices/kitchen/telemetry") as (seen, _):
        assert await replay(where, file, asyncio.Event(), speed=0) == written
        sent = [message.payload for message in recorded if message.topic == "devices/kitchen/telemetry"]
        await seen.until(lambda: seen.payloads("devices/kitchen/telemetry") == sent)


async def test_the_pace_is_that_of_the_recording(broker: Server, tmp_path: Path) -> None:
    file, loop = tmp_path / "said.jsonl", asyncio.get_running_loop()
    file.write_text('{"at":0,"topic":"a","payload":"1"}\n{"at":2,"topic":"a","payload":"2"}\n', encoding="utf-8")
    where = Broker("127.0.0.1", broker.port)
    began = loop.time()
    assert await replay(where, file, asyncio.Event(), speed=10) == 2
    assert loop.time() - began >= 0.2
    stopped = asyncio.Event()
    stopped.set()
    assert await replay(where, file, stopped, speed=1) == 0


@pytest.mark.parametrize("line", ["nonsense", '{"topic":"a"}', '{"payload":"a"}', '{"topic":"a","payload_hex":"zz"}'])
def test_a_file_that_is_no_recording_is_refused(
    broker: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str], line: str
) -> None:
    file = tmp_path / "said.jsonl"
    file.write_text(line + "\n", encoding="utf-8")
    assert main(["--replay", str(file), "--mqtt", f"mqtt://127.0.0.1:{broker.port}"]) == 1
    assert "line 1" in capsys.readouterr().err


async def test_the_program_plays_kinds_with_a_scenario(broker: Server, tmp_path: Path) -> None:
    scenario = tmp_path / "scenario.yaml"
    scenario.write_text("- {devices: pump-*, spike: {key: rpm, by: 100000, share: 1}}\n", encoding="utf-8")
    argv = [sys.executable, "-m", "simulators", "--devices", "2", "--kinds", "pump,shelly_gen2", "--rate", "50"]
    argv += ["--mishaps", "0", "--mqtt", f"mqtt://127.0.0.1:{broker.port}", "--scenario", str(scenario)]
    async with observer(broker.port, "devices/#") as (seen, _):
        program = await asyncio.create_subprocess_exec(*argv, cwd=ROOT, stdout=PIPE, stderr=PIPE)
        try:
            await seen.until(lambda: any('"rpm":101450' in text for text in seen.payloads("devices/pump-01/telemetry")))
            program.terminate()
            out, err = await asyncio.wait_for(program.communicate(), 20)
        finally:
            if program.returncode is None:
                program.kill()
                await program.wait()
        assert (program.returncode, err) == (0, b"")
        assert out.startswith(b"Simulating 2 devices (1 MQTT 5 pumps, 1 Shelly plugs), 50 messages/s")
